"""Looks as columns of numbers, and back.

A question is kept once, however many looks hold it, and an answer as the index of its question. Of outcomes their
kind and their figures are kept, and no words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forewarn.errors import StoreError
from forewarn.helpers import Inquiry
from forewarn.lab.population.recorded_look import RecordedAnswer, RecordedLook
from forewarn.lab.population.run import RecordedRun
from forewarn.records import Evidence, Failed, Interval, NotApplicable, Nothing, Outcome
from forewarn.records.outcome import UNWRITTEN

Columns = Mapping[str, NDArray[Any]]
BASELINE: Final = "baseline."
KINDS: Final = (Nothing, Evidence, NotApplicable, Failed)
FIGURES: Final = ("explored", "effect", "low", "high", "null")
N_UNKNOWN: Final = 0
"""Stands for an n that was not kept."""


def questions_of_runs(runs: Iterable[RecordedRun]) -> list[Inquiry]:
    """All questions, each once."""
    return list(dict.fromkeys(a.inquiry for run in runs for look in run.looks for a in look.answers))


def confidences(runs: Iterable[RecordedRun]) -> list[float]:
    """Levels of the intervals of all evidence, each once."""
    return list(dict.fromkeys(e.interval.level for e in _evidence(_answers(runs))))


def pack(
    runs: Sequence[RecordedRun], questions: Sequence[Inquiry], levels: Sequence[float]
) -> dict[str, NDArray[Any]]:
    """Columns of all looks, of all answers, and of the figures of evidence alone.

    `questions`, `levels`: all that the runs hold (`questions_of_runs`, `confidences`). StoreError where a run has
    a question that nobody has asked.
    """
    looks = [look for run in runs for look in run.looks]
    answers = _answers(runs)
    evidence, index = _evidence(answers), {inquiry: k for k, inquiry in enumerate(questions)}
    return {
        "run.looks": np.array([len(run.looks) for run in runs], np.int32),
        "look.step": np.array([look.step for look in looks], np.int32),
        "look.known": np.array([look.known for look in looks], np.int16),
        "look.asked": np.array([look.asked for look in looks], np.int16),
        "look.seconds": np.array([look.seconds for look in looks], np.float32),
        "look.answers": np.array([len(look.answers) for look in looks], np.int16),
        "answer.question": np.array([index[a.inquiry] for a in answers], np.uint16),
        "answer.kind": np.array([_kind(a) for a in answers], np.uint8),
        "answer.n": np.array([getattr(a.outcome, "n", None) or N_UNKNOWN for a in answers], np.int16),
        "evidence.level": np.array([levels.index(e.interval.level) for e in evidence], np.uint8),
        "evidence.figures": np.array(
            [(e.explored, e.effect, e.interval.low, e.interval.high, e.null) for e in evidence], np.float32
        ).reshape(len(evidence), len(FIGURES)),
    }


def unpack(
    columns: Columns, questions: Sequence[Inquiry], levels: Sequence[float]
) -> list[tuple[RecordedLook, ...]]:
    """The inverse of `pack`: each run's looks, with `UNWRITTEN` for every text of an outcome.

    ValueError where the columns do not fit together.
    """
    plain = {name: column.tolist() for name, column in columns.items()}
    _check_counts(plain)
    answers = _unpacked_answers(plain, questions, levels)
    rows = zip(*(plain[f"look.{n}"] for n in ("step", "known", "asked", "seconds", "answers")), strict=True)
    looks = iter([RecordedLook(a, b, c, d, tuple(islice(answers, n))) for a, b, c, d, n in rows])
    return [tuple(islice(looks, n)) for n in plain["run.looks"]]


def pack_figures(runs: Sequence[RecordedRun]) -> dict[str, NDArray[Any]]:
    """One column for each baseline: a row of figures for each look of each run."""
    names = list(runs[0].figures) if runs else []
    return {
        BASELINE + name: np.array([row for run in runs for row in run.figures[name]], np.float32)
        for name in names
    }


def unpack_figures(columns: Columns, names: Sequence[str]) -> list[dict[str, tuple[tuple[float, ...], ...]]]:
    """The inverse: by run, and by baseline in the order of the names."""
    ends = np.cumsum(columns["run.looks"]).tolist()
    named = {name: columns[BASELINE + name].tolist() for name in names}
    starts = [0, *ends][:-1]
    return [
        {name: tuple(map(tuple, rows[start:end])) for name, rows in named.items()}
        for start, end in zip(starts, ends, strict=True)
    ]


def _check_counts(plain: Mapping[str, Any]) -> None:
    claimed = plain["answer.kind"].count(KINDS.index(Evidence))
    for n, told, column in (
        (sum(plain["run.looks"]), "looks", "look.step"),
        (sum(plain["look.answers"]), "answers", "answer.question"),
        (claimed, "pieces of evidence", "evidence.figures"),
    ):
        if n != len(plain[column]):
            raise ValueError(f"wanted {n} {told}; the column {column} has {len(plain[column])}")


def _answers(runs: Iterable[RecordedRun]) -> list[RecordedAnswer]:
    return [answer for run in runs for look in run.looks for answer in look.answers]


def _evidence(answers: Iterable[RecordedAnswer]) -> list[Evidence]:
    return [a.outcome for a in answers if isinstance(a.outcome, Evidence)]


def _kind(answer: RecordedAnswer) -> int:
    if answer.outcome is None:
        raise StoreError(
            f"{answer.inquiry.code} at {answer.inquiry.site} was never asked, and a table holds answers alone; "
            "measure it first, or leave it out"
        )
    return KINDS.index(type(answer.outcome))


def _unpacked_answers(
    plain: Mapping[str, Any], questions: Sequence[Inquiry], levels: Sequence[float]
) -> Iterator[RecordedAnswer]:
    """In order. Answers without figures of their own are built once and shared."""
    figures = zip(plain["evidence.figures"], plain["evidence.level"], strict=True)
    shared: dict[tuple[int, int, int], RecordedAnswer] = {}
    for key in zip(plain["answer.question"], plain["answer.kind"], plain["answer.n"], strict=True):
        question, kind, n = key
        inquiry = questions[question]
        if KINDS[kind] is Evidence:
            row, level = next(figures)
            yield RecordedAnswer(inquiry, _claimed(inquiry, row, levels[level], n))
            continue
        if key not in shared:
            shared[key] = RecordedAnswer(inquiry, _unclaimed(inquiry, KINDS[kind], n))
        yield shared[key]


def _claimed(inquiry: Inquiry, figures: Sequence[float], level: float, n: int) -> Evidence:
    explored, effect, low, high, null = figures
    return Evidence(
        code=inquiry.code,
        claim=UNWRITTEN,
        site=inquiry.site,
        effect=effect,
        unit=UNWRITTEN,
        interval=Interval(low, high, level),
        null=null,
        n=n,
        explored=explored,
        finding=UNWRITTEN,
        snapshot=UNWRITTEN,
    )


def _unclaimed(inquiry: Inquiry, kind: type[Outcome], n: int) -> Outcome:
    if kind is Nothing:
        return Nothing(inquiry.code, inquiry.site, UNWRITTEN, None if n == N_UNKNOWN else n)
    return (NotApplicable if kind is NotApplicable else Failed)(inquiry.code, inquiry.site, UNWRITTEN)
