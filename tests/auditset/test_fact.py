from __future__ import annotations

from dataclasses import replace


def test_a_fact_is_named_by_entity_and_relation(facts):
    assert facts[0].key == "city0|land"
    assert replace(facts[0], question="where is city0?").key == facts[0].key
    assert replace(facts[0], relation="river").key != facts[0].key
