from __future__ import annotations

import pytest

from forewarn.records import Work
from forewarn.records.work import price

SEARCH, LENSES = Work("search", 5.0), Work("lenses", 10.0)


@pytest.mark.parametrize(
    ("shared", "done", "found"),
    [
        ((), (), 1.0),
        ((SEARCH,), (), 6.0),
        ((SEARCH, LENSES), (), 16.0),
        ((SEARCH, LENSES), (LENSES,), 6.0),
        ((SEARCH,), (SEARCH, SEARCH, LENSES), 1.0),
        ((), (SEARCH,), 1.0),
    ],
)
def test_work_that_is_done_is_not_paid_again(shared, done, found):
    assert price(1.0, shared, done) == found
