"""Questions that a person asks of a snapshot's probes, and the record of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import RenderableType

from forewarn.cli.inspect_options import parse_word
from forewarn.cli.inspect_questions import questions_text, questions_value, recap_text
from forewarn.cli.result import Code, said
from forewarn.errors import ConfigurationError
from forewarn.inspect.request import ProbeQuestions, split_code
from forewarn.records import Evidence, Failed, InspectionTrace, Outcome
from forewarn.report.sentences import outcome_kind, outcome_words
from forewarn.report.words import percent
from forewarn.store.codec import encode


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of the questions of one call."""

    path: Path
    """File of the trace."""
    trace: InspectionTrace
    """All that the person asked of the snapshot, now and before."""
    look: tuple[Outcome, ...]
    """What the look itself had asked, from the ledger."""
    outcomes: tuple[Outcome, ...]
    """What came of what was asked now."""
    open: tuple[str, ...]
    """Codes of the follow-ups of what was found beyond chance, which can be asked next."""
    listed: bool = False
    """Whether all that can be asked is listed too."""
    remembered: tuple[str, ...] = ()
    """Codes of what was asked before, and therefore not asked again."""


def asking_of(
    codes: Sequence[str] | None,
    site: str | None,
    said_word: str | None,
    who: str | None,
    *,
    listed: bool = False,
) -> ProbeQuestions | None:
    """Put the options together; None where nothing is asked and nothing said.

    Raises:
        ConfigurationError: --site is given and nothing is asked, or the word is none.
    """
    if site is not None and not codes:
        raise ConfigurationError("--site says where to --ask, and nothing is asked; add --ask")
    if codes or said_word is not None or listed:
        return ProbeQuestions(tuple(dict.fromkeys(codes or ())), site, parse_word(said_word), who, listed)
    return None


def record(session: Any, look: tuple[Outcome, ...], asking: ProbeQuestions) -> Recorded:
    """Ask one question after the other; each answer is recorded at once.

    Raises:
        ConfigurationError: there is no such question or site, or a follow-up has no claim to follow.
        StoreError: an answer could not be recorded.
    """
    # A slip of the pen is told before anything is asked.
    for text in asking.codes:
        session.questions(split_code(text, asking.site)[0])
    before = {a.outcome for a in session.trace.answers if not isinstance(a.outcome, Failed)}
    outcomes = tuple(outcome for code in asking.codes for outcome in _ask(session, code, asking.site))
    if asking.word is not None:
        session.say(asking.word)
    next_ = tuple(dict.fromkeys(_worthwhile(session)))
    remembered = tuple(dict.fromkeys(outcome.code for outcome in outcomes if outcome in before))
    return Recorded(session.path, session.trace, look, outcomes, next_, asking.listed, remembered)


def recorded_text(recorded: Recorded | None) -> Iterator[RenderableType]:
    """What came of the questions, what was asked so far, and where it is kept."""
    if recorded is None:
        return
    if recorded.listed:
        yield from questions_text(recorded.trace, recorded.look)
    yield from answers_text(recorded)
    yield from asked_text(recorded.path, recorded.trace, recorded.look)


def answers_text(recorded: Recorded) -> Iterator[RenderableType]:
    """What came of the questions, with the places as a person types them."""
    alike: dict[tuple[str, str, str], list[str]] = {}
    for outcome in recorded.outcomes:
        key = outcome.code, outcome_kind(outcome), outcome_words(outcome)
        alike.setdefault(key, []).append(str(outcome.site))
    for (code, kind, words), sites in alike.items():
        where = sites[0] if len(sites) == 1 else f"{len(sites)} sites alike ({', '.join(sites)})"
        yield said(f"- {code} at {where}: {kind}")
        yield said(f"  {words}")
    if recorded.remembered:
        yield said(f"From the record, and not asked again: {', '.join(recorded.remembered)}", "dim")
    if recorded.open:
        yield said(f"What can be asked about these claims: {', '.join(recorded.open)}")


def asked_text(path: Path, trace: InspectionTrace, look: tuple[Outcome, ...]) -> Iterator[RenderableType]:
    """The recap: what the look asked, what the person asked, and where that is recorded."""
    yield said("")
    yield from recap_text(trace, look)
    yield said(f"The model knows {percent(trace.known)} of the facts.")
    if trace.answers or trace.word is not None:
        word = "none yet" if trace.word is None else trace.word
        yield said(f"Recorded for {trace.who} in {path}; final word: {word}", "dim")


def recorded_value(recorded: Recorded | None) -> Mapping[str, object]:
    """The same for --json; empty where nothing was recorded."""
    if recorded is None:
        return {}
    trace, outcomes = recorded.trace, encode(recorded.outcomes)
    follow_ups = list(recorded.open)
    kept = {"who": trace.who, "word": trace.word, "known": trace.known, "traces": str(recorded.path)}
    listed = {"questions": questions_value(trace, recorded.look)} if recorded.listed else {}
    return {"outcomes": outcomes, "follow_ups": follow_ups, **kept, **listed}


def recorded_code(recorded: Recorded | None) -> Code:
    """Unknown where a question failed."""
    outcomes = () if recorded is None else recorded.outcomes
    return Code.UNKNOWN if any(isinstance(outcome, Failed) for outcome in outcomes) else Code.CLEAR


def _ask(session: Any, text: str, everywhere: str | None) -> tuple[Outcome, ...]:
    code, site = split_code(text, everywhere)
    places = session.sites(code) if site is None else (site,)
    return tuple(session.ask(code, place) for place in places)


def _worthwhile(session: Any) -> Iterator[str]:
    """Follow-ups of evidence that is more than chance."""
    answers = [answered.outcome for answered in session.trace.answers]
    strong = {(o.code, o.site) for o in answers if isinstance(o, Evidence) and o.beyond_chance}
    return (q.code for q in session.open if (q.after, q.site) in strong)
