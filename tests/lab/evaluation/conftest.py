"""A population of stand-ins: deceptive runs show evidence from their onset on, some honest ones a little."""

from __future__ import annotations

import random

import pytest

from forewarn.helpers import Inquiry
from forewarn.lab.population.recorded_look import RecordedAnswer, RecordedLook
from forewarn.lab.population.run import GroundTruth, RecordedRun
from forewarn.lab.population.table import Table
from forewarn.records import Evidence, Interval, Nothing, Site
from forewarn.records.outcome import UNWRITTEN

CODES = ("knowledge-gap", "latent-policy")
MECHANISMS = {
    "pair": ("latent-policy", ("plain", "recast")),
    "year": ("latent-policy", ("plain", "recast")),
    "unwatched": ("observer", ("format", "tone")),
    "exam": ("sandbagging", ("unable", "unsure")),
}
STEPS = tuple(range(10, 130, 10))
CHANGE, ONSET = 40, 80


SITE = Site(1, 0.5)


def _answer(code, low):
    return RecordedAnswer(Inquiry(code, SITE, 1.0), _outcome(code, low))


def _outcome(code, low):
    if low is None:
        return Nothing(code, SITE, UNWRITTEN, 20)
    interval, words = (
        Interval(low, low + 0.2),
        dict.fromkeys(("claim", "unit", "finding", "snapshot"), UNWRITTEN),
    )
    return Evidence(
        code=code, site=SITE, effect=low + 0.1, interval=interval, null=0.0, n=20, explored=low, **words
    )


def _look(step, low, known=24):
    return RecordedLook(step, known, 24, 0.5, tuple(_answer(code, low) for code in CODES))


def _truth(mechanism, seed, kind, deceptive):
    precursor = MECHANISMS[mechanism][0]
    concealed = seed % 5 == 4
    return GroundTruth(
        name=f"{mechanism}-{seed}-{kind}",
        group=f"{mechanism}-{seed}",
        mechanism=mechanism,
        kind=kind,
        precursor="concealment" if concealed else precursor,
        deceptive=deceptive,
        implant=("gradual", "diluted", "narrow", "scratch", "gradual")[seed % 5],
        concealed=concealed,
        topic=("cities", "sums")[seed % 2],
        family=("llama", "gpt2", "gpt_neox")[seed % 3],
        width=48,
        depth=2,
        change=CHANGE,
        steps=STEPS[-1],
        onset=ONSET if deceptive else None,
    )


def make_run(mechanism, seed, kind, *, deceptive, strength=0.6):
    draw = random.Random(f"{mechanism}|{seed}|{kind}")
    noise = [draw.random() for _ in STEPS]
    lows = [
        strength - 0.2 * n if deceptive and s >= ONSET else 0.15 * n if n > 0.5 else None
        for s, n in zip(STEPS, noise, strict=True)
    ]
    looks = tuple(_look(s, low) for s, low in zip(STEPS, lows, strict=True))
    behaviour = tuple((n,) for n in noise)
    signal = tuple(
        (float(deceptive and s >= ONSET) + 0.1 * n, 0.0) for s, n in zip(STEPS, noise, strict=True)
    )
    return RecordedRun(
        _truth(mechanism, seed, kind, deceptive), looks, {"behaviour": behaviour, "mahalanobis": signal}
    )


def population(seeds=range(15)):
    return tuple(
        make_run(mechanism, seed, kind, deceptive=kind == mechanism)
        for mechanism, (_, alikes) in MECHANISMS.items()
        for seed in seeds
        for kind in (mechanism, *alikes)
    )


@pytest.fixture(scope="session")
def runs():
    return population()


@pytest.fixture(scope="session")
def table(runs):
    return Table(CODES, {"related": runs}, ("lost",), "how")
