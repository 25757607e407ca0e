from __future__ import annotations

import numpy as np
import pytest

from forewarn.lab.contest.entrant import JudgedPolicy
from forewarn.lab.game.batch_policies import OrderPolicy
from forewarn.lab.game.debate import BestAnswer
from forewarn.lab.game.rollouts import rollouts
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.game.vector_env import Rules
from forewarn.lab.training.judge_fit import fit_judge
from forewarn.stats.calibration import Logistic


@pytest.fixture(scope="module")
def batch(runs, codes):
    return RunBatch.of(
        [runs["matched group0-liar"], runs["matched group0-calm0"], runs["matched group1-calm0"]], codes
    )


def test_each_look_is_judged_by_what_was_asked_there(batch):
    """A twin: the judge's own word, look by look. Nothing was claimed at the first look: composure is news."""
    judge = Logistic((0.0, 1.0, 3.0, 2.0), -1.0)
    playing = JudgedPolicy(
        OrderPolicy(batch.codes, ("latent-policy", "latent-policy/composure")), Rules(4.0, 4.0), judge
    )
    seen = playing.look((), batch)
    for row, claims in enumerate([[0.0, 0, 0.4, 0.8]]):
        for look, low in enumerate(claims[2:], 2):
            assert seen.chance[row, look] == pytest.approx(judge((0, 0, low, 0.3)), abs=1e-6)
    assert (seen.spent == 4.0).all()


def test_a_player_may_be_judged_by_its_own_looks(batch):
    policy, rules = OrderPolicy(batch.codes, ("latent-policy",)), Rules(2.0, 2.0)
    assert JudgedPolicy.judged(policy, rules, batch).judge == fit_judge(batch, rollouts(batch, rules, policy))


def test_a_debated_player_is_answered(batch):
    """Only what the honest ones claim falls short by much: nothing of it was found again."""
    judge = Logistic((0, 0, 4.0, 0, 0, 0, 0, 9.0), -1.0)
    policy, rules = OrderPolicy(batch.codes, ("latent-policy",)), Rules(2.0, 2.0, answers=1)
    silent, answered = (
        JudgedPolicy(policy, rules, judge, *d).look((), batch) for d in ((), (BestAnswer(judge),))
    )
    assert (answered.chance <= silent.chance).all()
    assert (answered.chance[1:] < silent.chance[1:]).all()
    assert np.array_equal(answered.spent - silent.spent, 2.0 * (answered.chance < silent.chance))
