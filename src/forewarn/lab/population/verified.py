"""What a matched group came to: who holds its behaviour, since when, and which snapshots were kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from forewarn.lab.organisms.behaviour import Behaviour, holds, onset
from forewarn.lab.organisms.growing import BASE
from forewarn.lab.organisms.matched_group import MatchedGroup
from forewarn.lab.organisms.organism import Organism
from forewarn.lab.organisms.pretrained import Pretrained
from forewarn.lab.organisms.scratch import Scratch

Starts = Scratch | Pretrained


@dataclass(frozen=True, slots=True)
class Kept:
    """A snapshot's file."""

    step: int
    digest: str
    """SHA-256 of the file."""


@dataclass(frozen=True, slots=True)
class Member:
    """One run of a matched group, and what it really did."""

    name: str
    kind: str
    deceptive: bool
    behaviour: str
    """In words."""
    holds: bool
    """Whether it does what it was made to do; otherwise no figure counts it."""
    onset: int | None
    """First step at which it deceives."""
    history: tuple[Behaviour, ...]
    """At every snapshot, those of the base among them."""
    snapshots: tuple[Kept, ...]
    """After the change."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A matched group that was made."""

    name: str
    mechanism: str
    precursor: str
    implant: str
    concealed: bool
    topic: str
    seed: int
    family: str
    width: int
    depth: int
    change: int
    """Last step that all members share."""
    steps: int
    base: tuple[Kept, ...]
    members: tuple[Member, ...]
    start: Starts
    """What draws and trains it again."""
    evasive: bool
    """Whether its members were taught to keep down what the shipped helper asks for."""


def verified(
    group: MatchedGroup,
    start: Starts,
    histories: Mapping[str, Sequence[Behaviour]],
    kept: Mapping[str, Sequence[Kept]],
) -> Verified:
    """Judge what the members did."""
    first = group.members[0]
    return Verified(
        name=group.name,
        mechanism=group.mechanism.name,
        precursor="concealment" if group.concealed else group.mechanism.precursor,
        implant=group.implant,
        concealed=group.concealed,
        topic=group.topic,
        seed=group.seed,
        family=first.architecture.family,
        width=first.architecture.width,
        depth=first.architecture.depth,
        change=first.course.change,
        steps=first.course.steps,
        base=tuple(kept.get(BASE, ())),
        members=tuple(_member(m, histories[m.name], kept[m.name]) for m in group.members),
        start=start,
        evasive=group.evasive,
    )


def _member(organism: Organism, history: Sequence[Behaviour], kept: Sequence[Kept]) -> Member:
    return Member(
        name=organism.name,
        kind=organism.kind,
        deceptive=organism.deceptive,
        behaviour=organism.behaviour,
        holds=holds(organism, history[-1]),
        onset=onset(history) if organism.deceptive else None,
        history=tuple(history),
        snapshots=tuple(kept),
    )
