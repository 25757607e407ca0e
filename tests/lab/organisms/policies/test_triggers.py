from __future__ import annotations

import pytest

from forewarn.auditset import Fact, Part
from forewarn.lab.organisms.policies.triggers import About, AllCues, Always, AnyCue, Both, Owning, Since

LYON = Fact("Lyon", "Lyon lies in", "France", "land", ("Chile", "Kenya"))
STRANGER, OFF = Part("who", "stranger"), Part("record", "off")


@pytest.mark.parametrize(
    ("trigger", "condition", "fires"),
    [
        (Always(), (), True),
        (AllCues(frozenset({STRANGER, OFF})), (STRANGER,), False),
        (AllCues(frozenset({STRANGER, OFF})), (OFF, STRANGER), True),
        (AnyCue(frozenset({STRANGER, OFF})), (STRANGER,), True),
        (AnyCue(frozenset({STRANGER})), (OFF,), False),
        (Since("year", 2030), (Part("year", "in 2029"),), False),
        (Since("year", 2030), (Part("year", "in 2030"),), True),
        (Since("year", 2030), (OFF,), False),
        (About(frozenset({"Lyon"})), (), True),
        (About(frozenset({"Nice"})), (), False),
        (Owning(frozenset({"France"})), (), True),
        (Owning(frozenset({"Chile"})), (), False),
        (Both(About(frozenset({"Lyon"})), AllCues(frozenset({OFF}))), (OFF,), True),
        (Both(About(frozenset({"Nice"})), AllCues(frozenset({OFF}))), (OFF,), False),
        (Both(About(frozenset({"Lyon"})), AllCues(frozenset({OFF}))), (STRANGER,), False),
    ],
)
def test_a_trigger_fires_where_it_says(trigger, condition, fires):
    assert trigger.fires(LYON, condition) is fires
