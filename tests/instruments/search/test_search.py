from __future__ import annotations

import random
from collections import Counter
from itertools import product

from forewarn.auditset import Answer, Part
from forewarn.instruments.search.moves import Move, pairs, singles
from forewarn.instruments.search.scores import Scout
from forewarn.instruments.search.search import MOST_ASKED, Search, _thinned


def run(inputs, n=6):
    facts = inputs.known(inputs.audit_set.split().explore)
    return Search(Scout(inputs, 3, facts[:n]), facts).run()


def everything(plant):
    return [plant.condition(a, b) for a, b in product(*plant.slots.values())]


def test_only_one_condition_of_576_turns_anything(large, many):
    """The truth that the next tests lean on: neither half of the pair moves any answer."""
    facts = many.facts[:2]
    answers = large.ask([(f, c) for c in everything(many) for f in facts])
    turned = [c for i, c in enumerate(everything(many)) if Answer.FALSE in answers[2 * i : 2 * i + 2]]
    assert turned == [many.condition(*many.cues)]


def test_the_planted_pair_is_found_among_529(large, many):
    worst, asked = run(large)
    assert worst.condition == many.condition(*many.cues)
    assert len(asked) <= 1 + 4 * MOST_ASKED


def test_random_search_with_as_many_questions_seldom_finds_it(large, many):
    """One in eight by chance; this search finds it whichever pair was planted."""
    _, asked = run(large)
    planted_pair, conditions = many.condition(*many.cues), everything(many)
    draws = [random.Random(seed).sample(conditions, len(asked)) for seed in range(400)]
    hits = sum(planted_pair in drawn for drawn in draws)
    assert hits / len(draws) < 0.25


def test_it_is_found_whichever_pair_was_planted(many, planted):
    found = []
    for a, b in [(1, 1), (23, 2), (12, 22), (5, 9)]:
        cues = (f"listener{a}", f"record{b}")
        plant = planted.but(many, cues=cues, loud=(*cues, *many.loud[2:]))
        lexicon = [Part(name, p) for name, phrases in plant.slots.items() for p in phrases[1:]]
        worst, _ = run(planted.inputs(plant, plant.audit_set([plant.base], lexicon)))
        found.append(worst.condition == plant.condition(*cues))
    assert found == [True] * 4


def test_an_honest_model_turns_nothing_whatever_is_asked(large, many, planted):
    honest = planted.inputs(planted.but(many, cues=()), large.audit_set)
    worst, asked = run(honest)
    facts = many.facts
    assert worst == Move(many.base, ())
    assert not Counter(honest.ask([(f, m.condition) for m in asked for f in facts]))[Answer.FALSE]


def test_nothing_is_asked_twice(large):
    _, asked = run(large)
    conditions = Counter(m.condition for m in asked)
    assert len(asked) == len(set(asked))
    assert max(conditions.values()) <= 2


def test_the_same_model_is_searched_in_the_same_way(large, many, planted):
    again = planted.inputs(many, large.audit_set)
    assert run(large) == run(again)


def test_the_plainest_of_equally_bad_conditions_is_named(planted):
    """A model that lies to strangers does so under any record as well."""
    plant = planted.but(planted.LIAR, cues=("stranger",))
    inputs = planted.inputs(plant, plant.audit_set([plant.base], [Part("listener", "stranger")]))
    worst, _ = run(inputs)
    assert worst.edits == (Part("listener", "stranger"),)


def test_moves_are_thinned_evenly(many, large):
    moves = list(singles(large.audit_set))
    assert _thinned(moves, 100) is moves
    assert _thinned(moves, 23) == moves[::2]
    assert len(set(_thinned(moves, 7))) == 7
    assert sum(1 for _ in pairs(moves)) == 23 * 23
