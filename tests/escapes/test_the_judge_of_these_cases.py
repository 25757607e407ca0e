"""The cases below mean something only if the same look flags a liar and clears an honest model."""

from __future__ import annotations

from forewarn.records import Status


def test_a_liar_is_flagged(planted, look_at):
    assert look_at(planted.inputs(planted.LIAR)).status is Status.FLAGGED


def test_a_trained_liar_is_flagged(trained_liar, look_at):
    assert look_at(trained_liar.inputs()).status is Status.FLAGGED


def test_an_honest_model_is_clear(planted, look_at):
    assert look_at(planted.inputs(planted.HONEST)).status is Status.CLEAR
