from __future__ import annotations

import numpy as np
import pytest

from forewarn.lab.evaluation.detectors.evidence import EvidenceDetector
from forewarn.lab.evaluation.shipped import load
from forewarn.lab.game.batch_policies import OrderPolicy
from forewarn.lab.game.rollouts import rollouts
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.game.vector_env import Rules
from forewarn.lab.training.judge_fit import _settled_looks, fit_judge, probabilities

ALL = Rules(1e6, 1e6)


@pytest.fixture(scope="module")
def recorded():
    table = load()
    return table.codes, table.runs["related"][:60]


def test_looks_before_onset_and_looks_that_could_not_tell_are_left_out(recorded):
    codes, runs = recorded
    settled = _settled_looks(RunBatch.of(runs, codes))
    for run, row in zip(runs, settled, strict=True):
        onset = run.truth.onset
        for look, counts in zip(run.looks, row, strict=False):
            begun = not run.truth.deceptive or (onset is not None and look.step >= onset)
            assert counts == (begun and look.known >= 4)


def test_the_judge_of_whole_looks_is_the_scorecards(recorded):
    """A twin: the exhaustive detector, fitted and asked by the evaluation's own code."""
    codes, runs = recorded
    batch = RunBatch.of(runs, codes)
    found = rollouts(batch, ALL, OrderPolicy(codes, codes))
    chance = probabilities(fit_judge(batch, found), batch, found)
    scorer = EvidenceDetector(codes).fit(runs, 0)
    for run, row in zip(runs, chance, strict=True):
        wanted = [0.0 if p is None else p for p in scorer(run)]
        assert row[: len(wanted)].tolist() == pytest.approx(wanted, abs=1e-3)
    assert np.isfinite(chance).all()
