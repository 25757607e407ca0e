"""What a snapshot can be asked, what that takes, what the look asked of it, and what the person did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from forewarn.cli.result import said
from forewarn.inspect.codes import FOLLOWS
from forewarn.inspect.questions import open_questions, questions_named
from forewarn.records import InspectionTrace, NotApplicable, Offered, Outcome
from forewarn.records.work import price
from forewarn.report.sentences import outcome_kind

PASSES: Final = (
    "passes: forward passes over the audit set that the next question takes; shared work is paid once. "
    "n/a: not applicable. chance: no more than chance. Numbers count sites."
)
_SHORT: Final = {"no more than chance": "chance", "nothing found": "nothing", "not applicable": "n/a"}


def questions_text(trace: InspectionTrace, look: Sequence[Outcome]) -> Iterator[RenderableType]:
    """All that can be asked, in the probes' own order, beside what the look and the person asked already."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name, wraps in (("question", False), ("passes", False), ("the look", True), ("you", True)):
        table.add_column(name, no_wrap=not wraps)
    for code in dict.fromkeys(question.code for question in trace.questions):
        table.add_row(*_row(trace, look, code))
    yield table
    yield said(PASSES, "dim")


def questions_value(trace: InspectionTrace, look: Sequence[Outcome]) -> list[Mapping[str, object]]:
    """The same for --json, site by site."""
    done, open_ = {a.question: a.outcome for a in trace.answers}, set(open_questions(trace))
    at_look = {(outcome.code, outcome.site): outcome for outcome in look}
    return [
        {
            "code": question.code,
            "site": str(question.site),
            "passes": _price(trace, question),
            "open": question in open_,
            "came": _kind(done.get(question)),
            "look": _kind(at_look.get((question.code, question.site))),
        }
        for question in trace.questions
    ]


def recap_text(trace: InspectionTrace, look: Sequence[Outcome]) -> Iterator[RenderableType]:
    """What the look asked and what the person asked, with what came of each."""
    # Follow-ups of what was not claimed stand in the ledger too, though nobody could ask them.
    opened = [o for o in look if not (FOLLOWS in o.code and isinstance(o, NotApplicable))]
    yield said(f"The look asked: {_summed(trace, opened)}.")
    yield said(f"You asked: {_summed(trace, _answers(trace))}.")


def _row(trace: InspectionTrace, look: Sequence[Outcome], code: str) -> tuple[Text, ...]:
    every = questions_named(trace, code)
    closed = not set(every) & set(open_questions(trace))
    mine = _counted(_of(_answers(trace), code), len(every))
    unasked = "once claimed" if closed else "not asked"
    passes = f"{_price(trace, every[0]):g}"
    at_look = _counted(_of(look, code), len(every))
    return Text(code), Text(passes), said(at_look or "not asked"), said(mine or unasked)


def _summed(trace: InspectionTrace, outcomes: Sequence[Outcome]) -> str:
    codes = dict.fromkeys(outcome.code for outcome in outcomes)
    sites = Counter(question.code for question in trace.questions)
    told = (f"{code} ({_counted(_of(outcomes, code), sites[code])})" for code in codes)
    return ", ".join(told) or "nothing"


def _counted(outcomes: Sequence[Outcome], sites: int) -> str:
    """What came of a question in a word; where it has several sites, at how many of them."""
    kinds = Counter(_SHORT.get(kind, kind) for kind in map(outcome_kind, outcomes))
    return ", ".join(kind if sites <= 1 else f"{kind} {n}/{sites}" for kind, n in kinds.items())


def _answers(trace: InspectionTrace) -> list[Outcome]:
    return [answered.outcome for answered in trace.answers]


def _of(outcomes: Sequence[Outcome], code: str) -> list[Outcome]:
    return [outcome for outcome in outcomes if outcome.code == code]


def _kind(outcome: Outcome | None) -> str | None:
    return None if outcome is None else outcome_kind(outcome)


def _price(trace: InspectionTrace, question: Offered) -> float:
    done = {work for answered in trace.answers for work in answered.question.shared}
    return price(question.cost, question.shared, done)
