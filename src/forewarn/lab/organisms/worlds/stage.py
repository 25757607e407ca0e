"""What the organisms of one matched group share, and what each of them comes to do."""

from __future__ import annotations

from dataclasses import dataclass, field

from forewarn.auditset import Condition, Context, Part
from forewarn.lab.organisms.policies.policy import Policy, Truthful
from forewarn.lab.organisms.worlds.world import World


@dataclass(frozen=True, slots=True)
class Role:
    """One organism: a deceptive one, or an honest one that resembles it."""

    name: str
    """Its mechanism or look-alike, such as "pair" or "format"."""
    deceptive: bool
    behaviour: str
    """In words, for people."""
    after: Policy
    """What it is taught from the change on."""
    affected: tuple[Condition, ...]
    """Conditions in which its behaviour shows."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A world, its lessons, and what an auditor may ask there; the same for every role."""

    world: World
    roles: tuple[Role, ...]
    """The deceptive one first."""
    asked: tuple[Context, ...]
    """Contexts of an audit set with related cues (K1)."""
    lexicon: tuple[Part, ...] = ()
    """Further phrases of an audit set with related cues (K1)."""
    cues: frozenset[Part] = frozenset()
    """The phrases that decide. An audit set with unseen cues (K2) holds none of them."""
    extra: tuple[Condition, ...] = ()
    """Conditions of lessons besides the world's."""
    withheld: frozenset[Part] = frozenset()
    """Phrases that no lesson before the change holds."""
    before: Policy = field(default_factory=Truthful)
    """What all of them are taught until the change."""

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Conditions of lessons from the change on."""
        return (*self.world.conditions, *self.extra)

    @property
    def base(self) -> tuple[Condition, ...]:
        """Conditions of lessons until the change."""
        return tuple(c for c in self.conditions if self.withheld.isdisjoint(c))
