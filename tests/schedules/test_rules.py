"""Schedules as tables of booleans."""

from __future__ import annotations

import copy

import pytest

from forewarn.errors import ConfigurationError
from forewarn.schedules import AnyOf, At, EveryNSteps, Geometric, Schedule, parse_schedule

ALL = [
    (EveryNSteps(3), [3, 6, 9, 12]),
    (EveryNSteps(1), list(range(1, 13))),
    (EveryNSteps(4, start=2), [2, 6, 10]),
    (EveryNSteps(4, start=4), [4, 8, 12]),
    (EveryNSteps(100, start=11), [11]),
    (Geometric(), [1, 2, 4, 8]),
    (Geometric(first=3, ratio=1.5), [3, 5, 8, 12]),
    (Geometric(first=2, ratio=1.01), list(range(2, 13))),
    (At((0, 5, 11)), [0, 5, 11]),
    (At((7, 2, 7)), [2, 7]),
    (AnyOf((EveryNSteps(5), At((0, 1)))), [0, 1, 5, 10]),
    (AnyOf((EveryNSteps(5), AnyOf((At((10,)), Geometric(first=6, ratio=2.0))))), [5, 6, 10, 12]),
]


@pytest.mark.parametrize(("schedule", "due"), ALL, ids=[repr(schedule) for schedule, _ in ALL])
class TestEverySchedule:
    def test_is_due_at_these_steps_of_the_first_dozen_and_no_other(self, schedule, due):
        assert [step for step in range(13) if schedule.due(step)] == due

    def test_does_not_remember_what_it_was_asked(self, schedule, due):
        before = copy.deepcopy(schedule)
        backwards = [step for step in reversed(range(13)) if schedule.due(step)]
        assert backwards == list(reversed(due))
        assert [schedule.due(due[-1]) for _ in range(3)] == [True] * 3
        assert schedule == before

    def test_looks_where_it_would_have_after_a_resume(self, schedule, due):
        rebuilt = copy.deepcopy(schedule)
        resumed = [step for step in range(7) if schedule.due(step)]
        resumed += [step for step in range(7, 13) if rebuilt.due(step)]
        assert resumed == due

    def test_is_a_schedule_and_not_due_before_training(self, schedule, due):
        assert isinstance(schedule, Schedule)
        assert not schedule.due(-1)
        assert not schedule.due(-3)


def test_step_zero_is_due_only_where_it_is_named():
    assert [s.due(0) for s in (EveryNSteps(1), EveryNSteps(5, start=0), Geometric(), At((0,)))] == [
        False,
        False,
        False,
        True,
    ]


def test_far_steps_are_answered_exactly():
    assert Geometric().due(2**40)
    assert not Geometric().due(2**40 + 1)
    assert EveryNSteps(7).due(7 * 10**15)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: EveryNSteps(0), "n must be a whole number of at least 1; found 0"),
        (lambda: EveryNSteps(-5), "found -5"),
        (lambda: EveryNSteps(2.0), r"found 2\.0"),
        (lambda: EveryNSteps(True), "found True"),
        (lambda: EveryNSteps(2, start=-1), "start must be a whole number of at least 0; found -1"),
        (lambda: Geometric(first=0), "first must be a whole number of at least 1; found 0"),
        (lambda: Geometric(ratio=1.0), r"ratio above 1; found 1\.0"),
        (lambda: Geometric(ratio=float("inf")), "finite ratio above 1; found inf"),
        (lambda: Geometric(ratio=float("nan")), "found nan"),
        (lambda: At(()), "at least one step; found none"),
        (lambda: At((3, -1)), "a step must be a whole number of at least 0; found -1"),
        (lambda: AnyOf(()), "at least one; found none"),
    ],
)
def test_impossible_schedules_are_refused(make, message):
    with pytest.raises(ConfigurationError, match=message):
        make()


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
