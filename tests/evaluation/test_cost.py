from __future__ import annotations

import pytest

from forewarn.evaluation.cost import cost


def test_a_look_costs_what_its_questions_cost(runs):
    found = cost(runs)
    assert found.passes.value == pytest.approx(2.0)
    assert found.seconds.value == pytest.approx(0.5)
    assert found.seconds.n == len(runs)
