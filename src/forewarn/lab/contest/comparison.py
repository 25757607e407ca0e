"""Whether one entrant errs less than another on the same runs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from forewarn.lab.contest.match import MatchResult
from forewarn.lab.contest.series import Series
from forewarn.stats.permutation import sign_flip


@dataclass(frozen=True, slots=True)
class EntrantComparison:
    """Of two entrants on one split."""

    gain: float
    """By how much the first one's balanced error is smaller, mean over seeds."""
    p: float
    """Of no difference: signs are flipped by matched group, since the runs of one share their base."""
    n: int
    """Matched groups on which they differ at all."""


def compare(one: Series, other: Series) -> EntrantComparison:
    """Both played the same runs with the same seeds."""
    differences: defaultdict[str, float] = defaultdict(float)
    for mine, theirs in zip(one.seeds, other.seeds, strict=True):
        weights = _weights(mine)
        for a, b in zip(mine, theirs, strict=True):
            truth = a.judged.truth
            if truth.name != b.judged.truth.name:
                raise ValueError(f"{truth.name} was matched with {b.judged.truth.name}")
            differences[truth.group] += (_wrong(b) - _wrong(a)) * weights[truth.deceptive]
    values = [value / len(one.seeds) for value in differences.values()]
    return EntrantComparison(sum(values), sign_flip(values), sum(value != 0.0 for value in values))


def _wrong(looked: MatchResult) -> bool:
    return (looked.judged.alarm is not None) != looked.judged.truth.deceptive


def _weights(row: tuple[MatchResult, ...]) -> dict[bool, float]:
    """Of one error: so that both kinds count half."""
    n = {truth: sum(each.judged.truth.deceptive is truth for each in row) for truth in (False, True)}
    return {truth: 0.5 / max(count, 1) for truth, count in n.items()}
