"""Training runs of organisms with their snapshots, shared by the parts that measure lenses over them."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor

from forewarn.auditset import Encoder
from forewarn.lab.organisms.catalogue import draw_organism
from forewarn.lab.organisms.data import TrainingBatches
from forewarn.lab.organisms.learning import steps
from forewarn.lab.organisms.models import build, tokenizer
from forewarn.lab.organisms.organism import Organism
from forewarn.lenses.fitting.data import LensData, gather
from forewarn.lenses.settings import FitSettings
from forewarn.subjects.opening import Opener
from forewarn.subjects.subject import Subject

FIRST_SEED = 100
"""The fit was chosen on seeds 1 to 3 of kind `pair`."""
KINDS = ("pair", "format", "tale", "belief", "plain")
Prompts = list[tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Run:
    """One training run: its model, text of three sorts of facts, and its weights at some steps."""

    name: str
    seed: int
    architecture: str
    model: Any
    fitting: Prompts
    held_out: Prompts
    """In turn a prompt for deciding and one for scoring; three sets of facts that share none."""
    snapshots: Mapping[int, Mapping[str, Tensor]]

    def subject(self, step: int) -> Subject:
        """The snapshot of a step, opened in a copy of its own."""
        return Opener(self.model, self.fitting[:4]).open(self.snapshots[step], f"{self.name}@{step}")

    def material(self, step: int, settings: FitSettings) -> tuple[Subject, LensData]:
        """The snapshot, and the states that lenses are fitted, decided and scored on."""
        subject = self.subject(step)
        return subject, gather(subject, self.fitting, self.held_out, settings)


@cache
def run_of(seed: int, n_steps: int, n_snapshots: int) -> Run:
    """An organism trained from scratch; `n_snapshots` evenly spaced steps are kept, and step 0."""
    kind = KINDS[seed % len(KINDS)]
    organism = draw_organism(kind, FIRST_SEED + seed, n_steps)
    words = tokenizer(organism.words)
    model = build(organism.architecture, len(words), organism.seed)
    due = {round(i * n_steps / n_snapshots) for i in range(1, n_snapshots + 1)}
    kept = {0: _copy(model)}
    for step in steps(model, TrainingBatches(organism, words), n_steps):
        if step in due:
            kept[step] = _copy(model)
    fitting, held_out = _texts(organism, Encoder(words))
    a = organism.architecture
    shape = f"{a.family}, width {a.width}, {a.depth} blocks, {len(words)} tokens"
    return Run(organism.name, seed, shape, model.eval(), fitting, held_out, kept)


@contextmanager
def one_thread() -> Iterator[None]:
    """Everything inside runs on one thread, so that processor seconds are seconds."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _copy(model: Any) -> Mapping[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def _texts(organism: Organism, encoder: Encoder) -> tuple[Prompts, Prompts]:
    """Whole texts as in training at its end: half of the facts for fitting, a quarter each for the rest."""
    facts = list(organism.world.facts)
    random.Random(organism.seed).shuffle(facts)
    quarter = len(facts) // 4

    def texts(some: Sequence[Any]) -> Prompts:
        return [
            (*encoder.prompt(f, c).ids, *encoder.piece(organism.after.write(f, c), first=False))
            for f in some
            for c in organism.trained_on
        ]

    deciding, scoring = texts(facts[:quarter]), texts(facts[quarter : 2 * quarter])
    return texts(facts[2 * quarter :]), list(itertools.chain(*zip(deciding, scoring, strict=True)))
