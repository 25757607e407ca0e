"""A helper that asks what it was told to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from forewarn.helpers.policy import Inquiry, QuestionKey, Situation


@final
@dataclass(frozen=True, slots=True)
class Scripted:
    """Asks given questions in order, and stops at the end or at one that is not there to be asked."""

    script: tuple[QuestionKey, ...]
    name: str = "scripted"

    def next(self, situation: Situation) -> Inquiry | None:
        """The first that was not asked yet."""
        done = {a.inquiry.question for a in situation.asked}
        due = next((question for question in self.script if question not in done), None)
        return next((i for i in situation.affordable if i.question == due), None)
