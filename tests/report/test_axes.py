from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from forewarn.report.axes import Axes, tick_gap

AXES = Axes(width=100, height=60, left=10, right=10, top=5, bottom=15, first=0, last=400)


def test_corners():
    assert (AXES.x(0), AXES.x(400), AXES.y(0), AXES.y(1)) == (10, 90, 45, 5)
    assert AXES.y(1.2) == 5


def test_ticks_are_round_and_few():
    assert AXES.ticks(4) == (0, 100, 200, 300, 400)


@given(st.integers(1, 10**9), st.integers(1, 20))
def test_a_gap_is_a_round_number_and_cuts_into_no_more_than_wanted(span, wanted):
    gap = tick_gap(span, wanted)
    assert span / gap <= wanted
    assert str(gap).rstrip("0") in {"1", "2", "5"}
