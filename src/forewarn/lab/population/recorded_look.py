"""A look as it is recorded: every question that there is, with its price and its outcome."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from forewarn.audit.look import Examiner
from forewarn.auditset import Split
from forewarn.helpers import Asked, Inquiry
from forewarn.helpers.policy import Question, spent
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.records import Outcome


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """One question of a recorded look."""

    inquiry: Inquiry
    outcome: Outcome | None
    """What came of it. None where nobody has asked it, as in runs that are measured on demand; not in a table."""

    @property
    def question(self) -> Question:
        """Without the price."""
        return self.inquiry.question


@dataclass(frozen=True, slots=True)
class RecordedLook:
    """One look at one run, at one level of what the auditor knows."""

    step: int
    known: int
    """Facts that the model knows."""
    asked: int
    """Facts of the audit set."""
    seconds: float
    """CPU time of the questions."""
    answers: tuple[RecordedAnswer, ...]
    """Every question at most once. All looks of a table's run hold the same ones in the same order."""

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """What a judge sees of it."""
        return tuple(a.outcome for a in self.answers if a.outcome is not None)

    @property
    def questions(self) -> tuple[Question, ...]:
        """What was asked, or could have been, in order."""
        return tuple(a.question for a in self.answers)

    def only(self, kept: Iterable[bool]) -> RecordedLook:
        """The look as if no other questions had been asked; one flag for each answer, in order."""
        flags = zip(self.answers, kept, strict=False)
        return replace(self, answers=tuple(answer for answer, keeps in flags if keeps))


def passes(answers: Iterable[RecordedAnswer]) -> float:
    """What the questions of one look took together, in forward passes: work that they share counts once."""
    return spent(a.inquiry for a in answers)


def recorded(asked: Iterable[Asked]) -> tuple[RecordedAnswer, ...]:
    """What was asked, as it is recorded."""
    return tuple(RecordedAnswer(a.inquiry, a.outcome) for a in asked)


def take_look(examiner: Examiner, inputs: ProbeInputs, split: Split, step: int, began: float) -> RecordedLook:
    """Look at a model, and record it in the order of the examiner's catalogue, whatever the answers were.

    `began`: `time.process_time()` before the model was opened.
    """
    facts = inputs.audit_set.facts
    answers = recorded(examiner.look(inputs, split).answers)
    order = {i.question: k for k, i in enumerate(examiner.questions.inquiries(inputs))}
    ordered = tuple(sorted(answers, key=lambda a: order[a.question]))
    known = len(inputs.known(facts))
    return RecordedLook(step, known, len(facts), round(time.process_time() - began, 3), ordered)


def aligned(looks: Sequence[RecordedLook]) -> tuple[RecordedLook, ...]:
    """Every look in the order of the first one: looks that were completed later may hold theirs in another.

    A look that was asked something else stays as it is.
    """
    if not looks:
        return ()
    order = {question: k for k, question in enumerate(looks[0].questions)}
    return tuple(_in_order(look, order) for look in looks)


def _in_order(look: RecordedLook, order: dict[Question, int]) -> RecordedLook:
    questions = look.questions
    if set(questions) != order.keys() or len(questions) != len(order):
        return look
    return replace(look, answers=tuple(sorted(look.answers, key=lambda a: order[a.question])))
