"""What a snapshot can be asked, what that takes, and what came of it so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from forewarn.cli.result import said
from forewarn.cli.tables import Records
from forewarn.records import Offered, Outcome, Trace
from forewarn.records.work import price
from forewarn.report.sentences import outcome_kind, probe_title

PASSES = "Passes: forward passes over the audit set that the next of them takes; shared work is paid once."


def questions_text(trace: Trace) -> Iterator[RenderableType]:
    """All that can be asked, in the probes' own order."""
    codes = dict.fromkeys(question.code for question in trace.questions)
    yield Records(
        ("code", "question", "sites", "passes", "so far"), tuple(_row(trace, code) for code in codes)
    )
    yield said(PASSES, "dim")


def questions_value(trace: Trace) -> list[Mapping[str, object]]:
    """The same for --json, site by site."""
    done, open_ = {a.question: a.outcome for a in trace.answers}, set(_tracing().unasked(trace))
    return [
        {
            "code": question.code,
            "site": str(question.site),
            "passes": _price(trace, question),
            "open": question in open_,
            "came": outcome_kind(done[question]) if question in done else None,
        }
        for question in trace.questions
    ]


def recap(trace: Trace) -> str:
    """Each code that was asked, with what came of it."""
    codes = dict.fromkeys(answered.question.code for answered in trace.answers)
    return "; ".join(f"{code} {_came(trace, code)}" for code in codes) or "nothing"


def _row(trace: Trace, code: str) -> tuple[Text, ...]:
    every = _tracing().offered(trace, code)
    came = _came(trace, code) or ("not asked" if _open(trace, every) else f"follows {every[0].after}")
    passes = f"{_price(trace, every[0]):g}"
    return Text(code), said(probe_title(code)), Text(str(len(every))), Text(passes), said(came)


def _came(trace: Trace, code: str) -> str:
    """In a word or two; where there are several sites, with at how many of them."""
    outcomes: list[Outcome] = [a.outcome for a in trace.answers if a.question.code == code]
    kinds = Counter(map(outcome_kind, outcomes))
    sites = len(_tracing().offered(trace, code))
    return ", ".join(kind if sites == 1 else f"{kind} ({n} of {sites} sites)" for kind, n in kinds.items())


def _price(trace: Trace, question: Offered) -> float:
    done = {work for answered in trace.answers for work in answered.question.shared}
    return price(question.cost, question.shared, done)


def _open(trace: Trace, questions: Sequence[Offered]) -> bool:
    return bool(set(questions) & set(_tracing().unasked(trace)))


def _tracing() -> Any:
    """Brings torch along, which no other command should wait for."""
    from forewarn.inspect import tracing

    return tracing
