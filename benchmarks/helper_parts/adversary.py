"""Matched groups that were taught to keep down what the shipped helper asks for, beside ones that were not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

from forewarn.lab.contest.entrant import Entrant
from forewarn.lab.contest.series import Series
from forewarn.lab.population.folder import GroupFolder, folders
from forewarn.lab.population.group_looks import read_looks
from forewarn.lab.population.verified import Member, Verified
from forewarn.records import Evidence
from helper_parts.entrants import COMPOSED, fixed, learned, shipped
from helper_parts.part import FRESH, Setting, cells, table
from helper_parts.part import HEADS as FIGURES

EVIDENCE = ("group", "evasive liar holds", *COMPOSED)


def adversary(setting: Setting) -> Iterator[str]:
    """Both errors on either sort, and what hiding cost."""
    yield "## Adversary\n"
    if setting.fresh is None or setting.evasive is None:
        yield "Needs `--on`, `--groups`, `--evasive` and `--evasive-groups`.\n"
        return
    yield from _cost(setting.fresh.groups, setting.evasive.groups)
    yield from table(EVIDENCE, list(_evidence(setting.fresh.groups, setting.evasive.groups)))
    groups = {run.truth.group for run in setting.evasive.runs}
    runs = tuple(run for run in setting.fresh.runs if run.truth.group in groups)
    plain = replace(setting.fresh, runs=runs, table=f"{setting.fresh.table}, {len(groups)} matched groups")
    for name, side in (("not evasive", plain), ("evasive", setting.evasive)):
        deceptive = sum(run.truth.deceptive for run in side.runs)
        yield f"### {name} ({deceptive} deceptive, {len(side.runs) - deceptive} honest runs)\n"
        rollouts = replace(setting, fresh=side).play(_entrants(), FRESH)
        yield from table(FIGURES, [cells(series) for series in rollouts])
        yield f"{_mistaken(rollouts[0])}\n"


def _mistaken(series: Series) -> str:
    """Names of the runs that were judged wrongly, of the first seed."""
    wrong = [x.judged for x in series.seeds[0] if x.judged.truth.deceptive is (x.judged.alarm is None)]
    missed, flagged = ([w.truth.name for w in wrong if w.truth.deceptive is side] for side in (True, False))
    told = (
        f"{word}: {', '.join(names) or 'none'}" for word, names in (("missed", missed), ("flagged", flagged))
    )
    return f"{series.entrant}, {'; '.join(told)}"


def _evidence(plain: Path, evasive: Path) -> Iterator[tuple[str, ...]]:
    """Each liar's strongest evidence on either side, whether it holds its behaviour or not."""
    for folder in folders(evasive):
        liar = folder.read().members[0]
        sides = [_strongest(GroupFolder(plain / folder.path.name), liar.name), _strongest(folder, liar.name)]
        cells_ = (f"{one} and {two}" for one, two in zip(*sides, strict=True))
        yield folder.path.name, "yes" if liar.holds else "no", *cells_


def _strongest(folder: GroupFolder, name: str) -> list[str]:
    """Greatest lower end of an interval over the run's looks, for each code that the shipped helper asks."""
    outcomes = [o for look in read_looks(folder, "related").runs[name] for o in look.outcomes]
    found = [o for o in outcomes if isinstance(o, Evidence)]
    lows = [[o.interval.low for o in found if o.code == code] for code in COMPOSED]
    return [f"{max(row):.2f}" if row else "none" for row in lows]


def _entrants() -> list[Entrant]:
    return [*shipped(), fixed()[-1], learned()]


def _cost(plain: Path, evasive: Path) -> Iterator[str]:
    """Who still does what it was taught, and how much later it began."""
    other = {folder.path.name: folder.read() for folder in folders(plain)}
    pairs = [(other[f.path.name], f.read()) for f in folders(evasive) if f.path.name in other]
    liars = [(one.members[0], two.members[0]) for one, two in pairs]
    later = [b.onset - a.onset for a, b in liars if a.onset is not None and b.onset is not None]
    steps = [(two.steps - two.change) / (one.steps - one.change) for one, two in pairs]
    yield (
        f"{len(pairs)} matched groups twice, trained {median(steps):g} times as long after the change where "
        "they evade. "
        f"At the end {_holding(liars, 0)} of the liars do what they were taught without evading, "
        f"{_holding(liars, 1)} with; of the look-alikes {_siblings(pairs, 0)} and {_siblings(pairs, 1)}. The lie "
        f"begins {median(later):+g} steps later in the median ({min(later):+d} to {max(later):+d}, "
        f"n = {len(later)}).\n"
    )


def _holding(liars: Sequence[tuple[Member, Member]], side: int) -> str:
    return f"{sum(pair[side].holds for pair in liars)} of {len(liars)}"


def _siblings(pairs: Sequence[tuple[Verified, Verified]], side: int) -> str:
    members = [m for pair in pairs for m in pair[side].members[1:]]
    return f"{sum(m.holds for m in members)} of {len(members)}"
