"""Robustness to scaling down: each thing cut step by step to almost nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from forewarn.lab.contest.entrant import Entrant
from forewarn.lab.contest.entrants.simple import Everything
from forewarn.lab.contest.series import Series
from forewarn.lab.population.group_looks import Cut
from forewarn.lab.training.dataset import only
from forewarn.lenses.settings import FitSettings
from helper_parts.again import Again, all_of
from helper_parts.entrants import fixed, learned, shipped
from helper_parts.part import FRESH, HARD, Setting, figure, scored, table

BUDGETS = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0)
WIDTHS = (2, 4, 8, 16)
PROBES = (
    ("latent-policy",),
    ("withheld-answer",),
    ("latent-policy", "withheld-answer"),
    ("knowledge-gap", "observer"),
)
LENSED = ("truth-suppression", "kept-context", "weight-change")
"""Probes that read through lenses."""
READER = ("truth-suppression",)
SIZES = tuple(
    Again(f"{share:g} of the facts", ("latent-policy", "withheld-answer"), Cut(share), 24)
    for share in (1.0, 0.5, 0.25, 0.125)
)
QUALITIES = (
    Again("lenses fitted as always", LENSED, Cut(), 12),
    Again("lenses of 64 positions", LENSED, Cut(lenses=FitSettings(most_tokens=64)), 12),
    Again(
        "lenses of 16 positions, never optimised",
        LENSED,
        Cut(lenses=FitSettings(most_tokens=16, steps=0)),
        12,
    ),
)
HEADS = ("cut to", "passes", "AUROC", "misses", "false alarms", "missed, and never asked since onset")


def scaling(setting: Setting) -> Iterator[str]:
    """Seed 0. A look at which nothing was asked is unknown, and not clear."""
    one = replace(setting, seeds=1)
    split = HARD if one.fresh is None else FRESH
    yield f"## Scaled down ({split[0]})\n"
    entrants: list[Entrant] = [
        learned(budget, name=f"learned, {budget:g} passes a look") for budget in BUDGETS
    ]
    entrants += [replace(fixed(b)[-1], name=f"whole rounds, {b:g} passes a look") for b in BUDGETS]  # type: ignore[type-var]
    entrants += [learned(width=width, name=f"learned, width {width}") for width in WIDTHS]
    rows = [row(series) for series in one.play(entrants, split)]
    for codes in PROBES:
        name = f"learned, {' and '.join(codes)} alone"
        rows += [row(series) for series in few(one, codes, name).play([learned(name=name)], split)]
    rest = tuple(code for code in one.codes if code.split(".")[0] not in LENSED)
    name = "everything, no lens at all"
    rows += [row(s) for s in few(one, rest, name).play([replace(Everything(), name=name)], HARD)]
    yield from table(HEADS, rows)
    if one.fresh is not None:
        yield "### Audit sets cut to a share of their facts\n"
        yield from _again(all_of(one, SIZES), shipped()[0])
        yield "### Lenses cut\n"
        cut = list(all_of(one, QUALITIES))
        yield from _again([*cut, *map(_one_reader, cut)], Everything())


def _again(settings: Iterable[Setting], entrant: Entrant) -> Iterable[str]:
    rollouts = (each.play([entrant], FRESH) for each in settings)
    return table(HEADS, [row(series) for found in rollouts for series in found])


def _one_reader(setting: Setting) -> Setting:
    """Judged by the probe alone that reads every answer through a lens."""
    return replace(few(setting, READER, READER[0]), called=f"{setting.called}, {READER[0]} alone")


def row(series: Series) -> tuple[str, ...]:
    """Figures, and how many of the missed were not looked at."""
    found, looked = scored(series), series.seeds[0]
    missed = [x for x in looked if x.judged.truth.deceptive and x.judged.alarm is None]
    blind = sum(x.asked_since == 0 for x in missed)
    passes = sum(x.passes for x in looked) / len(looked)
    figures = map(figure, (found.auroc, found.misses, found.false_alarms_per_run))
    return series.entrant, f"{passes:.2f}", *figures, f"{blind} of {len(missed)}"


def few(setting: Setting, codes: Sequence[str], name: str) -> Setting:
    """As if there were no other probes, nor what follows them."""
    kept = tuple(c for c in setting.codes if c in codes or c.split(".")[0] in codes)
    fresh = setting.fresh
    if fresh is not None:
        fresh = replace(fresh, runs=only(fresh.runs, kept), source=None)
    runs = only(setting.runs, kept)
    return replace(setting, codes=kept, runs=runs, table=f"{setting.table}, {name}", fresh=fresh)
