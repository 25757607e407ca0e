"""Recorded runs as a table keeps them, without training any."""

from __future__ import annotations

import random
from dataclasses import replace

from forewarn.lab.population.looked import Finding, RecordedLook
from forewarn.lab.population.run import GroundTruth, RecordedRun

CODES = ("knowledge-gap", "observer", "latent-policy")
FOLLOW_UPS = ("latent-policy/composure", "latent-policy/changed-context")


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
    return RecordedLook(step, known, 24, 0.5, tuple(found))


def truth(name, **changes):
    """The truth of an honest run."""
    fields = {
        "name": name,
        "group": name.rpartition("-")[0],
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
    return GroundTruth(**(fields | changes))


def run(name, lows, **changes):
    """A run with a look every 10 steps; of its codes the first never finds anything, the last finds `lows`."""
    looks = tuple(look(10 * (i + 1), None, low / 2, low) for i, low in enumerate(lows))
    return RecordedRun(truth(name, **changes), looks)


def liar(name, lows, onset=30, **changes):
    """The same of a deceptive run."""
    return run(name, lows, deceptive=True, kind="pair", onset=onset, **changes)


def population(honest=60, deceptive=20):
    """Honest runs that stay low, and deceptive ones that rise at the third of four looks."""
    draw = random.Random(0)
    calm = [run(f"plain-{i}", [0.08 * draw.random() for _ in range(4)]) for i in range(honest)]
    rising = [liar(f"pair-{i}", [0.0, 0.05 * draw.random(), 0.4, 0.8]) for i in range(deceptive)]
    return [*calm, *rising]


def pursued(run, low):
    """The run with one follow-up of its last code, which shows `low` wherever that claims something."""
    return replace(run, looks=tuple(_pursued(look, low) for look in run.looks))


def _pursued(look, low):
    claimed = look.findings[-1].kind == "evidence"
    added = finding(
        FOLLOW_UPS[0], low if claimed else None, **({} if claimed else {"kind": "not-applicable"})
    )
    return replace(look, findings=(*look.findings, added))


def disputed(honest=12, deceptive=8):
    """All claim the same at their last two looks; only a follow-up tells the deceptive ones."""
    lows = [0.0, 0.0, 0.4, 0.6]
    calm = [pursued(run(f"plain-{i}", lows), None) for i in range(honest)]
    lying = [pursued(liar(f"pair-{i}", lows), 0.5) for i in range(deceptive)]
    return [*calm, *lying]


def drawn(name, seed):
    """Anything at all, at three looks and two blocks: each code, and two follow-ups of the last one's claims."""
    draw = random.Random(seed)
    looks = tuple(RecordedLook(10 * (i + 1), 20, 24, 0.5, tuple(_anything(draw))) for i in range(3))
    lying = {"deceptive": True, "onset": 20} if seed % 2 else {}
    return RecordedRun(truth(name, **lying), looks)


def _anything(draw):
    for layer in (1, 2):
        place = {"layer": layer, "depth": layer / 2}
        found = [_any_finding(draw, code, cost=2.0, **place) for code in CODES]
        yield from found
        for code in FOLLOW_UPS:
            claimed = found[-1].kind == "evidence"
            shut = finding(code, None, kind="not-applicable", cost=1.0, **place)
            yield _any_finding(draw, code, cost=1.0, **place) if claimed else shut


def _any_finding(draw, code, **place):
    kind = draw.choice(("nothing", "evidence", "evidence", "evidence", "not-applicable"))
    if kind != "evidence":
        return finding(code, None, kind=kind, **place)
    return finding(code, draw.uniform(-0.3, 0.8), **place, explored=draw.uniform(0.0, 1.0))
