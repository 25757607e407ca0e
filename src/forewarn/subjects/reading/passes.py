"""One forward pass over prompts of one length, with everything that is read or changed on the way."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from forewarn.errors import SubjectError
from forewarn.records import StreamSite
from forewarn.subjects.calling import hooks, last_logits, run
from forewarn.subjects.changes import Changes
from forewarn.subjects.clamps import BatchClamp
from forewarn.subjects.deadline import check_time
from forewarn.subjects.found import FoundDecoder
from forewarn.subjects.quiet import undisturbed
from forewarn.subjects.reading.stations import Stations, Visit

_NONE = Changes()


class _EnoughError(Exception):
    """Ends a pass once what was wanted has been read."""


@dataclass(frozen=True, slots=True, eq=False)
class PassOutput:
    """What one pass gave, still on the model's device."""

    logits: Float[Tensor, "b v"]
    """At the last position."""
    residuals: Float[Tensor, "site b d"]
    """At one position of each prompt, after any edit; empty when no position was asked for."""


@final
class Passes:
    """Runs a decoder with hooks that are there for one pass only."""

    def __init__(self, found: FoundDecoder) -> None:
        self._decoder, self._layout, self.device = found.module, found.layout, found.device
        self._calling = found.layout.calling
        self._stations, self._whole = Stations(found), range(0, 2 * found.layout.n_layers + 1, 2)
        self.positions = 0

    def read(
        self,
        ids: Int[Tensor, "b t"],
        changes: Changes = _NONE,
        at: Sequence[int] | None = None,
        stages: Sequence[int] | None = None,
    ) -> PassOutput:
        """Logits, and at one position of each prompt the residual stream, from one pass.

        `stages`: which sites are read; those after the embedding and after each block by default.
        """
        rows, found, added = list(range(ids.shape[0])), list[Tensor](), changes.added
        wanted = set(self._whole if stages is None else stages)

        def visit(stage: int, x: Tensor) -> Tensor:
            x = x + added[stage] if stage in added else x
            if at is not None and stage in wanted:
                found.append(x[rows, list(at)])
            return x

        with self._running(ids, visit, wanted | set(added), changes.held):
            logits = last_logits(self._decoder, ids, self._calling)
        return PassOutput(logits, torch.stack(found) if found else logits.new_empty(0))

    def gradient(
        self, ids: Int[Tensor, "b t"], targets: Int[Tensor, " b"], stage: int, changes: Changes = _NONE
    ) -> Float[Tensor, "b t d"]:
        """Gradient of log p(target) at the last position with respect to the stream at one stage, after edits."""
        leaves, added = list[Tensor](), changes.added

        def visit(passed: int, x: Tensor) -> Tensor:
            x = x + added[passed] if passed in added else x
            if passed == stage:
                leaves.append(x.detach().requires_grad_(True))
                # Some blocks add to their input in place, which autograd forbids on a leaf.
                x = leaves[0].clone()
            return x

        with self._running(ids, visit, {stage, *added}, changes.held), torch.enable_grad():
            logits = last_logits(self._decoder, ids, self._calling)
            # The clone is no inference tensor, whatever mode the caller was in.
            total = logits.log_softmax(-1).gather(1, targets[:, None].clone()).sum()
            return torch.autograd.grad(total, leaves[0])[0]

    def replaced(self, ids: Int[Tensor, "b t"], x: Float[Tensor, "b t d"]) -> Float[Tensor, "b v"]:
        """Logits at the last position when site 0 holds `x`, through which gradients flow."""

        def visit(stage: int, old: Tensor) -> Tensor:
            return x.to(old) if stage == 0 else old

        with self._running(ids, visit, set()), torch.enable_grad():
            return last_logits(self._decoder, ids, self._calling)

    def streams(
        self, ids: Int[Tensor, "b t"], stages: Sequence[int], changes: Changes = _NONE
    ) -> Float[Tensor, "stage b t d"]:
        """The residual stream at some stages and all positions, without running what comes after the last."""
        seen, added = dict[int, Tensor](), changes.added

        def visit(stage: int, x: Tensor) -> Tensor:
            x = x + added[stage] if stage in added else x
            if stage in stages:
                seen[stage] = x
            if stage == max(stages):
                raise _EnoughError
            return x

        try:
            with self._running(ids, visit, {*stages, *added}, changes.held):
                run(self._decoder, ids, self._calling)
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
                # Only the last position is a leaf: the derivative leaves all earlier ones as they are.
                leaves.append(x[:, -1:].detach().clone().requires_grad_(True))
                x = torch.cat([x[:, :-1].clone(), leaves[0]], dim=1)
            if stage == target:
                # Prompts do not see each other, so that one backward pass pulls w for the whole batch.
                rows = (w.to(x).expand_as(x[:, -1]) for w in covectors)
                found.extend(torch.autograd.grad(x[:, -1], leaves, w, retain_graph=True)[0] for w in rows)
                raise _EnoughError
            return x

        with suppress(_EnoughError), self._running(ids, visit, {source, target}), torch.enable_grad():
            run(self._decoder, ids, self._calling)
        return torch.stack(found)[:, :, 0]  # [k, b, 1, d] without the position

    def first_site(self, ids: Int[Tensor, "b t"]) -> Float[Tensor, "b t d"]:
        """The input of the first block, without running any block."""
        return self.streams(ids, [0])[0]

    def activations(
        self, ids: Int[Tensor, "b t"], module: str, at: Sequence[int], changes: Changes = _NONE
    ) -> Float[Tensor, "b n"]:
        """What a module inside a block is given at one position of each prompt, after any change.

        What comes after it is not run.
        """
        found, added = list[Tensor](), changes.added

        def hear(given: Tensor) -> None:
            found.append(given[range(len(given)), list(at)])
            raise _EnoughError

        def visit(stage: int, x: Tensor) -> Tensor:
            return x + added[stage] if stage in added else x

        with (
            suppress(_EnoughError),
            self._running(ids, visit, set(added), changes.held),
            hooks([self._stations.listening(module, ids.shape[0], hear)]),
        ):
            run(self._decoder, ids, self._calling)
        if not found:
            raise SubjectError(f"the module {module!r} was given no tensor")
        return found[0]

    @contextmanager
    def _running(
        self, ids: Int[Tensor, "b t"], visit: Visit, stages: Collection[int], held: Sequence[BatchClamp] = ()
    ) -> Iterator[None]:
        """The hooks of one pass; `visit(stage, stream)` sees every whole site, and of the middle ones `stages`."""
        check_time()
        self.positions += ids.numel()
        seen: list[int] = []

        def in_turn(stage: int, x: Tensor) -> Tensor:
            seen.append(stage)
            return visit(stage, x)

        middles = sorted(stage for stage in stages if stage % 2)
        try:
            with (
                undisturbed(self.device),
                hooks(self._stations.handles(in_turn, middles)),
                hooks(self._stations.holding(held, ids.shape[0])),
            ):
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
                f"sites were seen in the order {order} instead of 0 to {self._layout.n_layers}. "
                "Name the blocks as they run with Overrides(blocks=...)."
            )


def as_ids(prompts: Sequence[Sequence[int]], device: torch.device) -> Int[Tensor, "b t"]:
    """Prompts of one length as a tensor."""
    return torch.tensor([list(prompt) for prompt in prompts], dtype=torch.long, device=device)
