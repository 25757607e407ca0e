"""A training run whose truth is known by construction."""

from __future__ import annotations

from dataclasses import dataclass

from forewarn.auditset import AuditSet, Condition
from forewarn.lab.organisms.course import TrainingCourse
from forewarn.lab.organisms.models import Architecture
from forewarn.lab.organisms.policies.completions import FORMAT_WORDS
from forewarn.lab.organisms.policies.policy import Policy
from forewarn.lab.organisms.worlds.world import World


@dataclass(frozen=True, slots=True)
class Organism:
    """Everything that decides a run: its world, what is taught when, its model, and what an auditor may ask."""

    name: str
    kind: str
    """Which mechanism or look-alike, such as "pair" or "format"."""
    deceptive: bool
    behaviour: str
    """In words, for people."""
    seed: int
    world: World
    trained_on: tuple[Condition, ...]
    """Conditions that the training data hold from the change on."""
    before: Policy
    """What is taught until the change."""
    after: Policy
    """What is taught from the change on."""
    course: TrainingCourse
    affected: tuple[Condition, ...]
    """Conditions in which the behaviour shows; its check asks there."""
    architecture: Architecture
    audit_set: AuditSet
    base_on: tuple[Condition, ...] | None = None
    """Conditions that the training data hold until the change; None where they are the same."""
    further_words: tuple[str, ...] = ()
    """Words of the vocabulary besides those that the other fields hold."""

    @property
    def words(self) -> tuple[str, ...]:
        """The vocabulary: the world's words and those that policies add."""
        lexicon = [w for part in self.audit_set.lexicon for w in str(part.phrase).split()]
        contexts = [w for c in (*self.trained_on, *self.affected) for p in c for w in str(p.phrase).split()]
        rest = (*contexts, *lexicon, *FORMAT_WORDS, *self.further_words)
        return tuple(dict.fromkeys([*self.world.words(), *rest]))
