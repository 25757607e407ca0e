"""From a folder of litters that were looked at to the recorded table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from forewarn.errors import StoreError
from forewarn.organisms.growing import BASE
from forewarn.organisms.levels import Level
from forewarn.population.folder import folders
from forewarn.population.looking import LitterLooks, read_looks
from forewarn.population.run import Nature, Run
from forewarn.population.table import Table
from forewarn.population.verified import Member, Verified


def record(out: Path, levels: Sequence[Level], command: str) -> Table:
    """All runs that hold their behaviour, with their looks at each level.

    StoreError where a litter was not looked at, or with other probes than the rest.
    """
    found = folders(out)
    litters = [folder.read() for folder in found]
    looks = {level: [read_looks(folder, level) for folder in found] for level in levels}
    codes = _codes([seen for row in looks.values() for seen in row])
    runs: dict[str, tuple[Run, ...]] = {level: tuple(_runs(litters, row)) for level, row in looks.items()}
    discarded = tuple(m.name for litter in litters for m in litter.members if not m.holds)
    return Table(codes, runs, discarded, command)


def _runs(litters: Sequence[Verified], looks: Sequence[LitterLooks]) -> Iterator[Run]:
    for litter, seen in zip(litters, looks, strict=True):
        for member in litter.members:
            if member.holds:
                yield Run(_nature(litter, member), (*seen.runs[BASE], *seen.runs[member.name]))


def _nature(litter: Verified, member: Member) -> Nature:
    return Nature(
        name=member.name,
        litter=litter.name,
        mechanism=litter.mechanism,
        kind=member.kind,
        precursor=litter.precursor,
        deceptive=member.deceptive,
        implant=litter.implant,
        concealed=litter.concealed,
        topic=litter.topic,
        family=litter.family,
        width=litter.width,
        depth=litter.depth,
        change=litter.change,
        steps=litter.steps,
        onset=member.onset,
    )


def _codes(looks: Sequence[LitterLooks]) -> tuple[str, ...]:
    found = {seen.codes for seen in looks}
    if len(found) != 1:
        told = "; ".join(", ".join(codes) for codes in sorted(found))
        raise StoreError(f"all litters of a table are looked at with the same probes; found {told}")
    return found.pop()
