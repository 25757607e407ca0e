"""What a manifest says of a schedule is enough to tell which looks were due."""

from __future__ import annotations

import json

import pytest

from forewarn.schedules import AnyOf, At, EveryNSteps, Geometric, as_plain, due_between, from_plain

SCHEDULES = [
    EveryNSteps(3),
    EveryNSteps(5, start=7),
    Geometric(2, 1.3),
    At((0, 4, 9, 9, 30)),
    AnyOf((EveryNSteps(7), Geometric(), At((5,)))),
]


@pytest.mark.parametrize("schedule", SCHEDULES, ids=repr)
def test_a_schedule_comes_back_from_json(schedule):
    assert from_plain(json.loads(json.dumps(as_plain(schedule)))) == schedule


@pytest.mark.parametrize("schedule", SCHEDULES, ids=repr)
@pytest.mark.parametrize(("after", "until"), [(0, 60), (4, 5), (9, 30), (30, 9), (0, 0)])
def test_the_steps_listed_are_those_that_are_due(schedule, after, until):
    slow = tuple(step for step in range(after + 1, until + 1) if schedule.due(step))
    assert due_between(schedule, after, until) == slow


class Own:
    def due(self, step):
        return step % 4 == 0


def test_a_schedule_of_ones_own_is_not_told_and_yet_listed():
    assert as_plain(Own()) is None
    assert as_plain(AnyOf((EveryNSteps(2), Own()))) is None
    assert due_between(Own(), 0, 9) == (4, 8)


@pytest.mark.parametrize(
    "plain",
    [
        None,
        3,
        "EveryNSteps(n=2)",
        {},
        {"kind": "EveryNSteps", "n": 0, "start": 0},
        {"kind": "EveryNSteps", "n": True, "start": 0},
        {"kind": "EveryNSteps"},
        {"kind": "Geometric", "first": 1, "ratio": 1e300},
        {"kind": "Geometric", "first": 1, "ratio": "2"},
        {"kind": "At", "steps": ["a"]},
        {"kind": "AnyOf", "schedules": [None]},
        {"kind": "Own"},
    ],
)
def test_anything_else_is_no_schedule(plain):
    assert from_plain(plain) is None


def test_what_is_nested_too_deeply_is_no_schedule():
    plain = as_plain(EveryNSteps(2))
    for _ in range(2_000):
        plain = {"kind": "AnyOf", "schedules": [plain]}
    assert from_plain(plain) is None


def test_too_many_steps_are_not_listed():
    assert due_between(EveryNSteps(1), 0, 10**400) is None
    assert due_between(AnyOf((EveryNSteps(1), At((3,)))), 0, 10**18) is None
    assert due_between(Geometric(1, 2.0), 0, 10**400)[-1] == 2**53
