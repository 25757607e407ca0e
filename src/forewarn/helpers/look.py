"""One look, whoever answers: a helper asks, a source answers, until the helper stops."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from forewarn.helpers.policy import (
    Allowance,
    Asked,
    Helper,
    History,
    Inquiry,
    Situation,
    spent,
    still_open,
    unopened,
)
from forewarn.records import Outcome

NEW = History()


class AnswerSource(Protocol):
    """Where the answers of one look come from.

    They come from a model (`audit.look.LiveAnswers`) or from what was recorded of one (`lab.game.episode`).
    """

    @property
    def inquiries(self) -> tuple[Inquiry, ...]:
        """Every question with its price, open or not; follow-ups come after what they follow."""
        ...

    @property
    def known(self) -> float:
        """Share of the audit set's facts that the model knows."""
        ...

    def answer(self, inquiry: Inquiry, asked: tuple[Asked, ...]) -> Outcome:
        """What comes of a question that is open, after what was asked at the same look."""
        ...


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice of a helper."""

    situation: Situation
    """What it saw."""
    inquiry: Inquiry | None
    """What it asked; None where it stopped."""


@dataclass(frozen=True, slots=True)
class Look:
    """All that a helper did at one look."""

    choices: tuple[Choice, ...]
    """In order; the last one is to stop."""
    unopened: tuple[Asked, ...]
    """Follow-ups of what was asked and claimed nothing, which do not apply."""
    history: History
    """What the next look of the run knows of this one and of those before it."""

    @property
    def asked(self) -> tuple[Asked, ...]:
        """What was asked with what came of it, in order."""
        return self.choices[-1].situation.asked

    @property
    def answers(self) -> tuple[Asked, ...]:
        """The same, then the follow-ups that do not apply."""
        return (*self.asked, *self.unopened)

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """Of all these, for a judge and for the ledger."""
        return tuple(a.outcome for a in self.answers)


def look(helper: Helper, source: AnswerSource, allowance: Allowance, history: History = NEW) -> Look:
    """One look that comes after those of `history`. A look is over when its helper stops."""
    available = allowance.available(history.carried)
    choices = tuple(_choices(helper, source, available, history))
    asked = choices[-1].situation.asked
    after = history.after([a.outcome for a in asked], available - spent(a.inquiry for a in asked))
    return Look(choices, unopened(source.inquiries, asked), after)


def _choices(helper: Helper, source: AnswerSource, available: float, history: History) -> Iterator[Choice]:
    every = source.inquiries
    now = Situation(still_open(every, ()), (), available, source.known, history)
    while (chosen := helper.next(now)) is not None:
        yield Choice(now, chosen)
        left = now.budget - chosen.price(now.asked)
        asked = (*now.asked, Asked(chosen, source.answer(chosen, now.asked)))
        now = replace(now, open=still_open(every, asked), asked=asked, budget=left)
    yield Choice(now, None)
