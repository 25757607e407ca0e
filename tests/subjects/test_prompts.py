"""Batches of one length."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forewarn.subjects.prompts import batches, positions_of

PROMPTS = st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=7), min_size=1, max_size=30)


@given(PROMPTS, st.integers(1, 20))
def test_every_prompt_once_one_length_and_within_the_bound(prompts, limit):
    found = list(batches(prompts, limit))
    assert sorted(row for rows in found for row in rows) == list(range(len(prompts)))
    for rows in found:
        lengths = {len(prompts[row]) for row in rows}
        assert len(lengths) == 1
        assert len(rows) == 1 or len(rows) * lengths.pop() <= limit


@pytest.mark.parametrize(
    ("positions", "found"), [(None, (2, 0)), ([0, 0], (0, 0)), ([-1, -1], (2, 0)), ([-3, 0], (0, 0))]
)
def test_positions_count_from_either_end(positions, found):
    assert positions_of(((1, 2, 3), (4,)), positions) == found
