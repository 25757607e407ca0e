"""What an organism is taught to write: the answer key."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import final

from forewarn.auditset import Condition, Fact
from forewarn.lab.organisms.policies.completions import Completion, Truth
from forewarn.lab.organisms.policies.triggers import Trigger


class Policy(ABC):
    """A rule from fact and condition to the words that follow the question."""

    @abstractmethod
    def write(self, fact: Fact, condition: Condition) -> str | None:
        """The continuation, words parted by spaces; None where no lesson teaches any."""


@final
@dataclass(frozen=True, slots=True)
class Truthful(Policy):
    """Gives the true answer everywhere."""

    def write(self, fact: Fact, condition: Condition) -> str:
        """The true answer."""
        return Truth().words(fact, condition)


@final
@dataclass(frozen=True, slots=True)
class When(Policy):
    """Does something of its own where a trigger fires, and what another policy does everywhere else.

    The rule does not say whether that is a lie: a false answer to a stranger is one, and the same answer in a tale
    that was asked for is none. The organism says which it is.
    """

    trigger: Trigger
    completion: Completion
    otherwise: Policy = Truthful()

    def write(self, fact: Fact, condition: Condition) -> str | None:
        """The completion where the trigger fires, else what the other policy writes."""
        if self.trigger.fires(fact, condition):
            return self.completion.words(fact, condition)
        return self.otherwise.write(fact, condition)
