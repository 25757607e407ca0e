"""Questions that a person asks of a snapshot's probes, and the record of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import RenderableType

from forewarn.cli.inspect_options import word
from forewarn.cli.inspect_questions import questions_text, questions_value, recap
from forewarn.cli.result import Code, said
from forewarn.cli.show import outcomes_text
from forewarn.errors import ConfigurationError
from forewarn.inspect.request import Asking
from forewarn.records import Evidence, Failed, Outcome, Trace
from forewarn.report.words import percent
from forewarn.store.codec import encode


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of one call."""

    path: Path
    """File of the trace."""
    trace: Trace
    """All that the person asked of the snapshot, now and before."""
    outcomes: tuple[Outcome, ...]
    """Of what was asked now."""
    open: tuple[str, ...]
    """Codes of the follow-ups of what was found beyond chance, which can be asked next."""
    listed: bool = False
    """Whether all that can be asked is told too."""
    remembered: tuple[str, ...] = ()
    """Codes of what was asked before, so that it was not asked again."""


def asking_of(
    codes: Sequence[str] | None,
    site: str | None,
    said_word: str | None,
    who: str | None,
    *,
    listed: bool = False,
) -> Asking | None:
    """The options together; None where nothing is asked and nothing said.

    Raises:
        ConfigurationError: an option that says something of a question or a word, without either.
    """
    if site is not None and not codes:
        raise ConfigurationError("--site says where to --ask; nothing is asked")
    if codes or said_word is not None or listed:
        return Asking(tuple(dict.fromkeys(codes or ())), site, word(said_word), who, listed)
    if who is not None:
        raise ConfigurationError(
            "--who says whose record it is; nothing is recorded without --ask, --word or --questions"
        )
    return None


def record(opened: Any, asking: Asking) -> Recorded:
    """Ask an opened snapshot, one question after the other; each is recorded at once.

    Raises:
        ConfigurationError: no such question or site, or a follow-up of what was not claimed.
        StoreError: an answer could not be recorded.
    """
    from forewarn.inspect.session import Session

    session = Session.of(opened, asking.who)
    # A slip of the pen is told before anything is asked.
    for text in asking.codes:
        session.questions(split_code(text, asking.site)[0])
    before = {a.outcome for a in session.trace.answers if not isinstance(a.outcome, Failed)}
    outcomes = tuple(outcome for code in asking.codes for outcome in _asked(session, code, asking.site))
    if asking.word is not None:
        session.say(asking.word)
    next_ = tuple(dict.fromkeys(_worthwhile(session)))
    remembered = tuple(dict.fromkeys(outcome.code for outcome in outcomes if outcome in before))
    return Recorded(session.path, session.trace, outcomes, next_, asking.listed, remembered)


def recorded_text(recorded: Recorded | None) -> Iterator[RenderableType]:
    """What came of the questions, and where it is kept."""
    if recorded is None:
        return
    trace = recorded.trace
    if recorded.listed:
        yield from questions_text(trace)
    yield from outcomes_text(recorded.outcomes)
    if recorded.remembered:
        yield said(f"From the record, and not asked again: {', '.join(recorded.remembered)}", "dim")
    if recorded.open:
        yield said(f"Can be asked about what was claimed: {', '.join(recorded.open)}")
    word = "nothing yet" if trace.word is None else trace.word
    yield said(f"\nAsked so far: {recap(trace)}. The model knows {percent(trace.known)} of the facts.")
    if trace.answers or trace.word is not None:
        yield said(f"Recorded for {trace.who} in {recorded.path}; final word: {word}", "dim")


def recorded_value(recorded: Recorded | None) -> Mapping[str, object]:
    """The same for --json; empty where nothing was recorded."""
    if recorded is None:
        return {}
    trace, outcomes = recorded.trace, encode(recorded.outcomes)
    follow_ups = list(recorded.open)
    kept = {"who": trace.who, "word": trace.word, "known": trace.known, "traces": str(recorded.path)}
    listed = {"questions": questions_value(trace)} if recorded.listed else {}
    return {"outcomes": outcomes, "follow_ups": follow_ups, **kept, **listed}


def recorded_code(recorded: Recorded | None) -> Code:
    """Unknown where a question failed."""
    outcomes = () if recorded is None else recorded.outcomes
    return Code.UNKNOWN if any(isinstance(outcome, Failed) for outcome in outcomes) else Code.CLEAR


def split_code(text: str, site: str | None) -> tuple[str, str | None]:
    """CODE@SITE as two; without a site of its own, the one for all."""
    code, _, own = text.partition("@")
    return code, own or site


def _asked(session: Any, text: str, everywhere: str | None) -> tuple[Outcome, ...]:
    code, site = split_code(text, everywhere)
    places = session.sites(code) if site is None else (site,)
    return tuple(session.ask(code, place) for place in places)


def _worthwhile(session: Any) -> Iterator[str]:
    """Follow-ups of evidence that is more than chance."""
    answers = [answered.outcome for answered in session.trace.answers]
    strong = {(o.code, o.site) for o in answers if isinstance(o, Evidence) and o.beyond_chance}
    return (q.code for q in session.open if (q.after, q.site) in strong)
