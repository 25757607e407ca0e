"""Part 4: how long a lens lasts: fitted at one step of a run, read at later ones.

Runs of organisms; at evenly spaced snapshots a forward lens is fitted, and every later snapshot's scored states
are read through it. The figure is the mean KL to the model's output over all sites but the last, beside that of no
lens (identity) and of a lens fitted there. The rule of `LensKeeper` is then replayed on these tables, for several
tolerances, by the deciding states; what it costs is read on the scored ones. Unit of an interval: the run.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from lens_parts.over_seeds import mean_over
from lens_parts.runs import Run, one_thread, run_of

from forewarn.lenses.affine import Affines
from forewarn.lenses.fitting.closed_forms import closed_forms
from forewarn.lenses.fitting.data import LensData
from forewarn.lenses.fitting.forward import forward_lenses
from forewarn.lenses.fitting.quality import output_kl
from forewarn.lenses.fitting.sample import Sample
from forewarn.lenses.settings import FitSettings
from forewarn.subjects.quiet import undisturbed
from forewarn.subjects.subject import Subject

TOLERANCES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
NEVER = float("inf")


def run(quick: bool, seeds: Sequence[int], smollm2_at: str | None = None) -> dict[str, Any]:
    """Tables of each run, what age costs, and the refit rule's price for each tolerance."""
    chosen = seeds[:3] if quick else seeds
    steps, snapshots = 480, 8 if quick else 12
    with one_thread():
        tables = [_table(run_of(seed, steps, snapshots)) for seed in chosen]
    return {
        "runs": [table.as_json() for table in tables],
        "by age": _by_age(tables),
        "by site": _by_site(tables),
        "rule": {str(t): _rule(tables, t) for t in (*TOLERANCES, NEVER)},
    }


@dataclass(frozen=True)
class _Table:
    """KL by site, of the lens fitted at snapshot a on the states of snapshot b; nan where b comes before a."""

    run: Run
    sites: list[str]
    steps: list[int]
    identity: torch.Tensor
    """[b site], scored states."""
    scored: torch.Tensor
    """[a b site]."""
    deciding: torch.Tensor
    """[a b site]."""
    n: int

    def as_json(self) -> dict[str, Any]:
        """Means over sites."""
        return {
            "name": self.run.name,
            "seed": self.run.seed,
            "model": self.run.architecture,
            "n_scored": self.n,
            "steps": self.steps,
            "kl identity": self.identity.mean(1).tolist(),
            "kl of the lens of step a at step b": {
                str(step): [None if math.isnan(x) else x for x in row.mean(-1).tolist()]
                for step, row in zip(self.steps, self.scored, strict=True)
            },
        }


def _table(held: Run) -> _Table:
    settings, steps = FitSettings(), sorted(held.snapshots)[1:]
    opened = [held.material(step, settings) for step in steps]
    lenses = [_lens(subject, material, settings) for subject, material in opened]
    shape = (len(steps), len(steps), len(opened[0][1].sites) - 1)
    scored, deciding = (torch.full(shape, torch.nan, dtype=torch.float64) for _ in range(2))
    nothing = Affines.identity(shape[2] + 1, opened[0][0].width)
    for b, (subject, material) in enumerate(opened):
        for a in range(b + 1):
            scored[a, b] = _kl(subject, lenses[a], material.scored)
            deciding[a, b] = _kl(subject, lenses[a], material.deciding)
    identity = torch.stack([_kl(subject, nothing, material.scored) for subject, material in opened])
    names = [str(site) for site in opened[0][1].sites[:-1]]
    return _Table(held, names, steps, identity, scored, deciding, opened[0][1].scored.n)


def _lens(subject: Subject, material: LensData, settings: FitSettings) -> Affines:
    with undisturbed(subject.device):
        forms = closed_forms(material.fitted, material.embedding[material.fitted.tokens], material.sites)
        return forward_lenses(subject.unembedder(), material, forms, None, settings)


def _kl(subject: Subject, lens: Affines, sample: Sample) -> torch.Tensor:
    """Mean over states, by site but the last."""
    with undisturbed(subject.device):
        return output_kl(subject.unembedder(), lens, sample.states)[:-1].double().mean(1)


def _by_age(tables: Sequence[_Table]) -> dict[str, Any]:
    """KL of a stale lens over that of a fresh one and of none, by age in looks, for both halves of a run."""
    out: dict[str, Any] = {}
    for half, later in (("first half", False), ("second half", True)):
        for age in (1, 2, 3, 4, 6):
            found = {t.run.seed: ratios for t in tables if (ratios := _aged(t, age, later)) is not None}
            if found:
                out[f"fitted in the {half}, {age} looks old"] = {
                    name: mean_over({seed: ratios[i] for seed, ratios in found.items()})
                    for i, name in enumerate(("over a fresh lens", "over none"))
                }
    return out


def _aged(table: _Table, age: int, later: bool) -> tuple[float, float] | None:
    starts = [a for a in range(len(table.steps) - age) if (2 * a >= len(table.steps)) == later]
    stale = sum(float(table.scored[a, a + age].mean()) for a in starts)
    fresh = sum(float(table.scored[a + age, a + age].mean()) for a in starts)
    none = sum(float(table.identity[a + age].mean()) for a in starts)
    return (stale / fresh, stale / none) if starts else None


def _by_site(tables: Sequence[_Table]) -> list[dict[str, Any]]:
    """KL of a lens one look and three looks old over that of a fresh one, by site of each run."""
    rows = []
    for table in tables:
        for index, site in enumerate(table.sites):
            row: dict[str, Any] = {"seed": table.run.seed, "site": site}
            for age in (1, 3):
                starts = range(len(table.steps) - age)
                stale = sum(float(table.scored[a, a + age, index]) for a in starts)
                fresh = sum(float(table.scored[a + age, a + age, index]) for a in starts)
                row[f"{age} looks old"] = stale / fresh
            rows.append(row)
    return rows


def _rule(tables: Sequence[_Table], tolerance: float) -> dict[str, Any]:
    """Share of looks after the first without a refit, and the rise of KL over refitting at every look."""
    saved, lost = {}, {}
    for table in tables:
        used, refits, a = [], 0, 0
        for b in range(len(table.steps)):
            now, then = float(table.deciding[a, b].mean()), float(table.deciding[a, a].mean())
            if now > (1 + tolerance) * then:
                a, refits = b, refits + 1
            used.append(float(table.scored[a, b].mean()))
        fresh = [float(table.scored[b, b].mean()) for b in range(len(table.steps))]
        saved[table.run.seed] = 1 - refits / (len(table.steps) - 1)
        lost[table.run.seed] = sum(used) / sum(fresh) - 1
    return {"refits saved": mean_over(saved), "kl lost": mean_over(lost)}
