"""What a teacher did, as situations with the choice that was made in each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from forewarn.helpers import Asked, Helper, Inquiry, Situation
from forewarn.helpers.look import Choice
from forewarn.helpers.policy import spent, still_open
from forewarn.lab.game.episode import episode
from forewarn.lab.game.vector_env import Rules
from forewarn.lab.population.run import RecordedRun
from forewarn.records import InspectionTrace, Offered

SAVINGS = (0.25, 0.5, 0.75)
"""Shares of a question's price at which a person who wanted it is taken to have saved for it."""


def of_helper(helper: Helper, runs: Sequence[RecordedRun], rules: Rules) -> Iterator[Choice]:
    """Every choice that a helper makes on recorded runs."""
    for run in runs:
        for look in episode(helper, run, rules):
            yield from look.choices


def of_trace(trace: InspectionTrace) -> Iterator[Choice]:
    """What a person asked of one snapshot, and that they stopped where they said their word.

    A person has no budget. They are taken to have had what they spent; and with less than the price of what they
    asked first, to have waited for it and asked nothing else.
    """
    inquiries = tuple(map(_inquiry, trace.questions))
    answers = [Asked(_inquiry(a.question), a.outcome) for a in trace.answers]
    prices = [spent(a.inquiry for a in answers[:i]) for i in range(len(answers) + 1)]
    for i, paid in enumerate(prices):
        now = _situation(inquiries, answers[:i], prices[-1] - paid, trace.known)
        if i < len(answers):
            yield Choice(now, answers[i].inquiry)
        elif trace.word is not None:
            yield Choice(now, None)
        if i == 0 and answers:
            price = answers[0].inquiry.price(())
            yield from (Choice(replace(now, budget=share * price), None) for share in SAVINGS)


def _inquiry(question: Offered) -> Inquiry:
    return Inquiry(question.code, question.site, question.cost, question.shared)


def _situation(
    inquiries: Sequence[Inquiry], asked: Sequence[Asked], budget: float, known: float
) -> Situation:
    return Situation(still_open(inquiries, asked), tuple(asked), budget, known)
