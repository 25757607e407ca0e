"""From a user's setting to a schedule."""

from __future__ import annotations

import pytest

from forewarn.errors import ConfigurationError
from forewarn.schedules import At, EveryNSteps, Schedule, parse_schedule


class Fridays:
    def due(self, step: int) -> bool:
        return step % 7 == 5


def test_a_number_is_a_distance_in_steps():
    assert parse_schedule(200) == EveryNSteps(200)


@pytest.mark.parametrize("schedule", [At((3,)), Fridays()])
def test_a_schedule_stays_what_it_is(schedule):
    assert parse_schedule(schedule) is schedule


@pytest.mark.parametrize("wrong", [0, -1, True, 2.5, "200", None, [1, 2], Fridays, Schedule])
def test_anything_else_is_refused_with_what_to_pass(wrong):
    with pytest.raises(
        ConfigurationError, match=r"whole number of at least 1, or a Schedule; found .*Geometric"
    ):
        parse_schedule(wrong)
