"""What a subject wrote of some facts, and what that is compared with: still as token ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from forewarn.auditset import Answer, Condition, Fact
from forewarn.instruments.probe_inputs import ProbeInputs, Question, Written


@dataclass(frozen=True, slots=True)
class Replies:
    """What a subject wrote, fact by fact."""

    facts: tuple[Fact, ...]
    conditions: tuple[Condition, ...]
    """What stood before each fact's question."""
    written: tuple[Written, ...]
    """One for each fact."""
    inside: str = ""
    """What was changed inside the model meanwhile, in words; empty for nothing."""

    @staticmethod
    def asked(inputs: ProbeInputs, questions: Sequence[Question]) -> Replies:
        """Ask a subject that is left as it is; what was asked before costs nothing."""
        facts, conditions = tuple(f for f, _ in questions), tuple(c for _, c in questions)
        return Replies(facts, conditions, inputs.replies(questions))

    @staticmethod
    def gathered(
        facts: Sequence[Fact], condition: Condition, by_key: Mapping[str, Written], inside: str
    ) -> Replies:
        """Put together what was written group by group, while something inside the model was changed."""
        written = tuple(by_key[fact.key] for fact in facts)
        return Replies(tuple(facts), (condition,) * len(facts), written, inside)

    def are(self, answer: Answer) -> tuple[bool, ...]:
        """Which replies say this."""
        return tuple(found is answer for _, found in self.written)


@dataclass(frozen=True, slots=True)
class Exhibit:
    """The replies that a measurement rests on, of the same facts in the same order."""

    under: Replies
    """Under the condition that is claimed."""
    control: Replies
    """Under the matched null."""
    untouched: Replies | None = None
    """Under the condition with nothing changed inside; None where the measurement changes nothing inside."""
