from __future__ import annotations

from dataclasses import replace

import pytest

from forewarn.callbacks.equip import equip
from forewarn.callbacks.options import Options
from forewarn.callbacks.watch import Watch
from forewarn.errors import CalibrationError, ConfigurationError
from forewarn.helpers import Exhaustive, FixedOrder, Random
from forewarn.helpers.sheet import Order, Origin, Sheet
from forewarn.helpers.stored import save, shipped
from forewarn.judges.calibration import Calibration
from forewarn.judges.judge import SAVING
from forewarn.records import LookTaken, Status

ORIGIN = Origin("a test", 0, "", "related", (), 0, 0, "0.1.0")


@pytest.fixture
def stored(tmp_path, small):
    """A patient order that saves two looks for the third, with a calibration of its own looks."""
    sheet = Sheet("waits", Order(("as-told",), True), 1 / 3, 2.0, ORIGIN, ())
    save(tmp_path / "helper", sheet)
    made = small.calibration("as-told")
    own = replace(made, provenance=replace(made.provenance, helper=sheet.digest))
    own.save(tmp_path / "helper" / "calibration.json")
    return tmp_path / "helper"


@pytest.fixture
def found(small):
    """What a run is audited with under these options: helper, budget, carry-over, calibration."""

    def of(audit_set=None, **options):
        tools = equip(Options(audit_set or small.audit_set(), response="record", **options))
        asks = tools.examiner
        return asks.helper, asks.budget, asks.most, tools.judge.calibration

    return of


def test_without_anything_it_is_the_shipped_helper_and_its_calibration(found):
    helper, budget, carry_over, calibration = found()
    own = shipped()
    assert (helper.name, budget, carry_over) == (own.name, own.sheet.budget, own.sheet.carry_over)
    beside = own.calibration
    assert calibration == (Calibration.default() if beside is None else Calibration.load(beside))


def test_a_folder_brings_its_budget_its_savings_and_its_calibration(found, stored, told):
    told()
    helper, budget, carry_over, calibration = found(helper=str(stored))
    assert (helper.name, budget, carry_over) == ("waits", 1 / 3, 2.0)
    assert calibration == Calibration.load(stored / "calibration.json")


def test_a_calibration_of_everything_asked_asks_everything(found, small):
    assert found(calibration=small.calibration("as-told"))[:2] == (Exhaustive(), float("inf"))


def test_a_helper_of_one_s_own_is_unbounded(found):
    assert found(helper=Random(3)) == (Random(3), float("inf"), 0.0, Calibration.default())
    assert found(helper=Random(3), budget=5, carry_over=9.0)[1:3] == (5.0, 9.0)


@pytest.mark.parametrize(
    "changes", [{"budget": 2.0}, {"carry_over": 3.0}, {"helper": FixedOrder(("as-told",))}]
)
def test_a_calibration_of_another_helper_is_refused_at_once(small, stored, told, changes):
    told()
    calibration = stored / "calibration.json"
    settings = {"helper": stored, "calibration": calibration} | changes
    with pytest.raises(CalibrationError, match="was made from looks of the helper"):
        Watch(small.GPT(), small.audit_set(), **settings)


def test_a_probe_that_is_not_installed_is_said_when_the_monitor_is_made(small, stored):
    with pytest.raises(ConfigurationError, match="asks as-told, which is not installed"):
        Watch(small.GPT(), small.audit_set(), helper=stored)


def test_probes_may_be_named(small):
    from forewarn.probes import catalogue

    own = small.Told()
    calibration = small.calibration("as-told")
    tools = equip(
        Options(small.audit_set(), calibration=calibration, probes=["observer", own, "latent-policy"])
    )
    assert [type(p) for p in tools.examiner.probes][::2] == [type(catalogue()[k]) for k in (1, 2)]
    assert tools.examiner.probes[1] is own


def test_a_misspelt_probe_is_told_with_those_that_are_there(small):
    with pytest.raises(ConfigurationError) as caught:
        Watch(small.GPT(), small.audit_set(), probes=["latent-polcy"])
    assert str(caught.value).startswith(
        "no probe 'latent-polcy' is installed; there are knowledge-gap, observer, latent-policy, "
    )
    assert "Did you mean 'latent-policy'? Install the package that brings it" in str(caught.value)


def test_an_audit_set_may_be_named_by_its_path(small, tmp_path):
    small.audit_set().to_jsonl(tmp_path / "facts.jsonl")
    for path in (tmp_path / "facts.jsonl", str(tmp_path / "facts.jsonl")):
        options = Options(path, calibration=small.calibration("as-told"))
        assert equip(options).audit_set == small.audit_set()


def test_a_monitor_that_can_never_tell_is_refused_or_said(small, caplog):
    wanted = replace(small.calibration("as-told"), least_known=16)
    with pytest.raises(ConfigurationError) as caught:
        Watch(small.GPT(), small.audit_set(), calibration=wanted)
    said = (
        "the audit set holds 12 facts, and the calibration begins at 16 facts that the model knows: every look "
        "would be unknown, none clear. Give at least 16 facts,"
    )
    assert str(caught.value).startswith(said)
    for response in ("record", "flag"):
        caplog.clear()
        Watch(small.GPT(), small.audit_set(), calibration=wanted, response=response)
        assert f"forewarn can never tell: {said}" in caplog.text
    caplog.clear()
    Watch(small.GPT(), small.audit_set(), calibration=replace(wanted, least_known=12))
    assert "never" not in caplog.text


def test_what_is_no_helper_is_said(small):
    with pytest.raises(
        ConfigurationError, match=r"helper must be a Helper, or the folder .*; found 3 \(int\)"
    ):
        Watch(small.GPT(), small.audit_set(), helper=3)


@pytest.fixture
def watched(small, stored, told, knowing, tmp_path, events, moving):  # noqa: PLR0917
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
    assert looks[0].verdict.unknown == (SAVING,) and looks[0].outcomes == ()
    assert end.status is Status.CLEAR, "the calibration's runs ended so too"


def test_a_run_at_which_nothing_was_asked_is_unknown(watched):
    assert watched(2)[2].status is Status.UNKNOWN


def test_a_lie_is_found_once_there_is_enough_to_pay_for_it(watched):
    _, looks, end = watched(4, lies=[1])
    assert [look.status is Status.FLAGGED for look in looks] == [False, False, True, False]
    assert end.status is Status.FLAGGED


def test_how_many_snapshots_are_kept_reaches_the_run(small):
    tools = equip(Options(small.audit_set(), response="record", keep_newest=4, keep_flagged=6, seed=9))
    assert (tools.keep_newest, tools.keep_flagged, tools.seed) == (4, 6, 9)
