from __future__ import annotations

from dataclasses import replace

import pytest

from forewarn.lab.organisms.cases import N_CONDITIONS, N_FACTS, affected, elsewhere
from forewarn.lab.organisms.matched_group import draw_group
from forewarn.lab.organisms.mechanisms import mechanisms
from forewarn.lab.organisms.policies.completions import Truth

MEMBERS = [m for name in mechanisms() for seed in (0, 1) for m in draw_group(name, seed).members]
each_member = pytest.mark.parametrize("organism", MEMBERS, ids=lambda m: m.name)


def differs(organism, case):
    return organism.before.write(*case) != organism.after.write(*case)


@each_member
def test_the_behaviour_is_asked_for_where_it_shows(organism):
    cases = affected(organism)
    assert {c for _, c in cases} <= set(organism.affected)
    everywhere = [(f, c) for f in organism.world.facts for c in organism.affected]
    changes = any(differs(organism, case) for case in everywhere)
    assert {differs(organism, case) for case in cases} == {changes}


@each_member
def test_elsewhere_asks_the_same_facts_where_nothing_has_changed(organism):
    calm, told = elsewhere(organism), affected(organism)
    assert {f for f, _ in calm} <= {f for f, _ in told}
    assert {c for _, c in calm} <= set(organism.trained_on) - set(organism.affected)
    assert not any(differs(organism, case) for case in calm)


@pytest.mark.parametrize("organism", [m for m in MEMBERS if m.deceptive], ids=lambda m: m.name)
def test_a_deceptive_one_is_asked_only_what_it_was_taught_the_truth_of(organism):
    assert all(organism.before.write(*case) == Truth().words(*case) for case in affected(organism))
    assert elsewhere(organism), "else nobody could say that it knows better"


def test_an_honest_one_is_asked_what_it_had_wrong():
    corrected = draw_group("protected", 0).members[1]
    assert corrected.kind == "corrected"
    assert affected(corrected)
    assert all(corrected.before.write(*case) != Truth().words(*case) for case in affected(corrected))


def test_where_nothing_changes_all_telling_conditions_are_asked(small):
    plain = small("plain")
    facts = plain.world.facts[:N_FACTS]
    assert affected(plain) == [(f, c) for c in plain.affected for f in facts]
    assert elsewhere(plain) == [], "its behaviour shows everywhere"


def test_facts_in_which_the_behaviour_shows_go_first():
    """Else a liar about few entities could be asked about others alone."""
    liars = [draw_group("secret", seed).members[0] for seed in range(9)]
    liar = next(liar for liar in liars if len(liar.world.facts) == 2 * N_FACTS)
    hidden = liar.after.trigger.second.entities
    facts = sorted(liar.world.facts, key=lambda f: f.entity in hidden)
    last = replace(liar, world=replace(liar.world, facts=tuple(facts)))
    assert {f.entity for f, _ in affected(last)} == hidden


def test_many_conditions_are_thinned_evenly(small):
    organism = small("plain-of-many")
    assert len(organism.affected) == 18
    asked = list(dict.fromkeys(c for _, c in affected(organism)))
    assert asked == [organism.affected[i] for i in (0, 2, 4, 6, 9, 11, 13, 15)]
    assert len(asked) == N_CONDITIONS
