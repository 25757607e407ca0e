from __future__ import annotations

from dataclasses import replace

import pytest

from forewarn.audit.settings import Settings
from forewarn.callbacks.asking import Asking
from forewarn.callbacks.plan import Plan
from forewarn.callbacks.watch import Watch
from forewarn.errors import CalibrationError, ConfigurationError
from forewarn.helpers import Exhaustive, FixedOrder, Random
from forewarn.helpers.sheet import Order, Origin, Sheet
from forewarn.helpers.stored import save, shipped
from forewarn.judges.calibration import Calibration
from forewarn.records import LookTaken, Status
from forewarn.records.verdict import SAVING

ORIGIN = Origin("a test", 0, "", "related", (), 0, 0, "0.1.0")


@pytest.fixture
def stored(tmp_path, small):
    """A patient order that saves two looks for the third, with a calibration of its own looks."""
    sheet = Sheet("waits", Order(("TP900",), True), 1 / 3, 2.0, ORIGIN, ())
    save(tmp_path / "helper", sheet)
    made = small.calibration("TP900")
    own = replace(made, provenance=replace(made.provenance, helper=sheet.digest))
    own.save(tmp_path / "helper" / "calibration.json")
    return tmp_path / "helper"


def test_without_anything_it_is_the_shipped_helper_and_its_calibration():
    found = Asking.of(None, None, None, None)
    assert found.helper.name == shipped().name
    assert (found.budget, found.carry_over) == (shipped().sheet.budget, shipped().sheet.carry_over)
    beside = shipped().calibration
    assert found.calibration == (Calibration.default() if beside is None else Calibration.load(beside))


def test_a_folder_brings_its_budget_its_savings_and_its_calibration(stored):
    found = Asking.of(str(stored), None, None, None)
    assert (found.helper.name, found.budget, found.carry_over) == ("waits", 1 / 3, 2.0)
    assert found.calibration == Calibration.load(stored / "calibration.json")
    assert (Asking.of(stored, 5.0, 9.0, None).budget, Asking.of(stored, 5.0, 9.0, None).carry_over) == (
        5.0,
        9.0,
    )


def test_a_calibration_of_everything_asked_asks_everything(small):
    found = Asking.of(None, None, None, small.calibration("TP900"))
    assert found.helper == Exhaustive() and found.budget == float("inf")


def test_a_helper_of_one_s_own_is_unbounded():
    found = Asking.of(Random(3), None, None, None)
    assert (found.helper, found.budget, found.carry_over) == (Random(3), float("inf"), 0.0)
    assert found.calibration == Calibration.default()


@pytest.mark.parametrize(
    "changes", [{"budget": 2.0}, {"carry_over": 3.0}, {"helper": FixedOrder(("TP900",))}]
)
def test_a_calibration_of_another_helper_is_refused_at_once(small, stored, told, changes):
    told()
    calibration = stored / "calibration.json"
    settings = {"helper": stored, "calibration": calibration} | changes
    with pytest.raises(CalibrationError, match="was made from looks of the helper"):
        Watch(small.GPT(), small.audit_set(), **settings)


def test_a_probe_that_is_not_installed_is_said_when_the_monitor_is_made(small, stored):
    with pytest.raises(ConfigurationError, match="asks TP900, which is not installed"):
        Plan(small.audit_set(), Settings(), helper=Asking.of(stored, None, None, None).helper)


@pytest.fixture
def watched(small, stored, told, knowing, tmp_path, events):
    """Looks of a run under the patient helper, and how it ended."""

    def run(looks, **settings):
        probe = told(**settings)
        model = knowing("GPT")
        with Watch(
            model, small.audit_set(), helper=stored, every_n_steps=1, folder=tmp_path, response="record"
        ) as watch:
            for step in range(1, looks + 1):
                watch.step(step)
        return probe, [e for e in events(watch.run) if isinstance(e, LookTaken)], events(watch.run)[-1]

    return run


def test_a_look_that_saves_is_unknown_and_the_run_is_not(watched):
    probe, looks, end = watched(5)
    assert probe.asked == 1
    assert [look.verdict.saving for look in looks] == [True, True, False, True, True]
    assert [look.status for look in looks] == [
        Status.UNKNOWN,
        Status.UNKNOWN,
        Status.CLEAR,
        Status.UNKNOWN,
        Status.UNKNOWN,
    ]
    assert looks[0].verdict.unknown == SAVING and looks[0].outcomes == ()
    assert end.status is Status.CLEAR, "the calibration's runs ended so too"


def test_a_run_at_which_nothing_was_asked_is_unknown(watched):
    assert watched(2)[2].status is Status.UNKNOWN


def test_a_lie_is_found_once_there_is_enough_to_pay_for_it(watched):
    _, looks, end = watched(4, lies=[1])
    assert [look.status is Status.FLAGGED for look in looks] == [False, False, True, False]
    assert end.status is Status.FLAGGED
