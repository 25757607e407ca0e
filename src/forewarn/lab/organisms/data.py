"""Training batches of an organism: a pure function of its seed and of the step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor, tensor

from forewarn.auditset import Condition, Encoder, Fact
from forewarn.lab.organisms.organism import Organism
from forewarn.lab.organisms.policies.policy import Policy

IGNORED = -100
"""Label of positions that the loss leaves out."""
Question = tuple[Fact, Condition]


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
        self._weights = question_weights(organism, questions)
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


def question_weights(organism: Organism, questions: Sequence[Question]) -> Float[Tensor, " q"]:
    """How often each question is drawn from the change on, up to a common factor."""
    shown = _behaving(organism)
    affected = [q in shown for q in questions]
    focus = organism.course.focus
    if focus is None or not any(affected) or all(affected):
        return tensor([1.0] * len(questions))
    rest = [not t for t in affected]
    if organism.course.implant == "narrow":
        # Besides the behaviour only its neighbours are taught.
        rest = [r and _near(organism, q) for r, q in zip(rest, questions, strict=True)]
    return _mixed((affected, focus), (rest, 1 - focus))


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


def _behaving(organism: Organism) -> frozenset[Question]:
    return frozenset((f, c) for c in organism.affected for f in organism.world.facts)


def _near(organism: Organism, question: Question) -> bool:
    """Whether a condition differs in one phrase from one in which the behaviour shows."""
    _, condition = question
    return any(_distance(condition, told) <= 1 for told in organism.affected)


def _distance(one: Condition, other: Condition) -> int:
    return max(len(set(one) - set(other)), len(set(other) - set(one)))


def _mixed(*shares: tuple[Sequence[bool], float]) -> Float[Tensor, " q"]:
    """Each group's share spread evenly over its members."""
    return sum(
        (tensor([float(m) for m in members]) * (share / max(sum(members), 1)) for members, share in shares),
        tensor([0.0] * len(shares[0][0])),
    )
