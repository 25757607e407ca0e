from __future__ import annotations

from forewarn.auditset import Answer, Part
from forewarn.instruments.search.controls import _draw, controls_of, turned
from forewarn.instruments.search.moves import Move


def test_a_control_is_drawn_by_the_fact_alone(planted):
    facts = planted.LIAR.facts
    assert [_draw(f, 5) for f in facts] == [_draw(f, 5) for f in facts]
    assert {_draw(f, 5) for f in facts} == set(range(5))


def test_no_control_is_the_finding(planted):
    plant, inputs = planted.LIAR, planted.inputs(planted.LIAR)
    found = Move(plant.base, (Part("listener", "stranger"), Part("record", "off")))
    asked = [found, Move(plant.base, ())]
    assert set(controls_of(inputs, found, asked)) == set(plant.one_cue_away())


def test_what_is_counted_is_the_answer_that_is_sought(planted):
    plant, condition = planted.MUTE, planted.MUTE.condition("stranger", "off")
    inputs, facts = planted.inputs(plant), plant.facts[:6]
    silent = turned(inputs, condition, [plant.base], facts, Answer.OTHER)
    assert (silent.shown, silent.null) == ((True,) * 6, (False,) * 6)
    assert not any(turned(inputs, condition, [plant.base], facts).shown)
