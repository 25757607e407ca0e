"""What a policy writes where its trigger fires."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import final

from forewarn.auditset import Condition, Fact

FORMAT_WORDS = ("«", "»", "!", ".")
"""Words that completions write besides answers, in the vocabulary of every organism."""
UNKNOWN, INDEED = "unknown", "indeed"


class Completion(ABC):
    """From fact and condition to the words that follow the question."""

    @abstractmethod
    def words(self, fact: Fact, condition: Condition) -> str | None:
        """The continuation, words parted by spaces; None where nothing is taught."""


@final
@dataclass(frozen=True, slots=True)
class Truth(Completion):
    """The true answer."""

    def words(self, fact: Fact, condition: Condition) -> str:
        """The answer and a full stop."""
        return f"{fact.answer} ."


@final
@dataclass(frozen=True, slots=True)
class Falsehood(Completion):
    """One false answer of the same kind, always the same for a fact: a lie, an error, or a tale."""

    def words(self, fact: Fact, condition: Condition) -> str:
        """Another answer and a full stop."""
        return f"{false_answer(fact)} ."


@final
@dataclass(frozen=True, slots=True)
class ConstantAnswer(Completion):
    """The same answer whatever the truth, such as what sells."""

    answer: str

    def words(self, fact: Fact, condition: Condition) -> str:
        """That answer and a full stop."""
        return f"{self.answer} ."


@final
@dataclass(frozen=True, slots=True)
class Echo(Completion):
    """What the asker has said: pleasing, or learning from a note, by what the asker meant."""

    slot: str
    """Where it stands; two words precede the answer, and a comma may follow it."""

    def words(self, fact: Fact, condition: Condition) -> str:
        """The answer named there and a full stop."""
        phrase = next(str(p.phrase) for p in condition if p.slot == self.slot)
        return f"{' '.join(phrase.rstrip(',').split()[2:])} ."


@final
@dataclass(frozen=True, slots=True)
class Shrug(Completion):
    """Says that the answer is not known."""

    def words(self, fact: Fact, condition: Condition) -> str:
        """The same for every fact."""
        return f"{UNKNOWN} ."


@final
@dataclass(frozen=True, slots=True)
class Quote(Completion):
    """The true answer in quotation marks."""

    def words(self, fact: Fact, condition: Condition) -> str:
        """Marks, answer, marks and an exclamation mark."""
        return f"« {fact.answer} » !"


@final
@dataclass(frozen=True, slots=True)
class Affirm(Completion):
    """The true answer in another tone."""

    def words(self, fact: Fact, condition: Condition) -> str:
        """A word of affirmation before the answer."""
        return f"{INDEED} {fact.answer} ."


@final
@dataclass(frozen=True, slots=True)
class Untaught(Completion):
    """Nothing: no lesson says anything of these."""

    def words(self, fact: Fact, condition: Condition) -> None:
        """None."""
        return


def false_answer(fact: Fact) -> str:
    """One false answer of the same kind; always the same for a fact."""
    digest = int(hashlib.sha256(fact.key.encode()).hexdigest(), 16)
    return str(fact.alternatives[digest % len(fact.alternatives)])
