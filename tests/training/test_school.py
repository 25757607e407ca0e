from __future__ import annotations

import torch

from forewarn.evaluation.shipped import load
from forewarn.game.board import Board
from forewarn.game.rewards import Calibrated
from forewarn.game.table_game import Rules
from forewarn.helpers.network import Network, Sizes
from forewarn.training.actor_critic import Schooling
from forewarn.training.school import Course, stages


def course(**changes):
    return Course(
        Rules(6.0, 24.0), Calibrated(), schooling=Schooling(updates=3, turns=4), games=16, width=8, **changes
    )


def board():
    table = load()
    return Board.of(table.runs["K1"][::6], table.codes)


def test_helper_and_judge_take_turns():
    first, second = stages(board(), course())
    assert first.network is second.network
    assert first.judge != second.judge
    assert [lesson.update for lesson in second.lessons] == [0, 1, 2]


def test_the_same_course_gives_the_same():
    one, two = (list(stages(board(), course()))[-1] for _ in range(2))
    assert one.judge == two.judge
    assert one.lessons == two.lessons


def test_a_network_that_is_given_goes_on():
    table = board()
    given = Network(Sizes(table.codes, 8), seed=9)
    before = {name: t.clone() for name, t in given.state_dict().items()}
    stage = next(stages(table, course(rounds=1), given))
    assert stage.network is given
    assert any(not torch.equal(t, before[name]) for name, t in given.state_dict().items())
