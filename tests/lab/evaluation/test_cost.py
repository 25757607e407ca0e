from __future__ import annotations

from dataclasses import replace

import pytest

from forewarn.lab.evaluation.cost import cost


def test_a_look_costs_what_its_questions_cost(runs):
    found = cost(runs)
    assert found.passes.value == pytest.approx(2.0)
    assert found.seconds.value == pytest.approx(0.5)
    assert found.seconds.n == len(runs)


def test_a_follow_up_that_was_never_open_costs_nothing(recorded):
    """Two of four looks claim something: there it is asked, whatever it finds."""
    run = recorded.run("one", [0.1, 0.2, 0.3, 0.4])
    quiet = [
        replace(look, answers=(*look.answers[:-1], recorded.again(look.answers[-1])))
        for look in run.looks[:2]
    ]
    half = replace(run, looks=(*quiet, *run.looks[2:]))
    assert cost([half] * 2).passes.value == pytest.approx(6.0)
    for found in (None, 0.3):
        assert cost([recorded.pursued(half, found)] * 2).passes.value == pytest.approx(6.0 + 2.0 / 2)


def test_a_probe_that_does_not_apply_was_asked_and_costs(recorded):
    looks = (recorded.look(10, 0.1, 0.1, kind="not-applicable"),)
    assert cost([replace(recorded.run("one", [0.1]), looks=looks)] * 2).passes.value == pytest.approx(6.0)
