"""The commands that make a recorded table again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from forewarn.lab.organisms.levels import Level
from forewarn.lab.organisms.mechanisms import mechanisms
from forewarn.lab.organisms.pretrained import Pretrained
from forewarn.lab.population.folder import GroupFolder
from forewarn.lab.population.verified import Verified


def command(name: str, found: Sequence[GroupFolder], looked: Mapping[Level, Sequence[GroupFolder]]) -> str:
    """`name`: of the folder; `looked`: which of its matched groups were looked at, by level."""
    groups = [folder.read() for folder in found]
    asked = "".join(f" --level {level}" for level in looked)
    looks = [
        f"forewarn organisms look {name} --level {level}{_first(folders, len(_seeds(groups)))}"
        for level, folders in looked.items()
    ]
    record = f"forewarn organisms record {name}{asked} --out FILE"
    return " && ".join([" ".join(_made(name, groups)), *looks, record])


def _made(name: str, groups: Sequence[Verified]) -> Iterator[str]:
    seeds, made, start = _seeds(groups), sorted({v.mechanism for v in groups}), groups[0].start
    yield f"forewarn organisms make --out {name} --first-seed {seeds[0]} --seeds {seeds[-1] - seeds[0] + 1}"
    shared = next((v for v in groups if v.base), groups[0])
    yield f"--base-looks {len(shared.base)} --looks {len(shared.members[0].snapshots)}"
    if len(made) < len(mechanisms()):
        yield from (f"--mechanism {m}" for m in made)
    if groups[0].evasive:
        yield "--evasive"
    if isinstance(start, Pretrained):
        yield f"--model {Path(start.folder).name}"


def _first(folders: Sequence[GroupFolder], seeds: int) -> str:
    n = len(_seeds([f.read() for f in folders]))
    return "" if n == seeds else f" --seeds {n}"


def _seeds(groups: Sequence[Verified]) -> list[int]:
    return sorted({v.seed for v in groups})
