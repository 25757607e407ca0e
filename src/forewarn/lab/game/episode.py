"""A helper's way through a recorded run: an episode, look by look, as it would have gone live."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import final

from forewarn.helpers import Asked, Helper, Inquiry
from forewarn.helpers.look import NEW, Look, look
from forewarn.helpers.policy import Question
from forewarn.lab.game.vector_env import Rules
from forewarn.lab.population.recorded_look import RecordedLook
from forewarn.lab.population.run import RecordedRun
from forewarn.records import Failed, Outcome

NOT_HELD = "the table does not hold an answer"


def episode(helper: Helper, run: RecordedRun, rules: Rules) -> Iterator[Look]:
    """Each look of a run in order, by the loop of live looks (`helpers.look`), with the answers of the run."""
    history = NEW
    for recorded in run.looks:
        found = look(helper, RecordedAnswers(recorded), rules.allowance, history)
        yield found
        history = found.history


@final
@dataclass(frozen=True)
class RecordedAnswers:
    """What a recorded look answers (`helpers.look.AnswerSource`)."""

    look: RecordedLook

    @cached_property
    def inquiries(self) -> tuple[Inquiry, ...]:
        """See `AnswerSource`."""
        return tuple(answer.inquiry for answer in self.look.answers)

    @property
    def known(self) -> float:
        """See `AnswerSource`."""
        return self.look.known / self.look.asked

    def answer(self, inquiry: Inquiry, asked: tuple[Asked, ...]) -> Outcome:
        """The outcome that was recorded; Failed for a question that nobody had asked."""
        found = self._outcomes[inquiry.question]
        return Failed(inquiry.code, inquiry.site, NOT_HELD) if found is None else found

    @cached_property
    def _outcomes(self) -> dict[Question, Outcome | None]:
        return {answer.question: answer.outcome for answer in self.look.answers}
