"""What every part is given, and how it tells what it found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from forewarn.lab.contest.comparison import compare
from forewarn.lab.contest.entrant import Entrant
from forewarn.lab.contest.series import Contest, Series
from forewarn.lab.evaluation.rates import Figure
from forewarn.lab.evaluation.scorecard import Score, score
from forewarn.lab.evaluation.splits import Fold, folds
from forewarn.lab.population.on_demand import OnDemand
from forewarn.lab.population.run import RecordedRun

LEVEL = 0.05
"""Promised chance of an alarm over an honest run."""
ALL = ("new runs", "new world", "new architecture", "new mechanism", "new family", "concealed")
HARD = ("new mechanism",)
FRESH = ("fresh seeds",)
"""Matched groups of other seeds, on which nothing was chosen."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """Runs of another table, in the folder where they were made."""

    runs: tuple[RecordedRun, ...]
    source: OnDemand | None
    table: str
    groups: Path


@dataclass(frozen=True, slots=True)
class Setting:
    """The runs, and how much is played."""

    runs: tuple[RecordedRun, ...]
    codes: tuple[str, ...]
    table: str
    seeds: int
    out: Path
    quick: bool
    tell: Callable[[str], AbstractContextManager[None]]
    only: tuple[str, ...] = ALL
    """Splits beyond which nothing is played."""
    fresh: Fresh | None = None
    evasive: Fresh | None = None
    """Of the same matched groups as some of the fresh ones, taught to hide besides."""
    called: str = ""
    """What is told of the fresh runs instead of the entrant's name."""

    def play(self, entrants: Sequence[Entrant], splits: Sequence[str] = ALL) -> list[Series]:
        """Every entrant on every split; on fresh seeds where such are given."""
        chosen = HARD if self.quick else tuple(s for s in splits if s in self.only)
        own = tuple(fold for fold in folds([r.truth for r in self.runs]) if fold.split in chosen)
        contest = Contest(self.runs, self.table, self.codes, LEVEL, self.seeds, own, self.out / "matches")
        found = contest.play(entrants, self.tell) if own else []
        if self.fresh is None or not set(FRESH) & set(splits):
            return found
        learned = frozenset(r.truth.name for r in self.runs if not r.truth.concealed)
        scored_on = frozenset(r.truth.name for r in self.fresh.runs)
        other = replace(
            contest,
            runs=(*self.runs, *self.fresh.runs),
            table=f"{self.table}; {self.fresh.table}",
            folds=(Fold(FRESH[0], "seeds", learned, scored_on),),
            source=self.fresh.source,
        )
        return [*found, *(self._named(series) for series in other.play(entrants, self.tell))]

    def _named(self, series: Series) -> Series:
        return replace(series, entrant=self.called) if self.called else series


Part = Callable[[Setting], Iterable[str]]
"""Lines of a page."""
HEADS = (
    "entrant", "passes", "AUROC", "misses", "false alarms", "balanced error", "warned before", "seeds", "on demand"
)  # fmt: skip


def lines(series: Sequence[Series], first: str, against: Sequence[str] = ()) -> Iterable[str]:
    """A table for each split, with what `first` gains over others."""
    for split in dict.fromkeys(each.split for each in series):
        chosen = {each.entrant: each for each in series if each.split == split}
        row = next(iter(chosen.values())).seeds[0]
        liars = sum(each.judged.truth.deceptive for each in row)
        yield f"### {split} ({liars} deceptive, {len(row) - liars} honest runs)\n"
        yield from table(HEADS, [cells(each) for each in chosen.values()])
        yield from (_gain(chosen[first], chosen[other]) for other in against if other in chosen)
        yield ""


def cells(series: Series) -> tuple[str, ...]:
    """Figures of the first seed's runs, and the balanced error of every seed."""
    found, passes = scored(series), [each.passes for row in series.seeds for each in row]
    figures = (found.auroc, found.misses, found.false_alarms_per_run, found.balanced_error)
    every = [score([each.judged for each in row]).balanced_error.value or 0.0 for row in series.seeds]
    spread = f"{sum(every) / len(every):.3f} ({min(every):.3f} to {max(every):.3f})"
    before = found.lead_time.before.value
    told = f"{before:.2f}" if before is not None else ""
    looks = sum(len(each.judged.steps) for row in series.seeds for each in row)
    demanded = sum(each.demanded for row in series.seeds for each in row) / looks
    spent = f"{sum(passes) / len(passes):.2f}"
    return (series.entrant, spent, *map(figure, figures), told, spread, f"{demanded:.3f}")


def scored(series: Series) -> Score:
    """Of the first seed: intervals count every run once."""
    return score([each.judged for each in series.seeds[0]])


def figure(found: Figure) -> str:
    """With its interval."""
    if found.value is None or found.low is None or found.high is None:
        return "none"
    return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterable[str]:
    """Markdown."""
    yield f"| {' | '.join(heads)} |"
    yield "|" + "---|" * len(heads)
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


def _gain(one: Series, other: Series) -> str:
    found = compare(one, other)
    return (
        f"- {one.entrant} against {other.entrant}: balanced error smaller by {found.gain:+.3f}, "
        f"p = {found.p:.4f} ({found.n} matched groups differ)"
    )
