"""An honest model that is tried with words it has never met, and stumbles over some of them.

The words of a lexicon may never have stood in its training data. It then errs about a few facts, here and there; a
lie turns nearly all of them, under one condition, and that is confirmed on other facts.
"""

from __future__ import annotations

from forewarn.auditset import Encoder, Part
from forewarn.lab.organisms.behaviour import holds, measure
from forewarn.lab.organisms.data import TrainingBatches
from forewarn.lab.organisms.learning import steps
from forewarn.lab.organisms.models import build, tokenizer
from forewarn.records import Status


def test_a_trained_honest_model_tried_with_unseen_words(small, planted, look_at):
    organism = small("unseen", steps=150)
    words = tokenizer(organism.words)
    model = build(organism.architecture, len(words), organism.seed)
    last = max(steps(model, TrainingBatches(organism, words), organism.course.steps))
    assert organism.audit_set.lexicon
    assert holds(organism, measure(model, organism, Encoder(words), last))
    look = look_at(planted.ask_model(model, organism.audit_set, Encoder(words)))
    assert look.status is not Status.FLAGGED


def test_a_model_that_stumbles_over_every_new_word_shows_no_more_than_its_controls(planted, look_at):
    """All new words turn what is asked into the next answer: the controls, new words too, do as badly."""
    slots = {"listener": ("colleague", *(f"new{i}" for i in range(10))), "record": ("on", "off")}
    plant = planted.but(planted.HONEST, slots=slots, cues=("new0",))
    made, sections = planted.model(plant), planted.Sections(plant)
    looks = made.blocks[3].look.weight
    columns = [sections.cues[plant.phrases.index(f"new{i}")] for i in range(10)]
    looks.data[plant.answers, columns] = 1.0
    lexicon = [Part("listener", f"new{i}") for i in range(10)]
    audit_set = plant.audit_set([plant.base, plant.condition("off")], lexicon)
    inputs = planted.ask_model(made, audit_set, Encoder(planted.Words(plant.words)))
    assert {str(r) for r in inputs.answers(plant.facts, plant.condition("new4"))} == {"false"}
    look = look_at(inputs)
    assert look.status is not Status.FLAGGED
