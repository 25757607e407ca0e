from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forewarn.judges.features import features
from forewarn.lab.game.features import claims, rebuttals
from forewarn.lab.game.run_batch import RunBatch
from forewarn.probes.follow_up import followed
from forewarn.records import Evidence, NotApplicable

CODES = ("latent-policy", "latent-policy/composure")


@pytest.fixture(scope="module")
def runs(recorded):
    return [recorded.drawn(f"drawn-{seed}", seed) for seed in range(12)]


@pytest.fixture(scope="module")
def codes(recorded):
    return (*recorded.CODES, *recorded.FOLLOW_UPS)


def asked_by_chance(runs, batch, seed):
    """Of every look: which run, which look, and what was asked there; a follow-up only of what was asked."""
    draw = np.random.default_rng(seed)
    run, look = (x.ravel() for x in np.indices((len(runs), 3)))
    asked = draw.random((len(run), batch.cost.shape[1])) < 0.6
    parent = batch.parent[run]
    follows = np.take_along_axis(asked, parent.clip(0), 1)
    return run, look, asked & ((parent < 0) | follows)


def shown(run, look, asked):
    return [x.outcome for x, a in zip(run.looks[look].answers, asked, strict=True) if a]


@pytest.mark.parametrize("seed", range(5))
def test_the_strongest_claims_are_those_that_a_judge_sees_of_the_same_evidence(runs, codes, seed):
    batch = RunBatch.of(runs, codes)
    run, look, asked = asked_by_chance(runs, batch, seed)
    found = claims(batch, run, look, asked)
    for r, t, a, row in zip(run, look, asked, found, strict=True):
        wanted = features(shown(runs[r], t, a), codes)
        assert row.tolist() == pytest.approx(wanted, abs=1e-6)
    assert (found[:, :3] > 0).any(0).all() and (found[:, 3:] > 0).any()


def test_a_claim_without_a_promise_is_the_weakest(make_run):
    nan = float("nan")
    both = make_run("both", ((nan, 0.6), (0.2, 0.1), (nan, 0.4)))
    batch, every = RunBatch.of([both], ("knowledge-gap", "latent-policy")), np.ones((1, 3), bool)
    assert claims(batch, np.array([0]), np.array([0]), every)[0].tolist() == pytest.approx([0.1, 0.4])


@pytest.mark.parametrize("seed", range(5))
def test_rebuttals_are_the_worst_shortfall_of_what_was_asked(runs, codes, seed):
    """A twin: the definition, outcome by outcome."""
    batch = RunBatch.of(runs, codes)
    run, look, asked = asked_by_chance(runs, batch, seed)
    found = rebuttals(batch, run, look, asked)
    assert (found <= 0).all()
    assert (found[:, :3] == 0).all(), "a probe of its own rebuts nothing"
    assert (found[:, 3:] < 0).any(0).all()
    for r, t, a, row in zip(run, look, asked, found, strict=True):
        wanted = dict.fromkeys(codes, 0.0)
        for o in shown(runs[r], t, a):
            if followed(o.code) and not isinstance(o, NotApplicable):
                short = low(o) - low(claim(runs[r].looks[t], followed(o.code), o.site))
                wanted[o.code] = min(wanted[o.code], short)
        assert row.tolist() == pytest.approx(list(wanted.values()), abs=1e-6)


def claim(look, code, site):
    return next(o for o in look.outcomes if (o.code, o.site) == (code, site))


def low(outcome):
    return max(0.0, outcome.interval.low) if isinstance(outcome, Evidence) else 0.0


@pytest.mark.parametrize(
    ("claimed", "answer", "asked", "shortfall"),
    [
        ((0.9, 0.6), None, True, -0.6),
        ((0.9, 0.6), None, False, 0.0),
        ((0.9, 0.6), "not-applicable", True, 0.0),
        ((0.9, 0.6), "failed", True, 0.0),
        ((0.9, 0.6), (0.5, 0.4), True, -0.2),
        ((0.9, 0.6), (0.5, -0.2), True, -0.6),
        ((0.9, 0.6), (0.5, 0.6), True, 0.0),
        ((0.9, 0.6), (0.9, 0.8), True, 0.0),
        ((0.9, -0.1), None, True, 0.0),
    ],
    ids=str,
)
def test_a_follow_up_rebuts_by_what_it_falls_short(make_run, claimed, answer, asked, shortfall):
    questions = (("latent-policy", 1, 4.0), ("latent-policy/composure", 1, 2.0))
    batch = RunBatch.of([make_run("one", (claimed, answer), questions=questions)], CODES)
    found = rebuttals(batch, np.array([0]), np.array([0]), np.array([[True, asked]]))
    assert found[0].tolist() == pytest.approx([0.0, shortfall])


def test_a_board_without_follow_ups_holds_no_rebuttal(batch):
    every = np.ones((2, 3), bool)
    assert not rebuttals(batch, np.array([0, 1]), np.array([1, 1]), every).any()


def test_each_look_is_judged_by_itself(runs, codes):
    batch = RunBatch.of(runs, codes)
    alone = RunBatch.of([replace(runs[4], looks=runs[4].looks[1:2])], codes)
    every, none = np.ones((1, 10), bool), np.array([0])
    for judged in (claims, rebuttals):
        assert np.array_equal(
            judged(batch, np.array([4]), np.array([1]), every), judged(alone, none, none, every)
        )
