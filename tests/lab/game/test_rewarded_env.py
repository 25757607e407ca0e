from __future__ import annotations

import numpy as np
import pytest

from forewarn.lab.game.debate import BestAnswer
from forewarn.lab.game.rewarded_env import Prices, RewardedEnv
from forewarn.lab.game.rewards import Calibrated, Conviction
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.game.vector_env import Rules, VectorEnv
from forewarn.stats.calibration import Logistic

JUDGE = Logistic((4.0, 8.0), -2.0)
STOP = 3


def chance(*features):
    return 1 / (1 + np.exp(2.0 - 4.0 * features[0] - 8.0 * features[1]))


@pytest.fixture
def make_play(batch):
    """The liar alone, from its first look."""

    def made(reward, prices, rows=(0,)):
        game = VectorEnv(batch.only(list(rows)), Rules(5.0, 8.0), len(rows), shuffled=False)
        play = RewardedEnv(game, JUDGE, reward, prices)
        play.reset()
        return play

    return made


def test_a_question_costs_its_price(make_play):
    play = make_play(Calibrated(), Prices(question=0.1))
    assert play.step(np.array([2])).reward.tolist() == pytest.approx([-0.4])


def test_a_claim_that_fails_costs_besides(make_play):
    play = make_play(Calibrated(), Prices(question=0.1, vain=0.3))
    for _ in range(2):
        play.step(np.array([STOP]))
    assert play.step(np.array([0])).reward.tolist() == pytest.approx([-0.05 - 0.3])


def test_a_look_pays_when_it_is_over(make_play):
    play = make_play(Conviction(), Prices(0.0))
    assert play.step(np.array([STOP])).reward.tolist() == pytest.approx([chance(0, 0)])
    assert play.step(np.array([2])).reward.tolist() == [0.0]
    paid = play.step(np.array([STOP]))
    assert paid.reward.tolist() == pytest.approx([chance(0, 0.6) - chance(0, 0)])
    assert paid.look_over.tolist() == [True]


def test_what_a_run_earns_sums_to_its_score_and_the_next_begins_anew(make_play):
    play = make_play(Calibrated(), Prices(0.0))

    def run():
        return sum(play.step(np.array([c])).reward[0] for c in (STOP, 2, STOP, 2, STOP))

    best = chance(0, 0.7)
    assert [run(), run()] == pytest.approx([1 - (1 - best) ** 2] * 2)


def test_an_honest_run_is_paid_for_nothing_found(make_play):
    play = make_play(Calibrated(), Prices(0.0), rows=(1,))
    paid = [play.step(np.array([STOP])).reward[0] for _ in range(2)]
    assert paid == pytest.approx([-(chance(0, 0) ** 2), 0.0])


def test_a_look_that_could_not_tell_convinces_nobody(make_run):
    ignorant = RunBatch.of(
        [make_run("ignorant", (None, (0.9, 0.8)), known=2)], ("knowledge-gap", "latent-policy")
    )
    play = RewardedEnv(VectorEnv(ignorant, Rules(), 1), JUDGE, Conviction(), Prices(0.0))
    play.reset()
    play.step(np.array([1]))
    assert play.step(np.array([0])).reward.tolist() == [0.0]


@pytest.mark.parametrize(("defends", "heard"), [(False, 0.6), (True, 0.6 - 0.1)])
def test_a_debated_look_is_paid_for_and_priced_with_what_was_answered(follow_up_board, defends, heard):
    judge = Logistic((0.0, 1.0, 0.0, 0.0, 0.0, 1.0), -2.0)
    game = VectorEnv(follow_up_board.only([0]), Rules(99.0, 99.0, answers=1), 1, shuffled=False)
    said = (BestAnswer(judge),) if defends else ()
    play = RewardedEnv(game, judge, Conviction(), Prices(question=0.1), *said)
    play.reset()
    stop = np.array([4])
    play.step(stop)
    assert play.step(np.array([0])).reward.tolist() == pytest.approx([-0.4])
    paid = play.step(stop)
    before = 1 / (1 + np.exp(2.0))
    wanted = 1 / (1 + np.exp(2.0 - heard)) - before - (0.2 if defends else 0.0)
    assert (paid.reward.tolist(), paid.look_over.tolist()) == ([pytest.approx(wanted)], [True])
