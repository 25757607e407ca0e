"""From a folder of litters that were looked at to the recorded table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from forewarn.errors import StoreError
from forewarn.organisms.growing import BASE
from forewarn.organisms.levels import Level
from forewarn.organisms.mechanisms import mechanisms
from forewarn.organisms.pretrained import Pretrained
from forewarn.population.folder import LitterFolder, folders
from forewarn.population.looking import LitterLooks, read_looks
from forewarn.population.measuring import Figures, read_figures
from forewarn.population.run import Nature, Run
from forewarn.population.table import Table
from forewarn.population.verified import Member, Verified


def record(out: Path, levels: Sequence[Level]) -> Table:
    """All runs that hold their behaviour, with their looks at each level.

    StoreError where a litter was not looked at, or with other probes than the rest.
    """
    found = folders(out)
    looks = {level: [read_looks(folder, level) for folder in found] for level in levels}
    codes = _codes([seen for row in looks.values() for seen in row])
    runs = {str(level): tuple(_runs(found, row)) for level, row in looks.items()}
    discarded = tuple(m.name for folder in found for m in folder.read().members if not m.holds)
    return Table(codes, runs, discarded, _command(out.name, found, levels))


def _command(name: str, found: Sequence[LitterFolder], levels: Sequence[Level]) -> str:
    """What makes the same table again."""
    litters = [folder.read() for folder in found]
    first, last = min(v.seed for v in litters), max(v.seed for v in litters)
    made = sorted({v.mechanism for v in litters})
    chosen = "" if len(made) == len(mechanisms()) else "".join(f" --mechanism {m}" for m in made)
    asked = "".join(f" --level {level}" for level in levels)
    base, own = next(
        ((len(v.base), len(v.members[0].snapshots)) for v in litters if v.base),
        (0, len(litters[0].members[0].snapshots)),
    )
    start = litters[0].start
    grown = f" --model {Path(start.folder).name}" if isinstance(start, Pretrained) else ""
    return (
        f"forewarn organisms make --out {name} --first-seed {first} --seeds {last - first + 1} "
        f"--base-looks {base} --looks {own}{chosen}{grown} && "
        f"forewarn organisms look {name}{asked} && forewarn organisms record {name}{asked} --out FILE"
    )


def _runs(found: Sequence[LitterFolder], looks: Sequence[LitterLooks]) -> Iterator[Run]:
    for folder, seen in zip(found, looks, strict=True):
        litter, figures = folder.read(), read_figures(folder, seen.level)
        for member in litter.members:
            if member.holds:
                whole = (*seen.runs[BASE], *seen.runs[member.name])
                yield Run(_nature(litter, member), whole, _joined(figures[BASE], figures[member.name]))


def _joined(base: Figures, own: Figures) -> Figures:
    return {name: (*base[name], *rows) for name, rows in own.items()}


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
