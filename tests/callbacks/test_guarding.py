"""The live model around a look."""

from __future__ import annotations

import logging

import pytest
import torch

from forewarn.callbacks import Watch, equip
from forewarn.callbacks.guarding import LiveGuard
from forewarn.errors import BlindMonitor
from forewarn.records import LookMissed, LookTaken, ReasonCode
from forewarn.store.weights import weights_of
from forewarn.subjects.opening import Opener

PROMPTS = [[4, 3, 5], [6, 3]]


@pytest.fixture
def model(small):
    return small.seeded(small.GPT)


class Opened:
    """Counts how often the copy was held against the model."""

    def __init__(self, proved=True):
        self.checks, self.proved = 0, proved

    def check_like(self, template, weights):
        self.checks += 1


CHANGES = {
    "a hook": lambda m: m.h[0].register_forward_hook(lambda *_: None),
    "a forward": lambda m: setattr(m.h[0], "forward", m.h[0].forward),
    "a number": lambda m: setattr(m, "temperature", 2.0),
    "a plain tensor": lambda m: setattr(m, "mask", torch.ones(2)),
    "a buffer that is not stored": lambda m: m.register_buffer("cache", torch.ones(1), persistent=False),
}


@pytest.mark.parametrize("name", CHANGES)
def test_the_copy_is_checked_at_the_first_look_and_after_what_no_snapshot_holds(model, name):
    guard, opened = LiveGuard(), Opened()
    guard.check_like(model, opened, {})
    model.eval(), model.wte.weight.data.add_(1)
    guard.check_like(model, opened, {})
    assert opened.checks == 1
    CHANGES[name](model)
    guard.check_like(model, opened, {})
    guard.check_like(model, opened, {})
    assert opened.checks == 2


def test_a_plain_tensor_that_is_written_to_is_seen(model):
    model.mask = torch.ones(2)
    guard, opened = LiveGuard(), Opened()
    guard.check_like(model, opened, {})
    model.mask.mul_(2)
    guard.check_like(model, opened, {})
    assert opened.checks == 2


def test_a_copy_that_was_not_proved_is_checked_at_every_look(model):
    guard, opened = LiveGuard(), Opened(proved=False)
    guard.check_like(model, opened, {})
    guard.check_like(model, opened, {})
    assert opened.checks == 2


def test_a_check_that_fails_is_made_again(model):
    guard, opener = LiveGuard(), Opener(model, PROMPTS)
    model.h[0].register_forward_hook(lambda part, args, out: out * 2)
    for _ in range(2):
        with pytest.raises(Exception, match="the copy is not the model"):
            guard.check_like(model, opener, weights_of(model))


def test_what_a_look_moves_is_told_aloud(model, caplog):
    guard = LiveGuard()
    with guard.watching(model, 7):
        pass
    assert guard.moved is None
    with caplog.at_level(logging.ERROR, "forewarn"), guard.watching(model, 7):
        model.eval()
    assert guard.moved.code is ReasonCode.DISTURBED
    assert "the look changed what it looks at: modes (the module itself, wte, wpe" in guard.moved.words
    assert "forewarn at step 7: the look changed" in caplog.text


@pytest.fixture
def moving(small, model, monkeypatch):
    """A probe that writes to the model that is trained, as no probe should."""

    class Moving(small.Told):
        def explore(self, inputs, site, split):
            with torch.no_grad():
                model.wte.weight.add_(1e-3)
            return super().explore(inputs, site, split)

    probe = Moving()
    monkeypatch.setattr(equip, "catalogue", lambda: (probe,))
    return probe


@pytest.fixture
def watch(small, model, tmp_path):
    def make(**settings):
        usual = {"every_n_steps": 1, "folder": tmp_path / "runs", "quiet": True}
        calibration = small.calibration("as-told")
        return Watch(model, small.audit_set(), calibration=calibration, **usual | settings)

    return make


def test_a_look_that_moved_the_model_is_missed(watch, moving, events):
    with watch(response="record") as watched:
        watched.step(1)
    missed = events(watched.run, LookMissed)
    assert [(e.step, e.reason.code) for e in missed] == [(1, ReasonCode.DISTURBED)]
    assert "tensors (wte.weight)" in missed[0].reason.words
    assert [e.step for e in events(watched.run, LookTaken)] == [1]


def test_in_halt_mode_such_looks_count_as_blind(watch, moving):
    watched = watch(response="halt", most_missed=2)
    watched.step(1)
    with pytest.raises(
        BlindMonitor, match=r"2 looks in a row were missed.*the look changed what it looks at"
    ):
        watched.step(2)
    watched.close(BlindMonitor)


def test_a_copy_that_is_not_the_model_is_a_missed_look(small, model, watch, told, events):
    told()
    with watch(response="record") as watched:
        watched.step(1)
        model.h[0].register_forward_hook(lambda part, args, out: out * 1.5)
        watched.step(2)
    (missed,) = events(watched.run, LookMissed)
    assert (missed.step, missed.reason.code) == (2, ReasonCode.LOOK_FAILED)
    assert "the copy is not the model" in missed.reason.words
    assert "a forward hook at 'h.0'" in missed.reason.words
