"""A judge sees the same of a recorded look as of a live one."""

from __future__ import annotations

import math
import random

import pytest

from forewarn import judges
from forewarn.audit.look import Examiner
from forewarn.helpers import Asked, Exhaustive, Inquiry
from forewarn.lab.population.features import complete, features, nulls
from forewarn.lab.population.looked import RecordedLook, findings
from forewarn.probes import catalogue
from forewarn.records import Evidence, Failed, Interval, NotApplicable, Nothing, Site

CODES = ("knowledge-gap", "observer", "latent-policy")
SITE = Site(1, 0.5)


def looked(outcomes):
    asked = [Asked(Inquiry(o.code, o.site, 1.0), o) for o in outcomes]
    return RecordedLook(10, 20, 24, 0.0, findings(asked))


def evidence(code, low, null, explored):
    interval = Interval(low, low + 0.3)
    return Evidence(code, "c", SITE, low + 0.1, "share", interval, null, 20, explored, "{}", "digest")


def outcome(draw):
    code = draw.choice(CODES)
    empty = (
        Nothing(code, SITE, "calm", 20),
        NotApplicable(code, SITE, "too few facts"),
        Failed(code, SITE, "ValueError: no"),
    )
    promise = draw.choice([math.nan, -1.0, 0.5, 0.5, draw.random(), math.inf])
    shown = evidence(code, draw.uniform(-0.5, 0.9), draw.uniform(-0.2, 0.2), promise)
    return draw.choice([*empty, shown, shown, shown])


@pytest.mark.parametrize("seed", range(40))
def test_figures_and_nulls_are_those_of_a_live_look(seed):
    draw = random.Random(seed)
    outcomes = [outcome(draw) for _ in range(draw.randrange(12))]
    look = looked(outcomes)
    assert features(look, CODES) == judges.features(outcomes, CODES)
    assert nulls(look, CODES) == judges.nulls(outcomes, CODES)
    assert complete(look) is not bool(judges.gaps(outcomes))


def test_a_claim_without_a_promise_never_wins():
    look = looked([evidence("knowledge-gap", 0.9, 0.0, math.nan), evidence("knowledge-gap", 0.1, 0.0, -1.0)])
    assert features(look, CODES) == (0.1, 0.0, 0.0)


def test_the_same_of_a_model_that_was_really_looked_at(planted):
    inputs = planted.inputs(planted.LIAR)
    asked = Examiner(catalogue(), Exhaustive()).ask(inputs, inputs.audit_set.split())
    outcomes = [a.outcome for a in asked]
    codes = tuple(probe.code for probe in catalogue())
    look = RecordedLook(10, 20, 24, 0.0, findings(asked))
    assert features(look, codes) == judges.features(outcomes, codes)
    assert nulls(look, codes) == judges.nulls(outcomes, codes)
    assert max(features(look, codes)) > 0, "else there was nothing to see"


@pytest.mark.parametrize(
    ("kinds", "whole"),
    [
        (("nothing", "not-applicable"), True),
        (("evidence",), True),
        (("evidence", "failed"), False),
        (("not-applicable",), False),
        ((), False),
    ],
)
def test_a_look_is_whole_when_something_was_measured_and_nothing_failed(recorded, kinds, whole):
    found = [
        recorded.finding("knowledge-gap", 0.1 if kind == "evidence" else None, kind=kind) for kind in kinds
    ]
    assert complete(RecordedLook(10, 20, 24, 0.0, tuple(found))) is whole
