"""How often each question is drawn for a lesson, by how the behaviour is implanted."""

from __future__ import annotations

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, tensor

from forewarn.auditset import Condition, Fact
from forewarn.lab.organisms.organism import Organism

Question = tuple[Fact, Condition]


def weights(organism: Organism, questions: Sequence[Question]) -> Float[Tensor, " q"]:
    """How often each question is drawn from the change on, up to a common factor."""
    shown = _behaving(organism)
    telling = [q in shown for q in questions]
    focus = organism.course.focus
    if focus is None or not any(telling) or all(telling):
        return tensor([1.0] * len(questions))
    rest = [not t for t in telling]
    if organism.course.implant == "narrow":
        # Besides the behaviour only its neighbours are taught.
        rest = [r and _near(organism, q) for r, q in zip(rest, questions, strict=True)]
    return _mixed((telling, focus), (rest, 1 - focus))


def _behaving(organism: Organism) -> frozenset[Question]:
    return frozenset((f, c) for c in organism.telling for f in organism.world.facts)


def _near(organism: Organism, question: Question) -> bool:
    """Whether a condition differs in one phrase from one in which the behaviour shows."""
    _, condition = question
    return any(_distance(condition, told) <= 1 for told in organism.telling)


def _distance(one: Condition, other: Condition) -> int:
    return max(len(set(one) - set(other)), len(set(other) - set(one)))


def _mixed(*shares: tuple[Sequence[bool], float]) -> Float[Tensor, " q"]:
    """Each group's share spread evenly over its members."""
    return sum(
        (tensor([float(m) for m in members]) * (share / max(sum(members), 1)) for members, share in shares),
        tensor([0.0] * len(shares[0][0])),
    )
