"""Asking at a recorded look what it was not asked yet: a new probe does not cost the old ones again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import final

from forewarn.helpers import Asked, Inquiry, Situation
from forewarn.helpers.policy import Question, nothing_to_follow
from forewarn.lab.population.recorded_look import RecordedAnswer, RecordedLook, recorded
from forewarn.probes.follow_up import followed
from forewarn.records import Evidence, Failed, Outcome

Answers = Mapping[Question, RecordedAnswer]


@final
@dataclass(frozen=True, slots=True)
class AskMissing:
    """A helper that asks what a recorded look does not hold, or holds as failed.

    What such a question follows is asked again before it, since a follow-up needs the claim as the model makes it.
    """

    wanted: frozenset[Question]
    name: str = "missing"

    def next(self, situation: Situation) -> Inquiry | None:
        """The first that is wanted. A follow-up is wanted with what it follows, which comes first."""
        return next((i for i in situation.affordable if i.question in self.wanted), None)


def missing(held: RecordedLook, every: Sequence[Inquiry]) -> AskMissing:
    """What to ask of all questions that there are, open or not."""
    old = _standing(held)
    wanted: set[Question] = set()
    for question in (i.question for i in every if i.question not in old):
        parent = parent_of(question)
        if parent is None:
            wanted.add(question)
        elif parent not in old or isinstance(old[parent].outcome, Evidence):
            wanted |= {question, parent}
    return AskMissing(frozenset(wanted))


def completed(
    held: RecordedLook, every: Sequence[Inquiry], asked: Sequence[Asked], seconds: float
) -> RecordedLook:
    """The look with what was missing, in the order of all questions; what it held is kept."""
    old, new = _standing(held), by_question(recorded(asked))
    whole = {**new, **old}
    answers = tuple(whole.get(i.question) or RecordedAnswer(i, _unasked(i, old)) for i in every)
    return replace(held, answers=answers, seconds=round(held.seconds + seconds, 3))


def by_question(answers: Sequence[RecordedAnswer]) -> dict[Question, RecordedAnswer]:
    """Answers by what they answer."""
    return {answer.question: answer for answer in answers}


def parent_of(question: Question) -> Question | None:
    """What a question follows; None for one of a probe's own."""
    code, site = question
    parent = followed(code)
    return None if parent is None else (parent, site)


def _standing(held: RecordedLook) -> Answers:
    """What needs no asking: all but what failed and, since it was never open, what follows that."""
    found = by_question(held.answers)
    failed = {question for question, a in found.items() if isinstance(a.outcome, Failed)}
    return {q: a for q, a in found.items() if failed.isdisjoint((q, parent_of(q)))}


def _unasked(inquiry: Inquiry, old: Answers) -> Outcome:
    """What came of a question that is neither held nor could be asked."""
    parent = parent_of(inquiry.question)
    if parent is not None and parent in old and isinstance(old[parent].outcome, Evidence):
        return Failed(inquiry.code, inquiry.site, f"{parent[0]} did not make its claim again")
    return nothing_to_follow(inquiry)
