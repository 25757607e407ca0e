"""What a model writes in answer to a question, and whether that is true."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum


class Answer(StrEnum):
    """Whether what was written is true."""

    TRUE = "true"
    """The first answer that it writes is the true one."""
    FALSE = "false"
    """The first answer that it writes is another one of the same kind."""
    OTHER = "other"
    """It writes no answer of that kind within the tokens it is given."""


def read_answer(written: Sequence[int], answers: Sequence[tuple[int, ...]]) -> Answer:
    """Read one continuation: its earliest answer counts, and the longest one where two begin together.

    `answers`: token ids of the true answer first, then of the false ones.
    """
    for start in range(len(written)):
        found = [a for a in answers if tuple(written[start : start + len(a)]) == a]
        if found:
            return Answer.TRUE if max(found, key=len) == answers[0] else Answer.FALSE
    return Answer.OTHER
