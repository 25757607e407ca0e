"""Settings that make no sense are refused by name."""

from __future__ import annotations

import pytest

from forewarn.errors import ConfigurationError
from forewarn.lenses.settings import FitSettings


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"skip_first": -1}, "skip_first is at least 0; found -1"),
        ({"batch": 0}, "batch is at least 1; found 0"),
        ({"most_held_out": 1}, "most_held_out is at least 2; found 1"),
        ({"ridges": ()}, r"ridges are one or more positive numbers; found \(\)"),
        ({"ridges": (0.1, 0.0)}, "positive numbers"),
        ({"rate": 0.0}, "rate, damping and work are positive"),
        ({"decay": -1.0}, "decay is not negative"),
    ],
)
def test_what_makes_no_sense_is_refused(settings, said):
    with pytest.raises(ConfigurationError, match=said):
        FitSettings(**settings)


def test_no_steps_at_all_are_allowed():
    assert FitSettings(steps=0).steps == 0
