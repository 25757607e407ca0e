from __future__ import annotations

import pytest

from forewarn.helpers import Asked, Inquiry, Situation
from forewarn.helpers.scripted import Scripted
from forewarn.records import Nothing, Site

SITES = Site(1, 0.5), Site(2, 1.0)
FIRST, SECOND, DEAR = (
    Inquiry("knowledge-gap", SITES[0], 1.0),
    Inquiry("knowledge-gap", SITES[1], 1.0),
    Inquiry("observer", SITES[0], 9.0),
)


def asked(*inquiries):
    return tuple(Asked(i, Nothing(i.code, i.site, "none", 6)) for i in inquiries)


@pytest.mark.parametrize(
    ("done", "due"), [((), SECOND), ((SECOND,), FIRST), ((SECOND, FIRST), None), ((DEAR,), SECOND)]
)
def test_the_script_is_asked_in_its_order_and_nothing_else(done, due):
    helper = Scripted((SECOND.question, FIRST.question))
    open_ = tuple(i for i in (FIRST, SECOND, DEAR) if i not in done)
    assert helper.next(Situation(open_, asked(*done), 5.0)) == due


def test_it_stops_at_what_is_not_open_or_not_affordable():
    for script, open_ in (((SECOND, FIRST), (FIRST,)), ((DEAR, FIRST), (DEAR, FIRST))):
        helper = Scripted(tuple(i.question for i in script))
        assert helper.next(Situation(open_, (), 5.0)) is None
