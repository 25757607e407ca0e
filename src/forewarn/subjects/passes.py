"""One forward pass over prompts of one length, with everything that is read or changed on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from forewarn.errors import SubjectError
from forewarn.subjects.calling import gave_tensor, given_tensor, hooks, last_logits, with_gave, with_given
from forewarn.subjects.layout import Layout
from forewarn.subjects.quiet import device_of, undisturbed

Addends = Mapping[int, Float[Tensor, "b t d"]]
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
        self.positions = 0

    def read(self, ids: Int[Tensor, "b t"], added: Addends, at: Sequence[int] | None = None) -> Reading:
        """Logits, and at one position of each prompt the residual stream at every site, from one pass."""
        rows, found = list(range(ids.shape[0])), list[Tensor]()

        def visit(layer: int, x: Tensor) -> Tensor:
            x = x + added[layer] if layer in added else x
            if at is not None:
                found.append(x[rows, list(at)])
            return x

        with self._running(ids, visit):
            logits = last_logits(self._decoder, ids)
        return Reading(logits, torch.stack(found) if found else logits.new_empty(0))

    def gradient(
        self, ids: Int[Tensor, "b t"], targets: Int[Tensor, " b"], layer: int, added: Addends
    ) -> Float[Tensor, "b t d"]:
        """Gradient of log p(target) at the last position with respect to the stream at one layer, after edits."""
        leaves: list[Tensor] = []

        def visit(site: int, x: Tensor) -> Tensor:
            x = x + added[site] if site in added else x
            if site == layer:
                leaves.append(x.detach().requires_grad_(True))
                x = leaves[0].clone()
            return x

        with self._running(ids, visit), torch.enable_grad():
            logits = last_logits(self._decoder, ids)
            # The clone is no inference tensor, whatever mode the caller was in.
            total = logits.log_softmax(-1).gather(1, targets[:, None].clone()).sum()
            return torch.autograd.grad(total, leaves[0])[0]

    def stream(self, ids: Int[Tensor, "b t"], layer: int) -> Float[Tensor, "b t d"]:
        """The residual stream at one layer, without running what comes after it."""
        seen: list[Tensor] = []

        def visit(site: int, x: Tensor) -> Tensor:
            if site == layer:
                seen.append(x)
                raise _EnoughError
            return x

        try:
            with self._running(ids, visit):
                self._decoder(ids)
        except _EnoughError:
            return seen[0]
        raise SubjectError(f"layer {layer} was not reached")

    def first_site(self, ids: Int[Tensor, "b t"]) -> Float[Tensor, "b t d"]:
        """The input of the first block, without running any block."""
        return self.stream(ids, 0)

    @contextmanager
    def _running(self, ids: Int[Tensor, "b t"], visit: Visit) -> Iterator[None]:
        """The hooks of one pass; `visit(layer, stream)` sees every site and may change it."""
        self.positions += ids.numel()
        seen: list[int] = []

        def in_turn(layer: int, x: Tensor) -> Tensor:
            seen.append(layer)
            return visit(layer, x)

        try:
            with undisturbed(self.device), hooks(self._handles(in_turn)):
                yield
                self._refuse_disorder(seen)
        except (_EnoughError, SubjectError):
            raise
        except Exception as error:
            raise SubjectError(
                f"the model raised {type(error).__name__} on {ids.shape[0]} prompts of {ids.shape[1]} tokens: "
                f"{error}"
            ) from error

    def _refuse_disorder(self, seen: Sequence[int]) -> None:
        wanted = list(range(len(self._blocks) + 1))
        if list(seen) != wanted:
            order = ", ".join(map(str, seen)) or "none"
            raise SubjectError(
                f"the blocks {', '.join(self._layout.blocks)} must each run once a pass and in this order; the "
                f"sites were seen in the order {order} instead of 0 to {wanted[-1]}. "
                "Name the blocks as they run with Overrides(blocks=...)."
            )

    def _handles(self, visit: Visit) -> Iterator[RemovableHandle]:
        turn = self._turned

        def enter(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            given = given_tensor(args, kwargs)
            if given is None:
                raise SubjectError(f"the first block {self._layout.blocks[0]!r} was given no tensor")
            return with_given(args, kwargs, given, turn(visit(0, turn(given))))

        def leave(layer: int) -> Any:
            def hook(module: nn.Module, args: Any, output: Any) -> Any:
                gave = gave_tensor(output)
                if gave is None:
                    raise SubjectError(f"the block {self._layout.blocks[layer - 1]!r} gave no tensor")
                return with_gave(output, turn(visit(layer, turn(gave))))

            return hook

        yield self._blocks[0].register_forward_pre_hook(enter, with_kwargs=True)
        for layer, block in enumerate(self._blocks, 1):
            yield block.register_forward_hook(leave(layer))
        if self._cut and not self._layout.functional and not self._layout.time_first:
            yield self._decoder.get_submodule(self._layout.unembedding).register_forward_pre_hook(_last_only)

    def _turned(self, x: Tensor) -> Tensor:
        return x.transpose(0, 1) if self._layout.time_first else x


def _last_only(module: nn.Module, args: tuple[Any, ...]) -> Any:
    if len(args) == 1 and isinstance(args[0], Tensor) and args[0].ndim == 3:
        return (args[0][:, -1:],)
    return None


def as_ids(prompts: Sequence[Sequence[int]], device: torch.device) -> Int[Tensor, "b t"]:
    """Prompts of one length as a tensor."""
    return torch.tensor([list(prompt) for prompt in prompts], dtype=torch.long, device=device)
