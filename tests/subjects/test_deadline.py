from __future__ import annotations

import pytest

from forewarn.errors import TimeIsUp
from forewarn.subjects import deadline
from forewarn.subjects.deadline import check_time, within


@pytest.fixture
def clock(monkeypatch):
    """A clock that is set by hand."""
    now = [0.0]
    monkeypatch.setattr(deadline.time, "monotonic", lambda: now[0])
    return now


def test_there_is_time_until_there_is_none(clock):
    with pytest.raises(TimeIsUp, match="it took longer than 5 seconds"), within(5.0):
        check_time()
        clock[0] = 5.0
        check_time()
        clock[0] = 5.1
        check_time()


def test_work_that_was_complete_stands(clock):
    with within(5.0):
        check_time()
        clock[0] = 9.0


def test_an_error_that_was_swallowed_ends_the_work_all_the_same(clock):
    with pytest.raises(TimeIsUp), within(5.0):
        clock[0] = 6.0
        try:
            check_time()
        except Exception:
            clock[0] = 0.0


def test_without_a_limit_there_is_always_time(clock):
    check_time()
    with within(None):
        clock[0] = 1e9
        check_time()


def test_a_limit_ends_with_its_work(clock):
    with pytest.raises(ValueError, match="on purpose"), within(5.0):
        clock[0] = 9.0
        raise ValueError("on purpose")
    check_time()


def test_no_forward_pass_is_begun_without_time(clock, planted):
    subject = planted.inputs(planted.LIAR).subject
    prompts = [[1, 2]]
    with pytest.raises(TimeIsUp), within(5.0):
        assert subject.logits(prompts).shape[0] == 1
        clock[0] = 6.0
        subject.logits(prompts)
