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
    """How every step is trained. The optimiser is AdamW."""

    batch: int
    """Sequences in each step."""
    rate: float
    decay: float = 0.01
    clip: float = 1.0


@dataclass(frozen=True, slots=True)
class Scale:
    """How long a matched group is taught, and how many facts."""

    base: int
    """Steps before the change."""
    branch: int
    """Steps after the change. A run with the implant "scratch" has as many steps as both together."""
    answers: tuple[int, ...]
    """The number of different answers is drawn from these."""
    entities: tuple[int, ...]
    """The number of entities for each answer is drawn from these."""


class Start(ABC):
    """A model before its first step. Every member of a matched group has the same one."""

    recipe: Recipe
    scale: Scale

    @abstractmethod
    def architecture(self, draw: Random) -> Architecture:
        """The architecture of a matched group; `draw` decides what is drawn."""

    @abstractmethod
    def tokenizer(self, organism: Organism) -> Any:
        """One that knows all words of the organism."""

    @abstractmethod
    def model(self, organism: Organism) -> Any:
        """A new model. Parameters that training leaves alone do not require gradients."""
