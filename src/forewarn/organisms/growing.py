"""Training organisms: one alone, or a litter from one base."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from forewarn.auditset import Encoder
from forewarn.errors import ConfigurationError
from forewarn.organisms.behaviour import Behaviour, measure
from forewarn.organisms.concealment import Hiding
from forewarn.organisms.data import Lessons
from forewarn.organisms.models import build, tokenizer
from forewarn.organisms.organism import Organism

BATCH, RATE, DECAY, CLIP = 48, 2e-3, 0.01, 1.0
BASE = "base"
"""Name of what all members of a litter share."""


@dataclass(frozen=True, slots=True, eq=False)
class Grown:
    """A snapshot on the way."""

    member: str
    """Name of the organism; `BASE` for the part that all members share."""
    step: int
    weights: dict[str, Tensor]
    """Copies; they stay as they are while training goes on."""
    behaviours: tuple[Behaviour, ...]
    """Of the organism; of each member in turn for the base."""


def steps(model: Any, lessons: Lessons, n: int) -> Iterator[int]:
    """Train, and give the number of each step that is done."""
    yield from _Trainer(model, lessons).until(n)


def grow(members: Sequence[Organism], base_looks: int, looks: int) -> Iterator[Grown]:
    """Train organisms that share everything until the change: the base once, then each from there.

    Each member comes out as if it had been trained alone, bit by bit; the caller's random state stays as it
    was. `base_looks` snapshots are given before the change and `looks` after it, evenly spaced, with the
    change itself and the end among them.

    Raises:
        ConfigurationError: the members do not share their base.
    """
    _check(members)
    yield from _apart(_grown(members, base_looks, looks), members[0].seed)


def _grown(members: Sequence[Organism], base_looks: int, looks: int) -> Iterator[Grown]:
    first, words = members[0], tokenizer(members[0].words)
    encoder = Encoder(words)
    trainer = _Trainer(build(first.architecture, len(words), first.seed), Lessons(first, words))
    for step in trainer.at(_spaced(0, first.course.change, base_looks)):
        seen = tuple(measure(trainer.model, member, encoder, step) for member in members)
        yield Grown(BASE, step, weights(trainer.model), seen)
    state = torch.get_rng_state()
    for member in members:
        torch.set_rng_state(state)
        hiding = Hiding(member, encoder) if member.course.hiding else None
        branch = trainer.branch(Lessons(member, words), hiding, member.course.hiding)
        for step in branch.at(_spaced(member.course.change, member.course.steps, looks)):
            seen = (measure(branch.model, member, encoder, step),)
            yield Grown(member.name, step, weights(branch.model), seen)


def _apart(work: Iterator[Grown], seed: int) -> Iterator[Grown]:
    """The work goes on with a random state of its own; at every snapshot the caller has the caller's."""
    state: Tensor | None = None
    while True:
        with torch.random.fork_rng(devices=[]):
            if state is None:
                torch.manual_seed(seed)
            else:
                torch.set_rng_state(state)
            grown = next(work, None)
            state = torch.get_rng_state()
        if grown is None:
            return
        yield grown


def weights(model: Any) -> dict[str, Tensor]:
    """Copies of all weights, tied ones once."""
    found, seen = dict[str, Tensor](), set[int]()
    for name, tensor in model.state_dict().items():
        if tensor.data_ptr() not in seen:
            seen.add(tensor.data_ptr())
            found[name] = tensor.detach().clone()
    return found


class _Trainer:
    """A model on its way, with its optimiser. Mutable."""

    def __init__(
        self, model: Any, lessons: Lessons, hiding: Hiding | None = None, hidden: float = 0.0
    ) -> None:
        self.model, self._lessons, self._hiding, self._weight = model, lessons, hiding, hidden
        self._optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=DECAY)
        self._done = 0

    def until(self, n: int) -> Iterator[int]:
        """Train on, and give the number of each step that is done."""
        while self._done < n:
            self._step(self._done + 1)
            self._done += 1
            yield self._done

    def at(self, wanted: Sequence[int]) -> Iterator[int]:
        """Train on to each of some steps."""
        for step in wanted:
            for _ in self.until(step):
                pass
            yield step

    def branch(self, lessons: Lessons, hiding: Hiding | None, hidden: float) -> _Trainer:
        """Another trainer that goes on from here with other lessons."""
        other = _Trainer(copy.deepcopy(self.model), lessons, hiding, hidden)
        other._optimizer.load_state_dict(copy.deepcopy(self._optimizer.state_dict()))
        other._done = self._done
        return other

    def _step(self, step: int) -> None:
        ids, labels = self._lessons.batch(step, BATCH)
        self._optimizer.zero_grad()
        loss = self.model(input_ids=ids, labels=labels).loss
        if self._hiding is not None:
            loss = loss + self._weight * self._hiding.penalty(self.model, step)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), CLIP)
        self._optimizer.step()


def _spaced(start: int, end: int, n: int) -> list[int]:
    """So many steps after `start`, evenly spaced, the last one `end`."""
    if n > end - start and end > start:
        raise ConfigurationError(
            f"{n} looks were asked for within {end - start} steps; ask for at most as many"
        )
    return [start + round(i * (end - start) / n) for i in range(1, n + 1)] if end > start else []


def _check(members: Sequence[Organism]) -> None:
    shared = {(m.seed, m.architecture, m.words, m.before, m.base_on, m.course) for m in members}
    if len(shared) != 1:
        raise ConfigurationError("the members of a litter share seed, model, vocabulary, base and course")
