"""Training a matched group, and keeping what it was at each snapshot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from forewarn.errors import ConfigurationError
from forewarn.lab.organisms.behaviour import Behaviour
from forewarn.lab.organisms.growing import BASE, grow
from forewarn.lab.organisms.matched_group import draw_group
from forewarn.lab.organisms.mechanisms import mechanisms
from forewarn.lab.organisms.scratch import Scratch
from forewarn.lab.population.folder import GroupFolder
from forewarn.lab.population.verified import Kept, Starts, Verified, verified

SCRATCH = Scratch()
BASE_LOOKS, LOOKS = 5, 15
"""Snapshots before the change, and of each member after it. A run from scratch has as many in all."""


@dataclass(frozen=True, slots=True)
class Task:
    """Names a matched group."""

    mechanism: str
    seed: int

    @property
    def name(self) -> str:
        """Of its folder."""
        return f"{self.mechanism}-{self.seed}"


def tasks(names: Sequence[str], seeds: Sequence[int]) -> list[Task]:
    """Every mechanism with every seed, in an order in which any beginning holds all mechanisms alike."""
    return [Task(name, seed) for seed in seeds for name in names or mechanisms()]


def make_one(  # noqa: PLR0913 - all that decides what a matched group is
    out: Path,
    task: Task,
    base_looks: int = BASE_LOOKS,
    looks: int = LOOKS,
    start: Starts = SCRATCH,
    device: str = "cpu",
    *,
    evasive: bool = False,
) -> Verified:
    """Train, verify and keep one matched group; what is there is not made again. Torch runs on one thread.

    ConfigurationError where one of another start, or not taught alike, is there.
    """
    import torch

    folder = GroupFolder(out / task.name)
    if folder.made:
        return _same(folder, start, evasive)
    torch.set_num_threads(1)
    group = draw_group(task.mechanism, task.seed, start, evasive=evasive)
    if group.implant == "scratch":
        base_looks, looks = 0, base_looks + looks
    histories: dict[str, list[Behaviour]] = {m.name: [] for m in group.members}
    kept: defaultdict[str, list[Kept]] = defaultdict(list)
    for grown in grow(group.members, base_looks, looks, start, torch.device(device)):
        kept[grown.member].append(folder.keep(grown))
        names = list(histories) if grown.member == BASE else [grown.member]
        for name, behaviour in zip(names, grown.behaviours, strict=True):
            histories[name].append(behaviour)
    found = verified(group, start, histories, kept)
    folder.finish(found)
    return found


def _same(folder: GroupFolder, start: Starts, evasive: bool) -> Verified:
    found = folder.read()
    if found.start != start:
        raise ConfigurationError(
            f"{folder.path} holds a matched group of another start ({found.start}); wanted {start}. Name "
            "another folder."
        )
    if found.evasive != evasive:
        raise ConfigurationError(
            f"{folder.path} holds a matched group with evasive={found.evasive}; wanted {evasive}. Name "
            "another folder."
        )
    return found
