"""What a model writes in answer to a question, and whether that is true."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import final

Tokens = tuple[int, ...]


class Answer(StrEnum):
    """Whether what was written is true."""

    TRUE = "true"
    """The first answer that it writes is the true one."""
    FALSE = "false"
    """The first answer that it writes is another one of the same kind."""
    OTHER = "other"
    """It writes no answer of that kind within the tokens it is given."""


@dataclass(frozen=True, slots=True)
class FoundAnswer:
    """An answer within a text."""

    start: int
    """Index of its first token."""
    end: int
    """Index after its last token."""
    index: int
    """Which of the answers it is; 0 is the true one."""


@final
@dataclass(frozen=True, slots=True)
class AnswerForms:
    """The token ids by which the answers to one question may be written, the true answer first."""

    spaced: tuple[Tokens, ...]
    """As they stand after a space. They count wherever they stand."""
    bare: tuple[Tokens, ...] = ()
    """As they stand without one. They count only where a text or a line begins: elsewhere they may end a word."""
    breaks: frozenset[int] = frozenset()
    """Tokens after which a line begins, or a quotation."""

    def find(self, written: Sequence[int]) -> FoundAnswer | None:
        """The earliest answer, and the longest one where two begin together; None where there is none."""
        for start in range(len(written)):
            found = list(self._beginning(written, start))
            if found:
                return max(found, key=lambda each: each.end)
        return None

    def read(self, written: Sequence[int]) -> Answer:
        """What a continuation says: its earliest answer counts."""
        found = self.find(written)
        if found is None:
            return Answer.OTHER
        return Answer.FALSE if found.index else Answer.TRUE

    def _beginning(self, written: Sequence[int], start: int) -> Iterator[FoundAnswer]:
        opens = start == 0 or written[start - 1] in self.breaks
        for forms in (self.spaced, self.bare if opens else ()):
            for index, form in enumerate(forms):
                if tuple(written[start : start + len(form)]) == form:
                    yield FoundAnswer(start, start + len(form), index)

    @property
    def longest(self) -> int:
        """Most tokens that an answer takes."""
        return max(len(form) for form in (*self.spaced, *self.bare))


def read_answer(written: Sequence[int], answers: Sequence[Tokens]) -> Answer:
    """What a continuation says, where each answer is written in one way only.

    `answers`: token ids of the true answer first, then of the false ones.
    """
    return AnswerForms(tuple(answers)).read(written)
