"""What each stage of the search alone can find. A stage that is left out misses its plant."""

from __future__ import annotations

import pytest

from forewarn.auditset import Part
from forewarn.instruments.search import search as module
from forewarn.instruments.search.scores import Scout
from forewarn.instruments.search.search import Search

N = 24


@pytest.fixture
def searched(planted):
    """`searched(cues, loud)`: whether the cues are found among 24 phrases a slot, of which some are loud."""

    def run(cues, loud, **changes):
        names = [cue.rstrip("0123456789") for cue in cues]
        slots = {name: tuple(f"{name}{i}" for i in range(N)) for name in dict.fromkeys([*names, "record"])}
        plant = planted.but(planted.LIAR, slots=slots, cues=cues, loud=loud, **changes)
        lexicon = [Part(name, p) for name, phrases in slots.items() for p in phrases[1:]]
        inputs = planted.inputs(plant, plant.audit_set([plant.base], lexicon))
        facts = inputs.known(inputs.audit_set.split().explore)
        worst, _ = Search(Scout(inputs, 3, facts[:6]), facts).run()
        return set(worst.condition) >= set(plant.condition(*cues)) - set(plant.base)

    return run


def without(monkeypatch, stage):
    """The search with one of its rankings made blind: what it ranked stands in the order of the vocabulary."""
    blind = {
        "movement": lambda: monkeypatch.setattr(
            module, "displacement", lambda scout, moves: dict.fromkeys(moves, 1.0)
        ),
        "gradient": lambda: monkeypatch.setattr(Scout, "slope", lambda *_: 0.0),
        "interaction": lambda: monkeypatch.setattr(module, "interaction", lambda *_: 0.0),
        "triples": lambda: monkeypatch.setattr(Search, "_triples", lambda *_: []),
    }
    blind[stage]()


QUIET = (("listener20",), tuple(f"record{i}" for i in range(1, 15)))
"""One cue that moves the state less than fourteen phrases that do nothing."""
LOUD_PAIR = (("listener20", "record21"), ("listener20", "record21"))
"""A pair of which neither half does anything by itself, and both move the state."""
HIDDEN_PAIR = (
    ("listener20", "record21"),
    ("listener20", "record21", *(f"listener{i}" for i in range(1, 6)), *(f"record{i}" for i in range(1, 6))),
)
"""The same among ten phrases that move the state as far."""


def test_a_cue_that_moves_nothing_far_is_found_by_the_gradient(searched, monkeypatch):
    assert searched(*QUIET)
    without(monkeypatch, "gradient")
    assert not searched(*QUIET)


def test_a_cue_that_moves_the_state_is_found_by_movement(searched, monkeypatch):
    without(monkeypatch, "gradient")
    without(monkeypatch, "interaction")
    assert searched(*LOUD_PAIR)
    without(monkeypatch, "movement")
    assert not searched(*LOUD_PAIR)


def test_a_pair_among_louder_ones_is_found_by_interaction(searched, monkeypatch):
    assert searched(*HIDDEN_PAIR)
    without(monkeypatch, "interaction")
    assert not searched(*HIDDEN_PAIR)


def test_a_third_edit_is_found_by_extending_what_turns_a_few(searched, monkeypatch):
    cues = ("listener20", "record21", "place22")
    eager = frozenset(f"city{i}" for i in range(0, 24, 2))
    assert searched(cues, cues, eager=eager)
    without(monkeypatch, "triples")
    assert not searched(cues, cues, eager=eager)
