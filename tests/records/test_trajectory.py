from __future__ import annotations

from dataclasses import replace

import pytest

from forewarn.records import LensReading, Trajectories, Trajectory

CELLS = (((1, 2), (3, 4)), ((1, 2), (3, 4)), ((1, 2), (3, 4)))
SHARES = tuple(tuple((0.6, 0.3) for _ in row) for row in CELLS)


def trajectory(**changes):
    reading = LensReading("tuned", CELLS, SHARES)
    made = Trajectory(
        "Paris", "Paris|r", "plain", "", 0, (7, 8), (reading,), (0.1, 0.2, 0.7), (0.2, 0.3, 0.1)
    )
    return replace(made, **changes)


def trajectories(**changes):
    figures = (0.3, 0.1, 0.0)
    made = Trajectories(1, "e" * 64, ("0", "1a", "1"), figures, figures, {"7": "Paris"}, (trajectory(),))
    return replace(made, **changes)


def test_words_and_readings_are_found_by_name():
    assert [trajectories().word(t) for t in (7, 8)] == ["Paris", "#8"]
    assert trajectory().reading("tuned").lens == "tuned"
    assert trajectory().reading("logit") is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 2}, "trajectories of format 1 can be read; found 2"),
        ({"tuned_kl": (0.1,)}, "there are 3 sites, but not as many figures of quality"),
        ({"trajectories": (trajectory(ids=(7,)),)}, "'Paris' wants 3 sites by 1 tokens"),
        ({"trajectories": (trajectory(truth=(0.1,)),)}, "'Paris' wants 3 sites by 2 tokens"),
    ],
)
def test_what_does_not_fit_together_cannot_be_built(changes, message):
    with pytest.raises(ValueError, match=message):
        trajectories(**changes)


def test_a_probability_for_every_token():
    with pytest.raises(ValueError, match="a logit reading has tokens and probabilities of different shapes"):
        LensReading("logit", CELLS, SHARES[:2])
