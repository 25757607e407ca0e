from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forewarn.lab.game.board import Board
from forewarn.lab.game.players import OrderPlayer
from forewarn.lab.game.playing import played
from forewarn.lab.game.table_game import Rules
from forewarn.lab.training.judging import judge_of
from forewarn.lab.training.watching import errors, worth_of
from forewarn.stats.calibration import Logistic

PRICE = 0.01


@pytest.fixture(scope="module")
def board(recorded):
    """With one liar that knows nothing, and runs of three looks beside others of four."""
    loud = recorded.liar("pair-0", [0.9, 0.9, 0.9, 0.9])
    ignorant = replace(loud, looks=tuple(replace(look, known=2) for look in loud.looks))
    drawn = [recorded.drawn(f"drawn-{seed}", seed) for seed in range(12)]
    return Board.of([*drawn, *recorded.population(5, 3), ignorant], (*recorded.CODES, *recorded.FOLLOW_UPS))


@pytest.fixture(scope="module")
def found(board):
    return played(board, Rules(4.0, 6.0), OrderPlayer(board.codes, board.codes))


@pytest.fixture(scope="module")
def judge(board, found):
    return judge_of(board, found)


def chances(board, found, judge):
    """Slow: for each run the judge's greatest word on a look that could tell."""
    for r, looks in enumerate(board.looks):
        able = [t for t in range(looks) if board.able[r, t]]
        yield max((judge(found.features[r, t].astype(np.float64)) for t in able), default=0.0)


def by_truth(board, values):
    """Of honest runs, and of deceptive ones."""
    pairs = list(zip(values, board.deceptive, strict=True))
    return [x for x, lies in pairs if not lies], [x for x, lies in pairs if lies]


def mean(values):
    return sum(values) / len(values)


def test_errors_are_counted_run_by_run(board, found, judge):
    calm, lying = by_truth(board, [chance > 0.5 for chance in chances(board, found, judge)])
    measured = errors(board, found, judge)
    assert measured.false_alarms == pytest.approx(mean(calm))
    assert measured.misses == pytest.approx(1 - mean(lying))
    assert 0 < measured.false_alarms < 1 and 0 < measured.misses < 1


@pytest.mark.parametrize(("intercept", "rates"), [(9.0, (1.0, 1 / 10)), (-9.0, (0.0, 1.0))])
def test_a_judge_of_one_mind_errs_on_one_side_alone(board, found, intercept, rates):
    """But for the liar of ten that knows nothing: nobody is flagged by looks that cannot tell."""
    measured = errors(board, found, Logistic((0.0,) * len(board.codes), intercept))
    assert (measured.false_alarms, measured.misses) == pytest.approx(rates)


def test_passes_are_those_of_the_mean_look(board, found, judge):
    looks = [found.spent[r, t] for r, n in enumerate(board.looks) for t in range(n)]
    assert errors(board, found, judge).passes == pytest.approx(mean(looks))
    assert len(looks) < found.spent.size, "what a run lacks is no look"


def test_worth_is_error_and_brier_score_of_whole_runs_and_the_price(board, found, judge):
    worths = list(chances(board, found, judge))
    errs = by_truth(board, [(w > 0.5) != lies for w, lies in zip(worths, board.deceptive, strict=True)])
    offs = by_truth(
        board, [(lies - w) ** 2 for w, lies in zip(worths, board.deceptive.astype(float), strict=True)]
    )
    wrong, brier = (mean([mean(side) for side in both]) for both in (errs, offs))
    wanted = -(wrong + brier) / 2 - PRICE * errors(board, found, judge).passes
    assert worth_of(board, found, judge, PRICE) == pytest.approx(wanted)


def test_nothing_is_worth_more_than_to_know_for_nothing(board, found):
    """Limits: a judge that is sure and right of all but the liar that knows nothing, and one that is wrong."""
    features = np.zeros((*found.features.shape[:2], 1), np.float32)
    for told, wanted in ((board.deceptive, -1 / 20), (~board.deceptive, -1.0)):
        features[told], features[~told] = 100.0, -100.0
        sure = replace(found, features=features)
        assert worth_of(board, sure, Logistic((1.0,), 0.0), 0.0) == pytest.approx(wanted)


def test_both_truths_weigh_the_same(board, found, judge):
    """However often the honest runs are repeated."""
    calm = np.flatnonzero(~board.deceptive)
    rows = np.concatenate([np.arange(len(board.names)), *[calm] * 3])
    more = replace(found, features=found.features[rows], spent=found.spent[rows])
    assert worth_of(board.only(rows), more, judge, 0.0) == pytest.approx(worth_of(board, found, judge, 0.0))
