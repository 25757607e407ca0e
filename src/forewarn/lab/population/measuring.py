"""The field's baselines at every snapshot of a matched group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from forewarn.errors import StoreError
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.lab.baselines.catalogue import baselines
from forewarn.lab.baselines.contract import Baseline
from forewarn.lab.organisms.growing import BASE
from forewarn.lab.organisms.levels import Level
from forewarn.lab.population.folder import GroupFolder
from forewarn.lab.population.group_looks import chosen
from forewarn.lab.population.making import Task
from forewarn.lab.population.opened_group import OpenedGroup
from forewarn.lab.population.verified import Kept

Figures = dict[str, tuple[tuple[float, ...], ...]]
"""By baseline: figures of each look in order."""


def measure_one(out: Path, task: Task, level: Level) -> None:
    """Measure a matched group that was made and write it down; what is there is not measured again."""
    import torch

    folder, name = GroupFolder(out / task.name), f"baselines-{level}.json"
    if folder.has(name):
        return
    torch.set_num_threads(1)
    folder.write(name, {"runs": measure(folder, level)})


def read_figures(folder: GroupFolder, level: Level) -> dict[str, Figures]:
    """What `measure_one` wrote, by member; nan where a figure could not be had."""
    name = f"baselines-{level}.json"
    runs = folder.plain(name).get("runs")
    if not isinstance(runs, dict):
        raise StoreError(f"{folder.path / name}: wanted runs; measure again")
    return {
        member: {k: tuple(tuple(map(float, row)) for row in rows) for k, rows in figures.items()}
        for member, figures in runs.items()
    }


def measure(folder: GroupFolder, level: Level) -> dict[str, Figures]:
    """Every baseline at every snapshot, relative to the first one at which half of the facts are known."""
    group = folder.read()
    opened, found = OpenedGroup(folder, group, level), baselines()
    reference = _Reference(opened)
    runs = {BASE: _run(opened, reference, found, BASE, chosen(group.base, level))}
    settled = reference.settled
    for member in group.members:
        reference.settled = settled
        runs[member.name] = _run(opened, reference, found, member.name, chosen(member.snapshots, level))
    return runs


class _Reference:
    """The snapshot that a run is compared with: mutable, until one is found."""

    def __init__(self, opened: OpenedGroup) -> None:
        self._opened = opened
        self.settled: ProbeInputs | None = None

    def of(self, now: ProbeInputs, member: str, kept: Kept) -> ProbeInputs:
        """The settled one, or `now` where there is none yet; settles when half of the facts are known."""
        if self.settled is None:
            facts = self._opened.audit_set.facts
            if 2 * len(now.known(facts)) < len(facts):
                return now
            self.settled = self._opened.beside(member, kept)
        return self.settled


def _run(
    opened: OpenedGroup, reference: _Reference, found: Sequence[Baseline], member: str, kept: Sequence[Kept]
) -> Figures:
    rows = list(_rows(opened, reference, found, member, kept))
    return {b.name: tuple(row[i] for row in rows) for i, b in enumerate(found)}


def _rows(
    opened: OpenedGroup, reference: _Reference, found: Sequence[Baseline], member: str, kept: Sequence[Kept]
) -> Iterator[list[tuple[float, ...]]]:
    for snapshot in kept:
        now = opened.inputs(member, snapshot)
        then = reference.of(now, member, snapshot)
        yield [b.measure(now, then, opened.split) for b in found]
