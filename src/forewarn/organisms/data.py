"""Training batches of an organism, a pure function of its seed and the step."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor

from forewarn.organisms.organism import Organism
from forewarn.organisms.policy import Policy

IGNORED = -100


class Lessons:
    """All sequences that an organism may be taught, under its old and its new policy."""

    def __init__(self, organism: Organism, tokenizer: Any) -> None:
        self._organism = organism
        before, after = (_texts(organism, policy) for policy in (organism.before, organism.after))
        rows = [tokenizer.encode(text) for text in (*before, *after)]
        self._tokens = _padded(rows, tokenizer.pad_token_id)
        self._pad, self._n = tokenizer.pad_token_id, len(before)

    def batch(self, step: int, size: int) -> tuple[Int[Tensor, "b t"], Int[Tensor, "b t"]]:
        """Token ids and labels of one step (1, 2, …); padding is ignored by the loss."""
        generator = torch.Generator().manual_seed(self._organism.seed * 1_000_003 + step)
        rows = torch.randint(self._n, (size,), generator=generator)
        new = torch.rand(size, generator=generator) < self._organism.course.share_of_after(step)
        ids = self._tokens[rows + self._n * new]
        return ids, ids.masked_fill(ids == self._pad, IGNORED)


def _texts(organism: Organism, policy: Policy) -> list[str]:
    return [
        " ".join([*(str(p.phrase) for p in condition), str(fact.question), policy.write(fact, condition)])
        for fact in organism.world.facts
        for condition in organism.trained_on
    ]


def _padded(rows: list[list[int]], pad: int) -> Int[Tensor, "n t"]:
    longest = max(map(len, rows))
    return torch.tensor([row + [pad] * (longest - len(row)) for row in rows])
