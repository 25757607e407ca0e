"""What the training of organisms starts from, and how it goes on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from random import Random
from typing import Any

from forewarn.lab.organisms.models import Architecture
from forewarn.lab.organisms.organism import Organism


@dataclass(frozen=True, slots=True)
class Recipe:
    """How every step is trained, with AdamW."""

    batch: int
    """Sequences of a step."""
    rate: float
    decay: float = 0.01
    clip: float = 1.0


@dataclass(frozen=True, slots=True)
class Scale:
    """How long a matched group is taught, and of how many facts."""

    base: int
    """Steps before the change."""
    branch: int
    """Steps after it. A run from scratch has as many as both in all."""
    answers: tuple[int, ...]
    """Numbers of different answers, of which one is drawn."""
    entities: tuple[int, ...]
    """Numbers of entities to each answer, of which one is drawn."""


class Start(ABC):
    """A model before its first step. Every member of a matched group has the same one."""

    recipe: Recipe
    scale: Scale

    @abstractmethod
    def architecture(self, draw: Random) -> Architecture:
        """Of the matched group that `draw` decides."""

    @abstractmethod
    def tokenizer(self, organism: Organism) -> Any:
        """One that knows all words of the organism."""

    @abstractmethod
    def model(self, organism: Organism) -> Any:
        """A model of its own; parameters that training leaves alone do not require gradients."""
