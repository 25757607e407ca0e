"""Whether a matched group on disk is what was written down of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from forewarn.auditset import Encoder
from forewarn.errors import IntegrityError, StoreError
from forewarn.lab.organisms.behaviour import Behaviour, holds, measure, onset
from forewarn.lab.organisms.growing import BASE
from forewarn.lab.organisms.matched_group import MatchedGroup, draw_group
from forewarn.lab.organisms.organism import Organism
from forewarn.lab.organisms.start import Start
from forewarn.lab.population.folder import GroupFolder
from forewarn.lab.population.making import Task
from forewarn.lab.population.verified import Kept, Member

TOLERANCE = 0.05
"""Difference of a share that another machine's arithmetic may make."""


def check_one(out: Path, task: Task) -> tuple[str, ...]:
    """Every problem in a plain sentence: files that changed, and behaviour that is not what was written down."""
    import torch

    torch.set_num_threads(1)
    folder = GroupFolder(out / task.name)
    group = folder.read()
    drawn = draw_group(group.mechanism, group.seed, group.start)
    problems = list(_files(folder, [(BASE, k) for k in group.base]))
    for index, member in enumerate(group.members):
        broken = list(_files(folder, [(member.name, k) for k in member.snapshots]))
        problems += broken or list(_behaviour(folder, group.start, drawn, member, index))
        problems += _judgement(drawn.members[index], member)
    return tuple(problems)


def _files(folder: GroupFolder, kept: Sequence[tuple[str, Kept]]) -> Iterator[str]:
    for member, snapshot in kept:
        try:
            folder.weights(member, snapshot)
        except (IntegrityError, StoreError) as error:
            yield str(error)


def _behaviour(
    folder: GroupFolder, start: Start, drawn: MatchedGroup, member: Member, index: int
) -> Iterator[str]:
    """The last snapshot, asked again."""
    organism, last = drawn.members[index], member.snapshots[-1]
    model, encoder = start.model(organism), Encoder(start.tokenizer(organism))
    model.load_state_dict(folder.weights(member.name, last), strict=False)
    found, written = measure(model, organism, encoder, last.step), member.history[-1]
    if not _alike(found, written):
        yield f"{member.name} does {found} at its end, and {written} was written down"


def _judgement(organism: Organism, member: Member) -> Iterator[str]:
    """What follows from the history, derived again."""
    begun = onset(member.history) if organism.deceptive else None
    found = (organism.deceptive, holds(organism, member.history[-1]), begun)
    written = (member.deceptive, member.holds, member.onset)
    if found != written:
        told = "deceptive {}, holds {}, onset {}"
        yield f"{member.name}: its history says {told.format(*found)}; written is {told.format(*written)}"


def _alike(one: Behaviour, other: Behaviour) -> bool:
    pairs = ((getattr(one, name), getattr(other, name)) for name in Behaviour.__slots__)
    return all(abs(a - b) <= TOLERANCE for a, b in pairs if not math.isnan(a) and not math.isnan(b))
