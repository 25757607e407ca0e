"""Prompts of any lengths, asked in batches of one length, answered in the order of the prompts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Tensor

from forewarn.subjects.changes import Change, ChangePlan, Changes, FindActivations
from forewarn.subjects.prompts import FrozenPrompts, batches
from forewarn.subjects.reading.passes import Passes, as_ids
from forewarn.subjects.reading.writing import NOT_WRITTEN, Stop, written

BatchRead = Callable[[Int[Tensor, "b t"], Changes, list[int]], Tensor]
"""Given the tokens of one batch, what is changed, and which prompts they are."""


@dataclass(frozen=True, slots=True, eq=False)
class Batched:
    """Runs at most `tokens` tokens together, and returns all results on the CPU."""

    passes: Passes
    """Runs the decoder."""
    like: Tensor
    """Type and device of the stream."""
    find: FindActivations
    """Where activations are."""
    tokens: int
    """Most tokens of one pass."""

    def each(
        self, frozen: FrozenPrompts, changes: Sequence[Change], ask: BatchRead, axis: int = 0
    ) -> Float[Tensor, "..."]:
        """One result for each prompt, along an axis of what `ask` gives."""
        rows, found = list[int](), list[Tensor]()
        for index, ids, changed in self._batches(frozen, changes):
            rows += index
            found.append(ask(ids, changed, index).cpu())
        # `rows` is a permutation of the prompts, whose inverse is its argsort.
        return torch.cat(found, dim=axis).index_select(axis, torch.tensor(rows).argsort())

    def ragged(self, frozen: FrozenPrompts, changes: Sequence[Change], ask: BatchRead) -> list[Tensor]:
        """Results of different lengths, one for each prompt: the rows of what `ask` gives."""
        out: list[Tensor] = [torch.empty(0)] * len(frozen)
        for index, ids, changed in self._batches(frozen, changes):
            for row, result in zip(index, ask(ids, changed, index).cpu(), strict=True):
                out[row] = result
        return out

    def written(
        self, frozen: FrozenPrompts, n_new: int, changes: Sequence[Change], stop: Stop | None
    ) -> Int[Tensor, "n n_new"]:
        """The tokens written after each prompt, the likeliest at every step."""
        plan, out = self._plan(changes), torch.full((len(frozen), n_new), NOT_WRITTEN, dtype=torch.long)
        # Batches are cut by how long the texts will be, not by how long the prompts are.
        for rows in batches([(*p, *range(n_new - 1)) for p in frozen], self.tokens):
            steered = partial(_steered, plan, rows, len(frozen[rows[0]]))
            out[rows] = written(self.passes, self.ids(frozen, rows), n_new, steered, stop)
        return out

    def _batches(
        self, frozen: FrozenPrompts, changes: Sequence[Change]
    ) -> Iterator[tuple[list[int], Int[Tensor, "b t"], Changes]]:
        plan = self._plan(changes)
        for rows in batches(frozen, self.tokens):
            ids = self.ids(frozen, rows)
            yield rows, ids, plan.batch(rows, ids.shape[1], ids.shape[1])

    def _plan(self, changes: Sequence[Change]) -> ChangePlan:
        return ChangePlan(changes, self.like, self.find)

    def ids(self, frozen: FrozenPrompts, rows: Sequence[int]) -> Int[Tensor, "b t"]:
        """Some of the prompts, which have one length, on the model's device."""
        return as_ids([frozen[row] for row in rows], self.passes.device)


def _steered(plan: ChangePlan, rows: Sequence[int], prompt: int, live: Sequence[int], length: int) -> Changes:
    """What to change in the rows that still write, once their texts have a length."""
    return plan.batch([rows[k] for k in live], prompt, length)
