"""One forward pass over prompts of one length, with everything that is read or changed on the way."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from forewarn.errors import SubjectError
from forewarn.records import StreamSite
from forewarn.subjects.calling import gave_tensor, given_tensor, hooks, last_logits, with_gave, with_given
from forewarn.subjects.layout import Layout
from forewarn.subjects.quiet import device_of, undisturbed

Addends = Mapping[int, Float[Tensor, "b t d"]]
"""What to add to the stream, by stage (`StreamSite.stage`)."""
Visit = Callable[[int, Tensor], Tensor]


class _EnoughError(Exception):
    """Ends a pass once what was wanted has been read."""


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What one pass gave, still on the model's device."""

    logits: Float[Tensor, "b v"]
    """At the last position."""
    residuals: Float[Tensor, "site b d"]
    """At one position of each prompt, after any edit; empty when no position was asked for."""


@final
class Passes:
    """Runs a decoder with hooks that are there for one pass only."""

    def __init__(self, decoder: nn.Module, layout: Layout, *, cut: bool = True) -> None:
        """`cut`: give the unembedding the last position alone, which is all that is ever read of it."""
        self._decoder, self._layout, self._cut = decoder, layout, cut
        self._blocks = [decoder.get_submodule(name) for name in layout.blocks]
        self.device = device_of(decoder)
        self._whole = range(0, 2 * len(self._blocks) + 1, 2)
        self.positions = 0

    def read(
        self,
        ids: Int[Tensor, "b t"],
        added: Addends,
        at: Sequence[int] | None = None,
        stages: Sequence[int] | None = None,
    ) -> Reading:
        """Logits, and at one position of each prompt the residual stream, from one pass.

        `stages`: which sites are read; those after the embedding and after each block by default.
        """
        rows, found = list(range(ids.shape[0])), list[Tensor]()
        wanted = set(self._whole if stages is None else stages)

        def visit(stage: int, x: Tensor) -> Tensor:
            x = x + added[stage] if stage in added else x
            if at is not None and stage in wanted:
                found.append(x[rows, list(at)])
            return x

        with self._running(ids, visit, wanted | set(added)):
            logits = last_logits(self._decoder, ids)
        return Reading(logits, torch.stack(found) if found else logits.new_empty(0))

    def gradient(
        self, ids: Int[Tensor, "b t"], targets: Int[Tensor, " b"], stage: int, added: Addends
    ) -> Float[Tensor, "b t d"]:
        """Gradient of log p(target) at the last position with respect to the stream at one stage, after edits."""
        leaves: list[Tensor] = []

        def visit(passed: int, x: Tensor) -> Tensor:
            x = x + added[passed] if passed in added else x
            if passed == stage:
                leaves.append(x.detach().requires_grad_(True))
                x = leaves[0].clone()
            return x

        with self._running(ids, visit, {stage, *added}), torch.enable_grad():
            logits = last_logits(self._decoder, ids)
            # The clone is no inference tensor, whatever mode the caller was in.
            total = logits.log_softmax(-1).gather(1, targets[:, None].clone()).sum()
            return torch.autograd.grad(total, leaves[0])[0]

    def replaced(self, ids: Int[Tensor, "b t"], x: Float[Tensor, "b t d"]) -> Float[Tensor, "b v"]:
        """Logits at the last position when site 0 holds `x`, through which gradients flow."""

        def visit(stage: int, old: Tensor) -> Tensor:
            return x.to(old) if stage == 0 else old

        with self._running(ids, visit, set()), torch.enable_grad():
            return last_logits(self._decoder, ids)

    def streams(
        self, ids: Int[Tensor, "b t"], stages: Sequence[int], added: Addends
    ) -> Float[Tensor, "stage b t d"]:
        """The residual stream at some stages and all positions, without running what comes after the last."""
        seen: dict[int, Tensor] = {}

        def visit(stage: int, x: Tensor) -> Tensor:
            x = x + added[stage] if stage in added else x
            if stage in stages:
                seen[stage] = x
            if stage == max(stages):
                raise _EnoughError
            return x

        try:
            with self._running(ids, visit, {*stages, *added}):
                self._decoder(ids)
        except _EnoughError:
            return torch.stack([seen[stage] for stage in stages])
        raise SubjectError(f"stage {max(stages)} was not reached")

    def pulled(
        self, ids: Int[Tensor, "b t"], source: int, target: int, covectors: Float[Tensor, "k d"]
    ) -> Float[Tensor, "k b d"]:
        """Gradients of covector . stream at `target` with respect to `source`, both at the last position."""
        found, leaves = list[Tensor](), list[Tensor]()

        def visit(stage: int, x: Tensor) -> Tensor:
            if stage == source:
                leaves.append(x[:, -1:].detach().clone().requires_grad_(True))
                x = torch.cat([x[:, :-1].clone(), leaves[0]], dim=1)
            if stage == target:
                rows = (w.to(x).expand_as(x[:, -1]) for w in covectors)
                found.extend(torch.autograd.grad(x[:, -1], leaves, w, retain_graph=True)[0] for w in rows)
                raise _EnoughError
            return x

        with suppress(_EnoughError), self._running(ids, visit, {source, target}), torch.enable_grad():
            self._decoder(ids)
        return torch.stack(found)[:, :, 0]

    def first_site(self, ids: Int[Tensor, "b t"]) -> Float[Tensor, "b t d"]:
        """The input of the first block, without running any block."""
        return self.streams(ids, [0], {})[0]

    @contextmanager
    def _running(self, ids: Int[Tensor, "b t"], visit: Visit, stages: Collection[int]) -> Iterator[None]:
        """The hooks of one pass; `visit(stage, stream)` sees every whole site, and of the middle ones `stages`."""
        self.positions += ids.numel()
        seen: list[int] = []

        def in_turn(stage: int, x: Tensor) -> Tensor:
            seen.append(stage)
            return visit(stage, x)

        middles = sorted(stage for stage in stages if stage % 2)
        try:
            with undisturbed(self.device), hooks(self._handles(in_turn, middles)):
                yield
                self._refuse_disorder(seen, middles)
        except (_EnoughError, SubjectError):
            raise
        except Exception as error:
            raise SubjectError(
                f"the model raised {type(error).__name__} on {ids.shape[0]} prompts of {ids.shape[1]} tokens: "
                f"{error}"
            ) from error

    def _refuse_disorder(self, seen: Sequence[int], middles: Sequence[int]) -> None:
        if list(seen) != sorted([*self._whole, *middles]):
            order = ", ".join(str(StreamSite.at(stage)) for stage in seen) or "none"
            raise SubjectError(
                f"the blocks {', '.join(self._layout.blocks)} must each run once a pass and in this order; the "
                f"sites were seen in the order {order} instead of 0 to {len(self._blocks)}. "
                "Name the blocks as they run with Overrides(blocks=...)."
            )

    def _handles(self, visit: Visit, middles: Sequence[int]) -> Iterator[RemovableHandle]:
        turn, latest = self._turned, list[Tensor]()

        def passed(stage: int, x: Tensor) -> Tensor:
            latest[:] = [visit(stage, turn(x))]
            return turn(latest[0])

        def enter(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            given = given_tensor(args, kwargs)
            if given is None:
                raise SubjectError(f"the first block {self._layout.blocks[0]!r} was given no tensor")
            return with_given(args, kwargs, given, passed(0, given))

        def leave(layer: int) -> Any:
            def hook(module: nn.Module, args: Any, output: Any) -> Any:
                gave = gave_tensor(output)
                if gave is None:
                    raise SubjectError(f"the block {self._layout.blocks[layer - 1]!r} gave no tensor")
                return with_gave(output, passed(2 * layer, gave))

            return hook

        yield self._blocks[0].register_forward_pre_hook(enter, with_kwargs=True)
        for layer, block in enumerate(self._blocks, 1):
            yield block.register_forward_hook(leave(layer))
        for stage in middles:
            yield self._middle(stage, visit, latest)
        if self._cut and not self._layout.functional and not self._layout.time_first:
            yield self._decoder.get_submodule(self._layout.unembedding).register_forward_pre_hook(_last_only)

    def _middle(self, stage: int, visit: Visit, latest: Sequence[Tensor]) -> RemovableHandle:
        """A hook where attention adds to the stream; `latest` holds the block's input."""
        addend = self._layout.joints[StreamSite.at(stage).layer - 1].attention
        if addend is None:
            raise SubjectError(f"the stream cannot be read at {StreamSite.at(stage)}")

        def hook(module: nn.Module, args: Any, output: Any) -> Any:
            gave = gave_tensor(output)
            if gave is None:
                raise SubjectError(f"the attention {addend.name!r} gave no tensor")
            before = latest[0] + self._turned(gave) * addend.scale
            after = visit(stage, before)
            return (
                None if after is before else with_gave(output, self._turned(after - latest[0]) / addend.scale)
            )

        return self._decoder.get_submodule(addend.name).register_forward_hook(hook)

    def _turned(self, x: Tensor) -> Tensor:
        return x.transpose(0, 1) if self._layout.time_first else x


def _last_only(module: nn.Module, args: tuple[Any, ...]) -> Any:
    if len(args) == 1 and isinstance(args[0], Tensor) and args[0].ndim == 3:
        return (args[0][:, -1:],)
    return None


def as_ids(prompts: Sequence[Sequence[int]], device: torch.device) -> Int[Tensor, "b t"]:
    """Prompts of one length as a tensor."""
    return torch.tensor([list(prompt) for prompt in prompts], dtype=torch.long, device=device)
