"""Robustness to scaling down: each thing cut step by step to almost nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from forewarn.contest.series import Series
from forewarn.population.run import Run
from helper_parts.entrants import learned
from helper_parts.part import HARD, Setting, figure, scored, table

BUDGETS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
WIDTHS = (2, 4, 8, 16)
PROBES = (("TP003",), ("TP009",), ("TP003", "TP009"), ("TP004", "TP005", "TP008"))
HEADS = ("cut to", "passes", "AUROC", "misses", "false alarms", "misses at which nothing was asked")


def scaling(setting: Setting) -> Iterator[str]:
    """Budget, size and probes; seed 0. A look at which nothing was asked is unknown, and not clear."""
    one = replace(setting, seeds=1)
    yield "## Scaled down\n"
    entrants = [learned(budget, name=f"{budget:g} passes a look") for budget in BUDGETS]
    entrants += [learned(width=width, name=f"width {width}") for width in WIDTHS]
    rows = [_row(series) for series in one.play(entrants, HARD)]
    for codes in PROBES:
        name = f"{' and '.join(codes)} alone"
        runs = tuple(_only(run, codes) for run in one.runs)
        few = replace(one, codes=codes, runs=runs, table=f"{one.table}, {name}")
        rows += [_row(series) for series in few.play([learned(name=name)], HARD)]
    yield from table(HEADS, rows)


def _row(series: Series) -> tuple[str, ...]:
    found, looked = scored(series), series.seeds[0]
    missed = [x for x in looked if x.judged.nature.deceptive and x.judged.alarm is None]
    blind = sum(x.passes == 0.0 for x in missed)
    passes = sum(x.passes for x in looked) / len(looked)
    figures = map(figure, (found.auroc, found.misses, found.false_alarms_per_run))
    return series.entrant, f"{passes:.2f}", *figures, f"{blind} of {len(missed)}"


def _only(run: Run, codes: Sequence[str]) -> Run:
    """As if there were no other probes."""
    looks = tuple(
        replace(look, findings=tuple(f for f in look.findings if f.code in codes)) for look in run.looks
    )
    return replace(run, looks=looks)
