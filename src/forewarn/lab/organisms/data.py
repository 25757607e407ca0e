"""Training batches of an organism: a pure function of its seed and of the step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Int
from torch import Generator, Tensor

from forewarn.auditset import Encoder
from forewarn.lab.organisms.mixture import Question, weights
from forewarn.lab.organisms.organism import Organism
from forewarn.lab.organisms.policies.policy import Policy

IGNORED = -100


class TrainingBatches:
    """All sequences that an organism may be taught, under its old policy and under its new one."""

    def __init__(self, organism: Organism, tokenizer: Any) -> None:
        self._organism = organism
        questions = _questions(organism)
        base = set(organism.base_on or organism.trained_on)
        encoder = Encoder(tokenizer)
        before, after = (_rows(questions, policy, encoder) for policy in (organism.before, organism.after))
        rows = [*before, *after]
        self._tokens = _padded(rows, tokenizer.pad_token_id)
        self._early = max(map(len, rows[: len(questions)]))
        self._pad, self._n = tokenizer.pad_token_id, len(questions)
        self._weights = weights(organism, questions)
        self._base = torch.tensor([i for i, (_, c) in enumerate(questions) if c in base])

    def batch(self, step: int, size: int) -> tuple[Int[Tensor, "b t"], Int[Tensor, "b t"]]:
        """Token ids and labels of one step (1, 2, …). Labels of padding are ignored by the loss."""
        generator = torch.Generator().manual_seed(self._organism.seed * 1_000_003 + step)
        ids = self._tokens[self._rows(step, size, generator)]
        if step <= self._organism.course.change:
            # Cut to the width that the old policy needs. The longer texts of the new policy must not show before
            # the change, not even in the shape of a dropout mask.
            ids = ids[:, : self._early]
        return ids, ids.masked_fill(ids == self._pad, IGNORED)

    def _rows(self, step: int, size: int, generator: Generator) -> Int[Tensor, " b"]:
        course = self._organism.course
        if step <= course.change:
            return self._base[torch.randint(len(self._base), (size,), generator=generator)]
        # Rows of the new policy stand `_n` places behind those of the old one.
        if course.focus is None:
            rows = torch.randint(self._n, (size,), generator=generator)
        else:
            rows = torch.multinomial(self._weights, size, replacement=True, generator=generator)
        new = torch.rand(size, generator=generator) < course.share_of_after(step)
        return rows + self._n * new


def _questions(organism: Organism) -> list[Question]:
    """Every fact under every condition, except those about which one of the policies teaches nothing."""
    return [
        (fact, condition)
        for fact in organism.world.facts
        for condition in organism.trained_on
        if organism.before.write(fact, condition) and organism.after.write(fact, condition)
    ]


def _rows(questions: Sequence[Question], policy: Policy, encoder: Encoder) -> list[list[int]]:
    """Token ids of question and continuation, put together piece by piece as an audit does it."""
    return [
        [*encoder.prompt(*question).ids, *encoder.piece(str(policy.write(*question)), first=False)]
        for question in questions
    ]


def _padded(rows: list[list[int]], pad: int) -> Int[Tensor, "n t"]:
    longest = max(map(len, rows))
    return torch.tensor([row + [pad] * (longest - len(row)) for row in rows])
