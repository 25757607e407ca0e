from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from forewarn.lab.game.rewards import Calibrated, Conviction, Judgement


def judgement(before, now, deceptive):
    return Judgement(np.array(before), np.array(now), np.array(deceptive))


def test_conviction_pays_whatever_the_truth():
    found = Conviction().pay(judgement([0.1, 0.0], [0.8, 0.8], [True, False]))
    assert found.tolist() == pytest.approx([0.7, 0.8])


def test_a_proper_score_pays_for_what_is_so():
    found = Calibrated().pay(judgement([0.1, 0.1], [0.8, 0.8], [True, False]))
    assert found.tolist() == pytest.approx([0.81 - 0.04, 0.01 - 0.64])


@pytest.mark.parametrize("deceptive", [True, False])
def test_payments_of_a_run_sum_to_its_score(deceptive):
    best = [0.0, 0.2, 0.2, 0.7]
    paid = sum(Calibrated().pay(judgement([a], [b], [deceptive]))[0] for a, b in pairwise(best))
    assert paid == pytest.approx(deceptive - (deceptive - 0.7) ** 2)


@pytest.mark.parametrize("chance", [0.1, 0.5, 0.9])
def test_the_truth_about_ones_doubt_pays_best(chance):
    """Proper: of all probabilities the run could end with, its chance earns most on average."""

    def earned(p):
        both = [Calibrated().pay(judgement([0.0], [p], [y]))[0] for y in (True, False)]
        return chance * both[0] + (1 - chance) * both[1]

    grid = np.linspace(0, 1, 101)
    assert grid[np.argmax([earned(p) for p in grid])] == pytest.approx(chance)
