"""From a folder of matched groups that were looked at to the recorded table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from forewarn.errors import StoreError
from forewarn.lab.organisms.growing import BASE
from forewarn.lab.organisms.levels import Level
from forewarn.lab.population.command import command
from forewarn.lab.population.folder import GroupFolder, folders
from forewarn.lab.population.group_looks import GroupLooks, looks_file, read_looks
from forewarn.lab.population.measuring import BaselineFigures, read_figures
from forewarn.lab.population.run import GroundTruth, RecordedRun
from forewarn.lab.population.table import Table
from forewarn.lab.population.verified import Member, Verified


def record(out: Path, levels: Sequence[Level]) -> Table:
    """All runs that hold their behaviour, with their looks at each level.

    A level may hold the first seeds alone, if these as a whole; and some of the questions alone. StoreError where
    a matched group among them was not looked at, or with other questions than the rest of its level.
    """
    found = folders(out)
    looked = {level: _looked(found, level) for level in levels}
    looks = {level: [read_looks(folder, level) for folder in row] for level, row in looked.items()}
    codes = _codes(looks.values())
    runs = {str(level): tuple(_runs(looked[level], row)) for level, row in looks.items()}
    discarded = tuple(m.name for folder in found for m in folder.read().members if not m.holds)
    return Table(codes, runs, discarded, command(out.name, found, looked))


def _looked(found: Sequence[GroupFolder], level: Level) -> list[GroupFolder]:
    """The matched groups of all seeds up to the last one that was looked at."""
    last = max((f.read().seed for f in found if f.has(looks_file(level))), default=None)
    return [f for f in found if last is None or f.read().seed <= last]


def _runs(found: Sequence[GroupFolder], looks: Sequence[GroupLooks]) -> Iterator[RecordedRun]:
    for folder, seen in zip(found, looks, strict=True):
        group, figures = folder.read(), read_figures(folder, seen.level)
        for member in group.members:
            if member.holds:
                whole = (*seen.runs[BASE], *seen.runs[member.name])
                yield RecordedRun(
                    truth_of(group, member), whole, _joined(figures[BASE], figures[member.name])
                )


def _joined(base: BaselineFigures, own: BaselineFigures) -> BaselineFigures:
    return {name: (*base[name], *rows) for name, rows in own.items()}


def truth_of(group: Verified, member: Member) -> GroundTruth:
    """The truth of one run, as its verified group tells it."""
    return GroundTruth(
        name=member.name,
        group=group.name,
        mechanism=group.mechanism,
        kind=member.kind,
        precursor=group.precursor,
        deceptive=member.deceptive,
        implant=group.implant,
        concealed=group.concealed,
        topic=group.topic,
        family=group.family,
        width=group.width,
        depth=group.depth,
        change=group.change,
        steps=group.steps,
        onset=member.onset,
    )


def _codes(levels: Iterable[Sequence[GroupLooks]]) -> tuple[str, ...]:
    """Of the level with the most questions; no other asks what it does not."""
    found = [_level_codes(looks) for looks in levels]
    most = max(found, key=len)
    if strange := sorted({code for codes in found for code in codes} - set(most)):
        raise StoreError(f"{', '.join(strange)} was asked at some levels alone; look at all of them again")
    return most


def _level_codes(looks: Sequence[GroupLooks]) -> tuple[str, ...]:
    found = {seen.codes for seen in looks}
    if len(found) != 1:
        told = "; ".join(", ".join(codes) for codes in sorted(found))
        raise StoreError(f"all matched groups of a level are looked at with the same probes; found {told}")
    return found.pop()
