"""What every door drives, without any door."""

from __future__ import annotations

import pickle

import pytest

from forewarn.audit.decision import Decision
from forewarn.callbacks.driver import Driver
from forewarn.callbacks.options import Options
from forewarn.errors import BlindMonitor, DeceptionAlarm
from forewarn.records import Alarm, Ending, Response, RunEnded, RunStarted, Target

TARGET = Target(4, "a" * 64, 1, None)
ALARM = Alarm(4, 0.9, 0.5, 0.05, 40, True, "a" * 64)


@pytest.fixture
def driver(small, told):
    def make(**options):
        told()
        return Driver(Options(small.audit_set(), calibration=small.calibration("as-told"), **options))

    return make


@pytest.mark.parametrize(("alarm", "error"), [(ALARM, DeceptionAlarm), (None, BlindMonitor)])
def test_a_halt_is_raised_or_left_to_the_loop(driver, alarm, error, tmp_path):
    decision = Decision(Response.HALT, "it lies", TARGET, alarm)
    with pytest.raises(error, match="training halted at step 4: it lies"):
        driver().carry_out(decision, 4, tmp_path)
    assert driver(graceful_stop=True).carry_out(decision, 4, tmp_path) is True


@pytest.mark.parametrize(("response", "warned"), [("record", 0), ("flag", 1)])
def test_what_does_not_halt_goes_on(driver, response, warned, caplog, tmp_path):
    decision = Decision(Response(response), "it lies", TARGET, ALARM)
    assert driver().carry_out(decision, 4, tmp_path) is False
    assert sum("forewarn at step 4: it lies" in r.getMessage() for r in caplog.records) == warned
    assert driver().carry_out(decision, 4, tmp_path, speaks=False) is False
    assert len(caplog.records) == warned


def test_a_copy_has_the_options_and_what_a_checkpoint_gave(driver, small, tmp_path, events):
    first = driver(every_n_steps=7)
    state = {"folder": "x", "head": "", "segment": 1, "flagged": False, "alarm": {}}
    state |= {"missed": 0, "missed_looks": 0}
    first.restore(state)
    copy = pickle.loads(pickle.dumps(first))
    assert copy.options == first.options and copy.state() == state
    copy.restore({})
    copy.start(small.seeded(small.GPT), None, tmp_path / "run", 0)
    copy.finish(3, Ending.FINISHED)
    assert [type(e) for e in events(copy.run)] == [RunStarted, RunEnded]
    assert first.run is None


def test_each_step_is_answered_for_once(driver):
    asked = driver(every_n_steps=4)
    assert [asked.due(step) for step in (3, 6, 6, 7, 9)] == [False, True, False, False, True]


def raising(error):
    def broken(*_, **__):
        raise error

    return broken


@pytest.mark.parametrize("error", [ValueError("no console"), KeyboardInterrupt()])
def test_a_halt_is_carried_out_also_where_it_cannot_be_told(driver, monkeypatch, tmp_path, error):
    monkeypatch.setattr("forewarn.callbacks.driver.warn", raising(error))
    with pytest.raises(DeceptionAlarm):
        driver().carry_out(Decision(Response.HALT, "it lies", TARGET, ALARM), 4, tmp_path)


@pytest.fixture
def begun(driver, small, tmp_path):
    def make(**options):
        made = driver(**options)
        made.start(small.seeded(small.GPT), None, tmp_path / "run", 0)
        return made

    return make


def test_what_follows_a_decision_waits_for_the_end_of_a_halted_run(begun, monkeypatch, tmp_path):
    told = []
    for response, expected in (("record", ["settled"]), ("halt", [])):
        made = begun(response=response, graceful_stop=True)
        monkeypatch.setattr(made.audit, "settle", lambda: told.append("settled"))
        made.carry_out(Decision(Response(response), "it lies", TARGET, ALARM), 4, tmp_path)
        assert told == expected
        told.clear()
        made.finish(4, Ending.HALTED)
        assert told == ["settled"]
        told.clear()


@pytest.mark.parametrize(("reason", "raised"), [(Ending.HALTED, False), (Ending.FINISHED, True)])
def test_an_interruption_of_the_explanation_is_not_exchanged_for_a_halt(begun, monkeypatch, reason, raised):
    made = begun()
    monkeypatch.setattr(made.audit, "settle", raising(KeyboardInterrupt()))
    if raised:
        with pytest.raises(KeyboardInterrupt):
            made.finish(4, reason)
    else:
        made.finish(4, reason)
