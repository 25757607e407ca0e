"""What a trace leaves to be asked, and the trace with one more answer. Nothing here needs torch."""

from __future__ import annotations

from dataclasses import replace

from forewarn.errors import ConfigurationError
from forewarn.inspect.codes import no_such_question
from forewarn.records import Answered, Evidence, Failed, InspectionTrace, Offered, Outcome, Site


def open_questions(trace: InspectionTrace) -> tuple[Offered, ...]:
    """What can be asked and was not asked yet. A follow-up can be asked once its claim was confirmed."""
    asked = {answered.question for answered in trace.answers}
    return tuple(q for q in trace.questions if q not in asked and _can_be_asked(trace, q))


def questions_named(trace: InspectionTrace, code: str) -> tuple[Offered, ...]:
    """One question at all its sites, open or not. ConfigurationError where there is none of that code."""
    every = tuple(question for question in trace.questions if question.code == code)
    if not every:
        raise ConfigurationError(no_such_question(code, [question.code for question in trace.questions]))
    return every


def askable(trace: InspectionTrace, code: str) -> tuple[Offered, ...]:
    """One question at the sites where it can be asked, asked already or not.

    Raises:
        ConfigurationError: there is no such question, or it follows a claim that was not made.
    """
    every = questions_named(trace, code)
    there = tuple(question for question in every if _can_be_asked(trace, question))
    if not there:
        raise ConfigurationError(_why_closed(trace, every[0]))
    return there


def choose_question(trace: InspectionTrace, code: str, site: Site | str | None) -> Offered:
    """One of these: at a site, given as such or in words; the first where none is given.

    Raises:
        ConfigurationError: what `askable` raises, or the question is not asked at that site.
    """
    questions = askable(trace, code)
    chosen = next((q for q in questions if site is None or site in (q.site, str(q.site))), None)
    if chosen is None:
        sites = ", ".join(str(question.site) for question in questions)
        raise ConfigurationError(f"{code} is not asked at {site}; it is asked at {sites}")
    return chosen


def find_outcome(trace: InspectionTrace, question: Offered) -> Outcome | None:
    """What came of a question; None where it was not asked, or failed and so said nothing."""
    outcomes = (answered.outcome for answered in trace.answers if answered.question == question)
    return next((outcome for outcome in outcomes if not isinstance(outcome, Failed)), None)


def with_answer(trace: InspectionTrace, outcome: Outcome) -> InspectionTrace:
    """The trace with what came of one question, in place of what came of it before."""
    place = outcome.code, outcome.site
    question = next(q for q in trace.questions if (q.code, q.site) == place)
    others = tuple(each for each in trace.answers if each.question != question)
    return replace(trace, answers=(*others, Answered(question, outcome)))


def with_questions(trace: InspectionTrace, questions: tuple[Offered, ...]) -> InspectionTrace:
    """The trace with the questions that it lacks: a probe may have been installed since."""
    there = {(question.code, question.site) for question in trace.questions}
    new = tuple(question for question in questions if (question.code, question.site) not in there)
    return replace(trace, questions=(*trace.questions, *new))


def _why_closed(trace: InspectionTrace, question: Offered) -> str:
    first = question.after
    answered = [find_outcome(trace, each) is not None for each in questions_named(trace, first)]
    if all(answered):
        return f"{first} was asked and claimed nothing here, so that {question.code} has nothing to follow"
    where = f"was asked at {sum(answered)} of {len(answered)} sites" if any(answered) else "was not asked yet"
    return f"{question.code} follows a claim of {first}, and {first} {where}; ask {first} first"


def _can_be_asked(trace: InspectionTrace, question: Offered) -> bool:
    outcomes = (answered.outcome for answered in trace.answers)
    return not question.after or any(
        isinstance(o, Evidence) and (o.code, o.site) == (question.after, question.site) for o in outcomes
    )
