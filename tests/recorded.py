"""Recorded runs as a table keeps them, without training any."""

from __future__ import annotations

import random
from dataclasses import replace

from forewarn.helpers import Inquiry
from forewarn.lab.population.recorded_look import RecordedAnswer, RecordedLook
from forewarn.lab.population.run import GroundTruth, RecordedRun
from forewarn.records import Evidence, Failed, Interval, NotApplicable, Nothing, Site
from forewarn.records.outcome import UNWRITTEN

CODES = ("knowledge-gap", "observer", "latent-policy")
FOLLOW_UPS = ("latent-policy/composure", "latent-policy/changed-context")
EMPTY = {
    "nothing": lambda code, site: Nothing(code, site, UNWRITTEN, None),
    "not-applicable": lambda code, site: NotApplicable(code, site, UNWRITTEN),
    "failed": lambda code, site: Failed(code, site, UNWRITTEN),
    "unasked": lambda code, site: None,
}
"""What comes of a question that gives no evidence, by kind; None where nobody has asked it."""


def evidence(code, low, site, **changes):
    """A claim whose interval begins there, as a table keeps it: without words."""
    figures = {"explored": low, "effect": low + 0.1, "low": low, "high": low + 0.2, "null": 0.05, "n": 12}
    figures |= changes
    interval = Interval(figures.pop("low"), figures.pop("high"))
    words = dict.fromkeys(("claim", "unit", "finding", "snapshot"), UNWRITTEN)
    return Evidence(code=code, site=site, interval=interval, **figures, **words)


def answer(code, low, *, kind="nothing", layer=1, depth=0.5, cost=2.0, shared=(), **figures):
    """One question of a model of two blocks: evidence with that lower end, or another kind where it is None."""
    site = Site(layer, depth)
    outcome = EMPTY[kind](code, site) if low is None else evidence(code, low, site, **figures)
    return RecordedAnswer(Inquiry(code, site, cost, shared), outcome)


def kind(answer):
    """Of the outcome, by the name that it has above."""
    names = {Nothing: "nothing", NotApplicable: "not-applicable", Failed: "failed", Evidence: "evidence"}
    return names.get(type(answer.outcome), "unasked")


def place(answer):
    """Code and layer."""
    return answer.inquiry.code, answer.inquiry.site.layer


def again(answer, kind="nothing"):
    """The same question with another outcome, that is no evidence."""
    return replace(answer, outcome=EMPTY[kind](*answer.question))


def look(step, *lows, known=20, kind=None):
    """One answer for each code; where lows are missing, nothing was found. `kind` is of the last one."""
    padded = [*lows, *[None] * (len(CODES) - len(lows))]
    found = [answer(code, low) for code, low in zip(CODES, padded, strict=True)]
    if kind is not None:
        found[-1] = answer(CODES[-1], None, kind=kind)
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
    """The run with one follow-up of its last code, which shows `low` where that claims anything beyond chance."""
    return replace(run, looks=tuple(_pursued(look, low) for look in run.looks))


def _pursued(look, low):
    last = look.answers[-1]
    claimed = kind(last) == "evidence" and last.outcome.beyond_chance
    followed = answer(FOLLOW_UPS[0], low) if claimed else answer(FOLLOW_UPS[0], None, kind="not-applicable")
    return replace(look, answers=(*look.answers, followed))


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
        found = [_any_answer(draw, code, cost=2.0, **place) for code in CODES]
        yield from found
        for code in FOLLOW_UPS:
            claimed = kind(found[-1]) == "evidence"
            shut = answer(code, None, kind="not-applicable", cost=1.0, **place)
            yield _any_answer(draw, code, cost=1.0, **place) if claimed else shut


def _any_answer(draw, code, **place):
    drawn = draw.choice(("nothing", "evidence", "evidence", "evidence", "not-applicable"))
    if drawn != "evidence":
        return answer(code, None, kind=drawn, **place)
    return answer(code, draw.uniform(-0.3, 0.8), **place, explored=draw.uniform(0.0, 1.0))
