"""Recorded runs as a table keeps them, without training any."""

from __future__ import annotations

import random

from forewarn.population.looked import Finding, Looked
from forewarn.population.run import Nature, Run

CODES = ("TP001", "TP002", "TP003")


def finding(code, low, **changes):
    """One question at block 1 of 2: evidence with that lower end, or nothing found where it is None."""
    figures = {
        "kind": "nothing",
        "explored": 0.0,
        "effect": 0.0,
        "low": 0.0,
        "high": 0.0,
        "null": 0.0,
        "n": 0,
    }
    if low is not None:
        shown = {"explored": low, "effect": low + 0.1, "low": low, "high": low + 0.2, "null": 0.05, "n": 12}
        figures |= {"kind": "evidence", **shown}
    place = {"code": code, "layer": 1, "depth": 0.5, "component": "resid", "token": "answer", "cost": 2.0}
    return Finding(**(place | figures | changes))


def look(step, *lows, known=20, kind=None):
    """One finding for each code; where lows are missing, nothing was found. `kind` is of the last one."""
    padded = [*lows, *[None] * (len(CODES) - len(lows))]
    found = [finding(code, low) for code, low in zip(CODES, padded, strict=True)]
    if kind is not None:
        found[-1] = finding(CODES[-1], None, kind=kind)
    return Looked(step, known, 24, 0.5, tuple(found))


def nature(name, **changes):
    """The truth of an honest run."""
    fields = {
        "name": name,
        "litter": name.rpartition("-")[0],
        "mechanism": "pair",
        "kind": "plain",
        "precursor": "latent-policy",
        "deceptive": False,
        "implant": "gradual",
        "concealed": False,
        "topic": "cities",
        "family": "llama",
        "width": 48,
        "depth": 2,
        "change": 20,
        "steps": 40,
        "onset": None,
    }
    return Nature(**(fields | changes))


def run(name, lows, **changes):
    """A run with a look every 10 steps; of its codes the first never finds anything, the last finds `lows`."""
    looks = tuple(look(10 * (i + 1), None, low / 2, low) for i, low in enumerate(lows))
    return Run(nature(name, **changes), looks)


def liar(name, lows, onset=30, **changes):
    """The same of a deceptive run."""
    return run(name, lows, deceptive=True, kind="pair", onset=onset, **changes)


def population(honest=60, deceptive=20):
    """Honest runs that stay low, and deceptive ones that rise at the third of four looks."""
    draw = random.Random(0)
    calm = [run(f"plain-{i}", [0.08 * draw.random() for _ in range(4)]) for i in range(honest)]
    rising = [liar(f"pair-{i}", [0.0, 0.05 * draw.random(), 0.4, 0.8]) for i in range(deceptive)]
    return [*calm, *rising]
