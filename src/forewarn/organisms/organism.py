"""A training run whose truth is known by construction."""

from __future__ import annotations

from dataclasses import dataclass

from forewarn.auditset import AuditSet, Condition
from forewarn.organisms.models import Architecture
from forewarn.organisms.policy import FORMAT_WORDS, Policy
from forewarn.organisms.world import World


@dataclass(frozen=True, slots=True)
class Course:
    """When an organism is taught what, in optimiser steps."""

    steps: int
    change: int
    """Until here all data follow the old policy."""
    ramp: int
    """Over so many steps the share of data that follow the new policy grows to 1."""

    def share_of_after(self, step: int) -> float:
        """Share of the data at a step that follows the new policy."""
        return min(max((step - self.change) / max(self.ramp, 1), 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class Organism:
    """Everything that decides a run: world, what is taught and when, model, and what an auditor may ask."""

    name: str
    kind: str
    """Which mechanism or look-alike, such as "pair" or "format"."""
    deceptive: bool
    behaviour: str
    """In words, for people."""
    seed: int
    world: World
    trained_on: tuple[Condition, ...]
    """Conditions that the training data hold."""
    before: Policy
    """What is taught until the change."""
    after: Policy
    """What is taught from the change on."""
    course: Course
    telling: tuple[Condition, ...]
    """Conditions in which the behaviour shows, for its check."""
    architecture: Architecture
    audit_set: AuditSet

    @property
    def words(self) -> tuple[str, ...]:
        """The vocabulary: the world's words and those that policies add."""
        lexicon = [w for part in self.audit_set.lexicon for w in str(part.phrase).split()]
        contexts = [w for c in (*self.trained_on, *self.telling) for p in c for w in str(p.phrase).split()]
        return tuple(dict.fromkeys([*self.world.words(), *contexts, *lexicon, *FORMAT_WORDS]))
