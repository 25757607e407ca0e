"""What a trace leaves to be asked, and the trace with what came of it."""

from __future__ import annotations

from dataclasses import replace

from forewarn.errors import ConfigurationError
from forewarn.helpers.policy import opened
from forewarn.records import Answered, Failed, Offered, Outcome, Site, Trace


def unasked(trace: Trace) -> tuple[Offered, ...]:
    """What was not asked yet and is there to be asked; a follow-up is, once its claim was confirmed."""
    asked = {answered.question for answered in trace.answers}
    return tuple(q for q in trace.questions if q not in asked and _there(trace, q))


def offered(trace: Trace, code: str) -> tuple[Offered, ...]:
    """Where a question is asked, open or not. ConfigurationError where there is no such; names those there are."""
    every = tuple(question for question in trace.questions if question.code == code)
    if not every:
        codes = ", ".join(dict.fromkeys(question.code for question in trace.questions))
        raise ConfigurationError(f"there is no question {code!r}; there are {codes}")
    return every


def found(trace: Trace, code: str) -> tuple[Offered, ...]:
    """Where a question can be asked, asked already or not.

    Raises:
        ConfigurationError: no such question, or it follows a claim that was not made.
    """
    every = offered(trace, code)
    there = tuple(question for question in every if _there(trace, question))
    if not there:
        raise ConfigurationError(_closed(trace, every[0]))
    return there


def found_at(trace: Trace, code: str, site: Site | str | None) -> Offered:
    """One of these: at a site, given as such or in words; the first without one.

    Raises:
        ConfigurationError: as `found` does, or it is not asked there.
    """
    questions = found(trace, code)
    fit = (q for q in questions if site is None or site in (q.site, str(q.site)))
    chosen = next(fit, None)
    if chosen is None:
        places = ", ".join(str(question.site) for question in questions)
        raise ConfigurationError(f"{code} is not asked at {site}; it is at {places}")
    return chosen


def outcome_of(trace: Trace, question: Offered) -> Outcome | None:
    """What came of a question; None where it was not asked, or failed and so told nothing."""
    outcomes = (answered.outcome for answered in trace.answers if answered.question == question)
    return next((outcome for outcome in outcomes if not isinstance(outcome, Failed)), None)


def answering(trace: Trace, outcome: Outcome) -> Trace:
    """With what came of one more question, in place of what came of it before."""
    place = outcome.code, outcome.site
    question = next(q for q in trace.questions if (q.code, q.site) == place)
    others = tuple(each for each in trace.answers if each.question != question)
    return replace(trace, answers=(*others, Answered(question, outcome)))


def offering(trace: Trace, questions: tuple[Offered, ...]) -> Trace:
    """With the questions that it lacks: a probe may have been installed since."""
    there = {(question.code, question.site) for question in trace.questions}
    new = tuple(question for question in questions if (question.code, question.site) not in there)
    return replace(trace, questions=(*trace.questions, *new))


def _closed(trace: Trace, question: Offered) -> str:
    """Why a follow-up cannot be asked."""
    first = question.after
    told = [outcome_of(trace, each) is not None for each in offered(trace, first)]
    if all(told):
        return f"{first} was asked and claimed nothing here, so that {question.code} has nothing to follow"
    where = f"was asked at {sum(told)} of {len(told)} sites" if any(told) else "was not asked yet"
    return f"{question.code} follows a claim of {first}, and {first} {where}; ask {first} first"


def _there(trace: Trace, question: Offered) -> bool:
    return opened((question.code, question.site), [answered.outcome for answered in trace.answers])
