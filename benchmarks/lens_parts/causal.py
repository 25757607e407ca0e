"""Part 2: do transports predict what neurons of trained models do to later ones and to logits, what drives them?

Every figure is a rank correlation with an effect measured by intervention, on text that nothing was fitted on. The
ridges of a model are those that served best, on average, in the other models of the run.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from lens_parts.case import FIXED, RIDGED, RIDGES, Case, Plan, case
from lens_parts.models import ABSENT
from lens_parts.over_seeds import difference, mean_over
from lens_parts.ranks import bootstrap
from lens_parts.scores import inputs, means, output, repeated, shuffled, virtual
from lens_parts.trained import organism, pretrained

from forewarn.lenses import FitSettings
from forewarn.lenses.transports import Transport
from forewarn.records import StreamSite

FAMILIES = ("llama", "gpt2", "gpt_neox")
MAIN = ("identity", "tuned", "regression", "jacobian")
Figures = dict[str, float]


def run(quick: bool, seeds: Sequence[int], smollm2_at: str | None = None) -> dict[str, Any]:
    """Agreement by transport over organisms (the seed as the unit), by family, and on SmolLM2-135M."""
    cases = _organisms(quick, seeds)
    ridges = {key: {name: _ridge_for(name, key, cases) for name in RIDGED} for key in cases}
    scored = {key: _scored(each, ridges[key]) for key, each in cases.items()}
    best = {name: _ridge_for(name, None, cases) for name in RIDGED}
    return {
        "ridges_best_in_all": best,
        "models": {str(key): {"seconds": each.seconds, "ridges": ridges[key]} for key, each in cases.items()},
        **_summed(scored),
        "by_family": {family: _summed(_of(scored, family)) for family in FAMILIES if not quick},
        "jacobian_spread": {f"at {d}": mean_over(found) for d, found in _spreads(cases).items()},
        "smollm2": "not in --quick" if quick else pretrained_model(smollm2_at, best),
    }


def _organisms(quick: bool, seeds: Sequence[int]) -> dict[tuple[str, int], Case]:
    """In quick mode one model a seed and three seeds, the families in turn; else each family for every seed."""
    if quick:
        plan = Plan((1, 2, 3), (2, 3, 4), 12, 32, settings=FitSettings(most_tokens=1500, steps=12, batch=256))
        keys = list(zip(FAMILIES, seeds, strict=False))
        return {(f, s): case(organism(f, s, 4, 48, 160), plan) for f, s in keys}
    plan = Plan((1, 2, 3, 4, 5), (2, 3, 4, 5, 6), 24, 64)
    return {(f, s): case(organism(f, s, 6, 64, 480), plan) for f in FAMILIES for s in seeds}


def _of(scored: Mapping[tuple[str, int], Any], family: str) -> dict[tuple[str, int], Any]:
    return {key: value for key, value in scored.items() if key[0] == family}


def _ridge_for(name: str, key: tuple[str, int] | None, cases: Mapping[tuple[str, int], Case]) -> float:
    """Best mean agreement with the total effect in all models but this one."""
    others = [each for other, each in cases.items() if other != key]
    return max(RIDGES, key=lambda ridge: fmean(_total(each, name, ridge) for each in others))


_KNOWN: dict[tuple[int, str, float], float] = {}


def _total(each: Case, name: str, ridge: float) -> float:
    key = (id(each), name, ridge)
    if key not in _KNOWN:
        _KNOWN[key] = means(virtual(each, RIDGED[name](each, ridge)))["total"]
    return _KNOWN[key]


def _transports(each: Case, ridges: Mapping[str, float]) -> dict[str, Transport]:
    fixed = {name: make(each) for name, make in FIXED.items()}
    return {**fixed, **{name: make(each, ridges[name]) for name, make in RIDGED.items()}}


def _scored(each: Case, ridges: Mapping[str, float]) -> dict[str, dict[str, Figures]]:
    """For each transport its figures of the three views, and the seconds that they took."""
    out: dict[str, dict[str, Figures]] = {}
    for name, transport in _transports(each, ridges).items():
        begun = time.perf_counter()
        found = {"virtual": means(virtual(each, transport)), "output": output(each, transport)}
        seconds = time.perf_counter() - begun
        found["input"] = inputs(each, transport)
        found["cost"] = {"seconds": seconds + _fitting(each, name), "seconds after fit": seconds}
        out[name] = found
    out["generative map"] = {"input": inputs(each, each.lens_set)}
    out["measured in other contexts"] = {**repeated(each), "input": {}}
    for name in ("identity", "jacobian"):
        move, transport = shuffled(each.trained.seed), FIXED[name](each)
        out[f"null: {name}, neurons shuffled"] = {
            "virtual": means(virtual(each, transport, move)),
            "output": output(each, transport, move),
            "input": inputs(each, transport, move),
        }
    return out


def _fitting(each: Case, name: str) -> float:
    if name in ("identity", "jacobian"):
        return 0.0
    return each.seconds["moments" if name.startswith("regression") else "lenses"]


def _summed(scored: Mapping[tuple[str, int], Mapping[str, Mapping[str, Figures]]]) -> dict[str, Any]:
    """Means over seeds, each seed's figure being the mean over its models, and gains over the identity."""
    names = next(iter(scored.values()))
    transports = {name: _view(scored, name, "virtual") for name in names if "virtual" in names[name]}
    return {
        "transports": transports,
        "gain_over_identity": {name: _gain(scored, name) for name in transports if name != "identity"},
        "output_view": {name: _view(scored, name, "output") for name in transports},
        "input_view": {name: _view(scored, name, "input") for name in names if names[name]["input"]},
        "cost": {name: _view(scored, name, "cost") for name in names if "cost" in names[name]},
    }


def _view(scored: Mapping[tuple[str, int], Any], name: str, view: str) -> dict[str, Any]:
    figures = sorted({figure for each in scored.values() for figure in each[name][view]})
    bounds = (-1.0, 1.0) if view != "cost" else (0.0, math.inf)
    return {figure: mean_over(_by_seed(scored, name, view, figure), bounds) for figure in figures}


def _by_seed(scored: Mapping[tuple[str, int], Any], name: str, view: str, figure: str) -> dict[int, float]:
    """Parallel blocks have nothing in between at distance 1, and so no figure for it."""
    values: dict[int, list[float]] = {}
    for (_, seed), each in scored.items():
        if figure in each[name][view]:
            values.setdefault(seed, []).append(each[name][view][figure])
    return {seed: fmean(found) for seed, found in values.items()}


def _gain(scored: Mapping[tuple[str, int], Any], name: str) -> dict[str, Any]:
    """What it adds to the identity's agreement with the total effect, within each seed."""
    figures = [f for f in next(iter(scored.values()))[name]["virtual"] if f.startswith("total")]
    return {
        figure: difference(*(_by_seed(scored, who, "virtual", figure) for who in (name, "identity")))
        for figure in figures
    }


def _spreads(cases: Mapping[tuple[str, int], Case]) -> dict[int, dict[int, float]]:
    """The Jacobian's relative standard deviation over contexts, by distance in blocks and seed."""
    found: dict[int, dict[int, list[float]]] = {}
    for (_, seed), each in cases.items():
        for source, block in each.pairs():
            value = each.jacobian.spread(StreamSite(source), each.reader(block).site)
            found.setdefault(block - source, {}).setdefault(seed, []).append(value)
    return {d: {seed: fmean(values) for seed, values in rows.items()} for d, rows in sorted(found.items())}


def pretrained_model(where: str | None, ridges: Mapping[str, float]) -> Any:
    """SmolLM2-135M: source neurons are drawn again for the intervals. The ridges are the organisms' best."""
    sources, readers = (3, 9, 15, 21, 27), (6, 12, 18, 24, 30)
    model = pretrained(where)
    if model is None:
        return ABSENT
    anatomy = model.subject.anatomy()
    sites = {StreamSite(0), *(StreamSite(s) for s in sources), *(anatomy.mlp(r).site for r in readers)}
    plan = Plan(sources, readers, 16, 48, 2, (4, 24), FitSettings(sites=tuple(sorted(sites)), skip_first=1))
    each = case(model, plan)
    scored = _scored(each, ridges)
    for name, transport in _transports(each, ridges).items():
        pairs = virtual(each, transport)
        for effect in ("total", "direct"):
            rows = [getattr(pair, effect) for pair in pairs]
            scored[name]["virtual"][f"{effect} interval"] = bootstrap(rows, 0)  # type: ignore[assignment]
    apart = [(s, r) for s, r in each.pairs() if r in (s + 3, readers[-1]) and s in sources[::2]]
    spread = {f"{s} to {r}": each.jacobian.spread(StreamSite(s), each.reader(r).site) for s, r in apart}
    return {"transports": scored, "ridges": ridges, "seconds": each.seconds, "jacobian_spread": spread}
