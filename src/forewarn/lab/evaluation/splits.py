"""Which runs are kept for the test: each split says what of them no run of the training side has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from forewarn.lab.population.run import GroundTruth

FOLDS = 5
"""Parts of the split "new runs"; matched groups stay whole."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Runs to learn from, and others to score on."""

    split: str
    left_out: str
    """What the training side has never met."""
    train: frozenset[str]
    test: frozenset[str]


SPLITS: tuple[str, ...] = (
    "new runs",
    "new world",
    "new architecture",
    "new mechanism",
    "new family",
    "concealed",
)


def folds(truths: Sequence[GroundTruth]) -> tuple[Fold, ...]:
    """All folds of all splits. Every run that a split tests is tested once, by detectors that have not met it.

    Concealed matched groups are on a test side only: of "concealed", and of "new family" as one more family.
    """
    open_ = [n for n in truths if not n.concealed]
    hidden = [n for n in truths if n.concealed]
    found = [
        *_by("new runs", open_, _part),
        *_by("new world", open_, lambda n: n.topic),
        *_by("new architecture", open_, lambda n: n.family),
        *_by("new mechanism", open_, lambda n: n.mechanism),
        *_by("new family", open_, lambda n: n.precursor),
    ]
    if hidden:
        train, test = _names(open_), _names(hidden)
        found += [
            Fold("new family", "concealment", train, test),
            Fold("concealed", "concealment", train, test),
        ]
    return tuple(found)


def _by(split: str, truths: Sequence[GroundTruth], key: Callable[[GroundTruth], str]) -> Iterator[Fold]:
    """One fold for each value of the key, which is left out of its training side."""
    for value in sorted({key(n) for n in truths}):
        test = [n for n in truths if key(n) == value]
        yield Fold(split, value, _names([n for n in truths if key(n) != value]), _names(test))


def _part(truth: GroundTruth) -> str:
    return str(int(sha256(truth.group.encode()).hexdigest(), 16) % FOLDS)


def _names(truths: Sequence[GroundTruth]) -> frozenset[str]:
    return frozenset(n.name for n in truths)
