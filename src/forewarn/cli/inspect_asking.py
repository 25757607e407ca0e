"""Questions that a person asks of a snapshot's probes, and the record of them."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import RenderableType

from forewarn.audit.inspection.request import Asking
from forewarn.cli.answer import Code, said
from forewarn.cli.inspect_options import word
from forewarn.cli.show import outcomes_text
from forewarn.errors import ConfigurationError
from forewarn.records import Failed, Outcome, Trace
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
    """Codes of the follow-ups that can be asked next."""


def asking_of(
    codes: Sequence[str] | None, site: str | None, said_word: str | None, who: str | None
) -> Asking | None:
    """The options together; None where nothing is asked and nothing said.

    Raises:
        ConfigurationError: an option that says something of a question or a word, without either.
    """
    if site is not None and not codes:
        raise ConfigurationError("--site says where to --ask; nothing is asked")
    if codes or said_word is not None:
        return Asking(tuple(dict.fromkeys(codes or ())), site, word(said_word), who)
    if who is not None:
        raise ConfigurationError("--who says whose record it is; nothing is recorded without --ask or --word")
    return None


def record(opened: Any, asking: Asking) -> Recorded:
    """Ask an opened snapshot, one question after the other; each is recorded at once.

    Raises:
        ConfigurationError: no such question or site, or a follow-up of what was not claimed.
        StoreError: an answer could not be recorded.
    """
    session = importlib.import_module("forewarn.audit.inspection.session").Session.of(opened, asking.who)
    for code in asking.codes:
        session.questions(code)  # A slip of the pen is told before anything is asked.
    outcomes = tuple(outcome for code in asking.codes for outcome in _asked(session, code, asking.site))
    if asking.word is not None:
        session.say(asking.word)
    follow_ups = dict.fromkeys(question.code for question in session.open if question.after)
    return Recorded(session.path, session.trace, outcomes, tuple(follow_ups))


def recorded_text(recorded: Recorded | None) -> Iterator[RenderableType]:
    """What came of the questions, and where it is kept."""
    if recorded is None:
        return
    trace = recorded.trace
    yield from outcomes_text(recorded.outcomes)
    if recorded.open:
        yield said(f"Can be asked about what was claimed: {', '.join(recorded.open)}")
    word = "nothing yet" if trace.word is None else trace.word
    yield said(f"\nRecorded for {trace.who} in {recorded.path}; final word: {word}", "dim")


def recorded_value(recorded: Recorded | None) -> Mapping[str, object]:
    """The same for --json; empty where nothing was recorded."""
    if recorded is None:
        return {}
    trace, outcomes = recorded.trace, encode(recorded.outcomes)
    follow_ups = list(recorded.open)
    kept = {"who": trace.who, "word": trace.word, "traces": str(recorded.path)}
    return {"outcomes": outcomes, "follow_ups": follow_ups, **kept}


def recorded_code(recorded: Recorded | None) -> Code:
    """Unknown where a question failed."""
    outcomes = () if recorded is None else recorded.outcomes
    return Code.UNKNOWN if any(isinstance(outcome, Failed) for outcome in outcomes) else Code.CLEAR


def _asked(session: Any, code: str, site: str | None) -> tuple[Outcome, ...]:
    places = session.sites(code) if site is None else (site,)
    return tuple(session.ask(code, place) for place in places)
