"""The hooks of one pass: where the stream passes by, and where activations leave for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from forewarn.errors import SubjectError
from forewarn.records import StreamSite
from forewarn.subjects.calling import gave_tensor, given_tensor, with_gave, with_given
from forewarn.subjects.clamps import BatchClamp, as_rows, holding, like_rows
from forewarn.subjects.found import FoundDecoder

Visit = Callable[[int, Tensor], Tensor]
"""Given a stage and the stream there as [B, T, d]; what it returns goes on."""


@dataclass(frozen=True, slots=True)
class Stations:
    """Makes hooks on a decoder; whoever asks for them removes them."""

    found: FoundDecoder

    def handles(self, visit: Visit, middles: Sequence[int]) -> Iterator[RemovableHandle]:
        """Hooks by which `visit` sees every whole site of a pass, and of the middle ones those named by stage."""
        latest = list[Tensor]()

        def passed(stage: int, x: Tensor) -> Tensor:
            latest[:] = [visit(stage, self._turned(x))]
            return self._turned(latest[0])

        blocks = [self.found.part(name) for name in self.found.layout.blocks]
        yield blocks[0].register_forward_pre_hook(self._entering(passed), with_kwargs=True)
        for layer, block in enumerate(blocks, 1):
            yield block.register_forward_hook(self._leaving(layer, passed))
        for stage in middles:
            yield self._middle(stage, visit, latest)
        if self.found.layout.cut and not self.found.layout.functional and not self.found.layout.time_first:
            yield self.found.part(self.found.layout.unembedding).register_forward_pre_hook(_last_only)

    def holding(self, held: Sequence[BatchClamp], batch: int) -> Iterator[RemovableHandle]:
        """Hooks that hold activations."""
        for one in held:
            hook = holding(one, batch, self.found.layout.time_first)
            yield self.found.part(one.module).register_forward_pre_hook(hook, with_kwargs=True)

    def listening(self, module: str, batch: int, hear: Callable[[Tensor], None]) -> RemovableHandle:
        """A hook by which `hear` is told what a module is given, as [B, T, n]."""

        def hook(part: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            given = given_tensor(args, kwargs)
            if given is not None:
                hear(as_rows(given, batch, self.found.layout.time_first))

        return self.found.part(module).register_forward_pre_hook(hook, with_kwargs=True)

    def _entering(self, passed: Visit) -> Any:
        def hook(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            given = given_tensor(args, kwargs)
            if given is None:
                raise SubjectError(f"the first block {self.found.layout.blocks[0]!r} was given no tensor")
            return with_given(args, kwargs, given, passed(0, given))

        return hook

    def _leaving(self, layer: int, passed: Visit) -> Any:
        def hook(module: nn.Module, args: Any, output: Any) -> Any:
            gave = gave_tensor(output)
            if gave is None:
                raise SubjectError(f"the block {self.found.layout.blocks[layer - 1]!r} gave no tensor")
            return with_gave(output, passed(2 * layer, gave))

        return hook

    def _middle(self, stage: int, visit: Visit, latest: Sequence[Tensor]) -> RemovableHandle:
        """A hook where attention adds to the stream; `latest` holds the block's input."""
        addend = self.found.layout.joints[StreamSite.at(stage).layer - 1].attention
        if addend is None:
            raise SubjectError(f"the stream cannot be read at {StreamSite.at(stage)}")
        first = self.found.layout.time_first

        def hook(module: nn.Module, args: Any, output: Any) -> Any:
            gave = gave_tensor(output)
            if gave is None:
                raise SubjectError(f"the attention {addend.name!r} gave no tensor")
            before = latest[0] + as_rows(gave, len(latest[0]), first) * addend.scale
            after = visit(stage, before)
            if after is before:
                return None
            # The block itself adds its input to what attention gives, times the multiplier. So attention is made
            # to give what turns that sum into the changed stream.
            return with_gave(output, like_rows((after - latest[0]) / addend.scale, gave, first))

        return self.found.part(addend.name).register_forward_hook(hook)

    def _turned(self, x: Tensor) -> Tensor:
        return x.transpose(0, 1) if self.found.layout.time_first else x


def _last_only(module: nn.Module, args: tuple[Any, ...]) -> Any:
    """Give the unembedding the last position alone: [B, T, V] logits would be most of a pass's memory."""
    if len(args) == 1 and isinstance(args[0], Tensor) and args[0].ndim == 3:
        return (args[0][:, -1:],)
    return None
