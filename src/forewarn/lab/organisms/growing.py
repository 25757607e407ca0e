"""Training organisms: one alone, or a matched group from one base."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from forewarn.auditset import Encoder
from forewarn.errors import ConfigurationError
from forewarn.lab.organisms import random_state
from forewarn.lab.organisms.behaviour import Behaviour, measure
from forewarn.lab.organisms.concealment import Hiding, Pressure
from forewarn.lab.organisms.data import TrainingBatches
from forewarn.lab.organisms.evasion import Evading
from forewarn.lab.organisms.learning import Learner, weights
from forewarn.lab.organisms.organism import Organism
from forewarn.lab.organisms.scratch import Scratch
from forewarn.lab.organisms.start import Start

SCRATCH, CPU = Scratch(), torch.device("cpu")
BASE = "base"
"""Name of the part of training that all members of a matched group share."""


@dataclass(frozen=True, slots=True, eq=False)
class Grown:
    """A snapshot taken while organisms are trained."""

    member: str
    """Name of the organism; `BASE` for the part that all members share."""
    step: int
    weights: dict[str, Tensor]
    """Copies, which stay as they are while training goes on."""
    behaviours: tuple[Behaviour, ...]
    """The organism's behaviour; for the base that of each member in turn."""


def grow(
    members: Sequence[Organism],
    base_looks: int,
    looks: int,
    start: Start = SCRATCH,
    device: torch.device = CPU,
) -> Iterator[Grown]:
    """Train organisms that share everything until the change: the base once, then each from there.

    Each member comes out bit for bit as if it had been trained alone. The caller's random state stays as it was.
    `base_looks` snapshots are given up to the change and `looks` after it, evenly spaced; the last of each is at
    the change itself and at the end.

    Raises:
        ConfigurationError: the members do not share their base.
    """
    _check(members)
    yield from _apart(_grown(members, base_looks, looks, start, device), members[0].seed, device)


def _grown(
    members: Sequence[Organism], base_looks: int, looks: int, start: Start, device: torch.device
) -> Iterator[Grown]:
    first, words = members[0], start.tokenizer(members[0])
    encoder = Encoder(words)
    learner = Learner(start.model(first).to(device), TrainingBatches(first, words), start.recipe)
    for step in learner.at(_spaced(0, first.course.change, base_looks)):
        seen = tuple(measure(learner.model, member, encoder, step) for member in members)
        yield Grown(BASE, step, weights(learner.model), seen)
    # Every member goes on from the same random state, as it would have done alone.
    state = random_state.current(device)
    for member in members:
        random_state.restore(device, state)
        branch = learner.branch(TrainingBatches(member, words), *_pressure(member, encoder, device))
        for step in branch.at(_spaced(member.course.change, member.course.steps, looks)):
            seen = (measure(branch.model, member, encoder, step),)
            yield Grown(member.name, step, weights(branch.model), seen)


def _pressure(member: Organism, encoder: Encoder, device: torch.device) -> tuple[Pressure | None, float]:
    """The penalty that is added to a member's loss, and its weight."""
    course = member.course
    if course.evasion:
        return Evading(member, encoder, device), course.evasion
    return (Hiding(member, encoder, device), course.hiding) if course.hiding else (None, 0.0)


def _apart(work: Iterator[Grown], seed: int, device: torch.device) -> Iterator[Grown]:
    """Do the work with a random state of its own; at every snapshot the caller finds the caller's state again."""
    state: random_state.State | None = None
    while True:
        with random_state.kept(device):
            if state is None:
                torch.manual_seed(seed)
            else:
                random_state.restore(device, state)
            grown = next(work, None)
            state = random_state.current(device)
        if grown is None:
            return
        yield grown


def _spaced(start: int, end: int, n: int) -> list[int]:
    """`n` steps after `start`, evenly spaced, the last of which is `end`."""
    if n > end - start and end > start:
        raise ConfigurationError(
            f"found {n} looks within {end - start} steps; ask for at most as many looks as there are steps"
        )
    return [start + round(i * (end - start) / n) for i in range(1, n + 1)] if end > start else []


def _check(members: Sequence[Organism]) -> None:
    shared = {(m.seed, m.architecture, m.words, m.before, m.base_on, m.course) for m in members}
    if len(shared) != 1:
        raise ConfigurationError(
            "the members of a matched group must share seed, model, vocabulary, base and course; found members "
            "that differ in one of them"
        )
