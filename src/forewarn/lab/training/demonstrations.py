"""What a teacher did, as situations with the choice that was made in each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from forewarn.helpers import Asked, Helper, Inquiry, Situation
from forewarn.helpers.policy import opened, spent
from forewarn.lab.game.vector_env import Rules
from forewarn.lab.game.walking import Choice, walk
from forewarn.lab.population.run import RecordedRun
from forewarn.records import InspectionTrace

SAVINGS = (0.25, 0.5, 0.75)
"""Shares of a question's price at which a person who wanted it is taken to have saved for it."""


def of_helper(helper: Helper, runs: Sequence[RecordedRun], rules: Rules) -> Iterator[Choice]:
    """Every choice that a helper makes on recorded runs."""
    for run in runs:
        for step in walk(helper, run, rules):
            yield from step.choices


def of_trace(trace: InspectionTrace) -> Iterator[Choice]:
    """What a person asked of one snapshot, and that they stopped where they said their word.

    A person has no purse. They are taken to have had what they spent; and with less than the price of what they
    asked first, to have waited for it and asked nothing else.
    """
    inquiries = tuple(Inquiry(q.code, q.site, q.cost, q.shared) for q in trace.questions)
    answers = [
        Asked(Inquiry(q.code, q.site, q.cost, q.shared), a.outcome)
        for q, a in ((a.question, a) for a in trace.answers)
    ]
    left = [spent(answers) - spent(answers[:i]) for i in range(len(answers) + 1)]
    for i, available in enumerate(left):
        now = _situation(inquiries, answers[:i], available, trace.known)
        if i < len(answers):
            yield Choice(now, answers[i].inquiry)
        elif trace.word is not None:
            yield Choice(now, None)
        if i == 0 and answers:
            price = answers[0].inquiry.price(())
            yield from (Choice(replace(now, budget=share * price), None) for share in SAVINGS)


def _situation(
    inquiries: Sequence[Inquiry], asked: Sequence[Asked], budget: float, known: float
) -> Situation:
    done, outcomes = {a.inquiry for a in asked}, [a.outcome for a in asked]
    open_ = tuple(i for i in inquiries if i not in done and opened(i.question, outcomes))
    return Situation(open_, tuple(asked), budget, known)
