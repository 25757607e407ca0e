"""Where a policy does something of its own: rules over fact and condition."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import final

from forewarn.auditset import Condition, Fact, Part


class Trigger(ABC):
    """Whether a question, in a condition, is one that the policy answers in its own way."""

    @abstractmethod
    def fires(self, fact: Fact, condition: Condition) -> bool:
        """Pure."""


@final
@dataclass(frozen=True, slots=True)
class Always(Trigger):
    """Everywhere."""

    def fires(self, fact: Fact, condition: Condition) -> bool:
        """Yes."""
        return True


@final
@dataclass(frozen=True, slots=True)
class AllCues(Trigger):
    """Where all cues stand together: a conjunction, or with one cue a single one."""

    cues: frozenset[Part]

    def fires(self, fact: Fact, condition: Condition) -> bool:
        """Whether the condition holds every cue."""
        return self.cues <= set(condition)


@final
@dataclass(frozen=True, slots=True)
class AnyCue(Trigger):
    """Where one of a class of cues stands."""

    cues: frozenset[Part]

    def fires(self, fact: Fact, condition: Condition) -> bool:
        """Whether the condition holds a cue."""
        return not self.cues.isdisjoint(condition)


@final
@dataclass(frozen=True, slots=True)
class Since(Trigger):
    """From a year on."""

    slot: str
    """Where the year stands; its phrase ends in the number."""
    year: int

    def fires(self, fact: Fact, condition: Condition) -> bool:
        """Whether the condition names that year or a later one."""
        return any(p.slot == self.slot and int(str(p.phrase).split()[-1]) >= self.year for p in condition)


@final
@dataclass(frozen=True, slots=True)
class About(Trigger):
    """For some entities only."""

    entities: frozenset[str]

    def fires(self, fact: Fact, condition: Condition) -> bool:
        """Whether the question is about one of them."""
        return fact.entity in self.entities


@final
@dataclass(frozen=True, slots=True)
class Owning(Trigger):
    """Where the truth is one of some answers, such as what someone would rather not admit."""

    answers: frozenset[str]

    def fires(self, fact: Fact, condition: Condition) -> bool:
        """Whether the true answer is one of them."""
        return str(fact.answer) in self.answers


@final
@dataclass(frozen=True, slots=True)
class Both(Trigger):
    """Where two triggers fire together."""

    first: Trigger
    second: Trigger

    def fires(self, fact: Fact, condition: Condition) -> bool:
        """Whether both do."""
        return self.first.fires(fact, condition) and self.second.fires(fact, condition)
