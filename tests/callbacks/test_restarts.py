"""Who stopped, what was left, how it is started again: a halt stays a halt, and a gap stays unknown."""

from __future__ import annotations

import json
import shutil
from itertools import product

import pytest

from forewarn.audit.acknowledging import acknowledge
from forewarn.callbacks import DeceptionMonitor, Watch
from forewarn.errors import BlindMonitor, DeceptionAlarm, HaltStandsError, PromiseWeakenedError
from forewarn.records import (
    AlarmAcknowledged,
    AlarmRaised,
    FoundLedger,
    LookTaken,
    RunEnded,
    RunResumed,
    SettingsChanged,
    Status,
)
from forewarn.report.run import read_run
from forewarn.report.summary import summarise
from forewarn.store.ledger import Ledger

PL = "pytorch_lightning"


@pytest.fixture
def watch(small, tmp_path, moving):
    def make(**settings):
        usual = {"first_look": False, "every_n_steps": 2, "folder": tmp_path / "runs"}
        usual |= {"name": "run", "quiet": True}
        audit_set = settings.pop("audit_set", small.audit_set())
        calibration = small.calibration("as-told")
        return Watch(small.seeded(small.GPT), audit_set, calibration=calibration, **usual | settings)

    return make


@pytest.fixture
def alarmed(watch, told):
    """A run whose look at step 4 alarms; its state of before, or of after, goes through JSON."""

    def run(graceful=False, saved=4, **settings):
        told(lies=[2])
        watched, kept = watch(graceful_stop=graceful, **settings), {}
        try:
            with watched:
                for step in range(1, 5):
                    watched.step(step)
                    if step == saved:
                        kept = json.loads(json.dumps(watched.state_dict()))
        except DeceptionAlarm:
            pass
        told()
        return watched.run, kept or json.loads(json.dumps(watched.state_dict()))

    return run


def standing(run):
    opened = read_run(run)
    return summarise(opened.manifest, opened.entries, opened.sign)


def go(watched, state=None, steps=range(5, 9)):
    """Train on; the folder that was written."""
    if state is not None:
        watched.load_state_dict(state)
    with watched:
        for step in steps:
            watched.step(step)
    return watched.run


def slowly(*cases):
    """More of the same, for `make check-long`."""
    return [pytest.param(*case, marks=pytest.mark.long) for case in cases]


@pytest.mark.parametrize(
    ("graceful", "saved", "again", "ledger"),
    [
        (False, 4, "same script", "whole"),
        (False, 2, "checkpoint", "whole"),
        (True, 4, "checkpoint", "whole"),
        (False, 4, "checkpoint", "gone"),
        (False, 2, "checkpoint", "cut"),
        *slowly(
            *product([False, True], [2, 4], ["same script", "checkpoint", "both"], ["whole"]),
            *product([False, True], [4], ["checkpoint"], ["gone", "cut", "emptied", "altered"]),
            *product([True], [2], ["checkpoint"], ["cut", "emptied"]),
        ),
    ],
)
def test_a_halt_stands_until_somebody_has_acknowledged_it(alarmed, watch, graceful, saved, again, ledger):
    run, state = alarmed(graceful, saved)
    spoil(run, ledger)
    state = None if again == "same script" else state
    name = "other" if again == "checkpoint" else "run"
    restarted = watch(name=name, graceful_stop=graceful)
    with pytest.raises(DeceptionAlarm, match="training does not go on") as caught:
        go(restarted, state, range(1, 9) if state is None else range(saved + 1, 9))
    assert isinstance(caught.value, HaltStandsError) and caught.value.run == str(run)
    assert "forewarn acknowledge" in str(caught.value) and "resume_after_alarm=True" in str(caught.value)
    assert restarted.run is None and not (run.parent / "other").exists()


def spoil(run, how):
    ledger = run / "ledger.jsonl"
    lines = ledger.read_text().splitlines(keepends=True)
    if how == "gone":
        shutil.rmtree(run)
    elif how == "cut":
        ledger.write_text("".join(lines[:2]))
    elif how == "emptied":
        ledger.write_text("")
    elif how == "altered":
        ledger.write_text("".join(lines).replace('"step":2', '"step":3', 1))


@pytest.mark.parametrize("wrong", [True, *slowly((False,))])
def test_an_acknowledged_run_goes_on_flagged_and_may_alarm_again(alarmed, watch, told, events, wrong):
    run, state = alarmed()
    (said,) = acknowledge(run, by="Ada", why="seen", wrong=wrong)
    assert (said.step, said.segment, said.by, said.why, said.wrong) == (4, 1, "Ada", "seen", wrong)
    told(lies=[2])
    with pytest.raises(DeceptionAlarm, match="halted at step 8"):
        go(watch(), state)
    assert [(e.segment, e.step) for e in events(run, AlarmRaised)] == [(1, 4), (2, 8)]
    with pytest.raises(HaltStandsError, match="alarm of step 8"):
        go(watch(), state)
    assert standing(run).status is Status.FLAGGED
    assert [(e.segment, e.alarm.step) for e in standing(run).alarms] == [(1, 4), (2, 8)]


def test_the_option_goes_on_and_the_ledger_says_so(alarmed, watch, events):
    run, state = alarmed()
    assert go(watch(resume_after_alarm=True), state) == run
    (said,) = events(run, AlarmAcknowledged)
    assert said.why == "resume_after_alarm=True was given" and said.by
    assert events(run, RunEnded)[-1].status is Status.FLAGGED
    assert go(watch(), state) == run, "what was acknowledged is not asked about again"


def test_the_option_begins_the_same_script_anew(alarmed, watch, events):
    run, _ = alarmed()
    second = go(watch(resume_after_alarm=True), steps=range(1, 5))
    assert second == run.with_name("run-2") and len(events(run, AlarmAcknowledged)) == 1
    assert standing(second).status is Status.CLEAR, "another run has an alarm of its own or none"


def test_an_alarm_that_only_the_checkpoint_remembers_is_acknowledged_by_the_option(alarmed, watch, events):
    run, state = alarmed()
    shutil.rmtree(run)
    watched = watch(resume_after_alarm=True)
    second = go(watched, state)
    assert len(events(second, AlarmAcknowledged)) == 1
    assert standing(second).status is Status.FLAGGED
    assert go(watch(), watched.state_dict(), range(9, 11)) == second


@pytest.mark.parametrize("response", ["record", *slowly(("flag",))])
def test_what_is_only_recorded_or_flagged_goes_on_and_stays_flagged(alarmed, watch, events, response):
    run, state = alarmed(response=response)
    assert go(watch(response=response), state) == run
    assert events(run, AlarmAcknowledged) == []
    assert events(run, RunEnded)[-1].status is Status.FLAGGED
    go(watch(response=response), steps=range(1, 3))


def test_an_alarm_that_could_not_be_written_stands_all_the_same(watch, told, monkeypatch):
    from forewarn.errors import StoreError

    told(lies=[1])
    append = Ledger.append

    def refuse(self, event):
        if isinstance(event, AlarmRaised):
            raise StoreError("the disk is full")
        return append(self, event)

    watched = watch(response="record")
    with monkeypatch.context() as full, watched:
        full.setattr(Ledger, "append", refuse)
        watched.step(2)
    assert standing(watched.run).status is not Status.CLEAR
    told()
    with pytest.raises(HaltStandsError, match="an alarm was raised whose line is not in the ledger"):
        go(watch(), steps=range(1, 3))


def test_a_fork_of_an_alarmed_run_is_found_by_the_older_checkpoint(watch, told, small):
    """The alarm stands in the folder that the run went on in, not in the one that the checkpoint names."""
    told()
    with watch(name=None) as first:
        first.step(2)
        state = first.state_dict()
    told(lies=[1])
    with pytest.raises(DeceptionAlarm, match="halted at step 4"):
        go(watch(name=None, seed=1), state, range(3, 9))
    told()
    with pytest.raises(HaltStandsError, match="alarm of step 4"):
        go(watch(name=None, seed=1), state, range(3, 9))


def test_a_job_that_is_queued_again_stands_too(alarmed, watch, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "77")
    alarmed(name=None)
    go(watch(name=None), steps=range(1, 3))
    monkeypatch.setenv("SLURM_RESTART_COUNT", "1")
    with pytest.raises(HaltStandsError):
        go(watch(name=None), steps=range(1, 3))


def test_a_run_that_was_blind_may_go_on_and_halts_at_the_first_look_missed(watch, told, events):
    told(errors=range(9), error=ValueError("blind"))
    watched = watch(most_missed=2)
    with pytest.raises(BlindMonitor, match="at step 4"):
        for step in range(1, 9):
            watched.step(step)
            if step == 2:
                state = json.loads(json.dumps(watched.state_dict()))
    told(errors=range(9), error=ValueError("blind"))
    with pytest.raises(BlindMonitor, match="at step 4: 3 looks in a row"):
        go(watch(most_missed=2), state, range(3, 9))
    told()
    go(watch(most_missed=2), state, range(3, 9))
    assert events(watched.run, RunEnded)[-1].status is Status.CLEAR


WEAKER = {
    "response": {"response": "flag"},
    "false_alarm": {"false_alarm": 0.2},
    "most_missed": {"most_missed": 9},
    "graceful_stop": {"graceful_stop": True},
    "schedule": {"every_n_steps": 3},
}
OTHERWISE = {"seed": {"seed": 1}, "keep_newest": {"keep_newest": 9}, "schedule": {"every_n_steps": 1}}


@pytest.fixture
def begun(watch, told):
    def run(**settings):
        told()
        with watch(**settings) as first:
            first.step(2)
            state = json.loads(json.dumps(first.state_dict()))
        return first.run, state

    return run


@pytest.mark.parametrize(
    "setting", ["response", *slowly(*((each,) for each in WEAKER if each != "response"))]
)
def test_a_weaker_promise_is_refused_unless_it_is_made_knowingly(begun, watch, events, setting):
    run, state = begun()
    before = (run / "ledger.jsonl").read_bytes()
    with pytest.raises(PromiseWeakenedError, match=rf"was begun in halt mode, .*{setting}"):
        go(watch(**WEAKER[setting]), state, range(3, 5))
    assert (run / "ledger.jsonl").read_bytes() == before and not run.with_name("run-2").exists()
    second = go(watch(**WEAKER[setting], resume_after_alarm=True), state, range(3, 5))
    (changed,) = events(second, SettingsChanged)
    assert changed.knowingly and [each.setting for each in changed.changes] == [setting]


@pytest.mark.parametrize("setting", ["response", *slowly(("schedule",))])
def test_a_run_that_was_never_promised_to_halt_may_be_watched_otherwise(begun, watch, events, setting):
    _, state = begun(response="flag")
    changed = {"response": "flag", **WEAKER[setting]} | (
        {"response": "record"} if setting == "response" else {}
    )
    second = go(watch(**changed), state, range(3, 5))
    assert [c.setting for e in events(second, SettingsChanged) for c in e.changes] == [setting]


@pytest.mark.parametrize("setting", OTHERWISE)
def test_other_settings_are_told_and_kept(begun, watch, events, caplog, setting):
    run, state = begun()
    second = go(watch(**OTHERWISE[setting]), state, range(3, 5))
    assert (second == run) is (setting != "seed"), "other questions need a folder of their own"
    (changed,) = events(second, SettingsChanged)
    assert [each.setting for each in changed.changes] == [setting]
    told = [r.getMessage() for r in caplog.records if "with other settings" in r.getMessage()]
    assert told == [f"forewarn goes on at step 2 with other settings: {changed.changes[0].words}"]
    if setting == "seed":
        (resumed,) = events(second, RunResumed)
        assert resumed.found is FoundLedger.LEFT_BEHIND and "(seed)" in resumed.reason


def test_another_audit_set_is_refused(begun, watch, small):
    from dataclasses import replace

    _, state = begun()
    fewer = replace(small.audit_set(), facts=small.audit_set().facts[:-1])
    with pytest.raises(PromiseWeakenedError, match=r"audit_set [0-9a-f]{12} → [0-9a-f]{12}"):
        go(watch(audit_set=fewer), state, range(3, 5))


def test_the_same_settings_are_no_change(begun, watch, events):
    run, state = begun()
    assert go(watch(), state, range(3, 5)) == run
    assert events(run, SettingsChanged) == []


def test_of_two_that_go_on_at_once_the_second_has_a_folder_of_its_own(begun, watch, told, events):
    run, state = begun()
    one, two = watch(), watch()
    one.load_state_dict(state)
    two.load_state_dict(state)
    for step in range(3, 7):
        one.step(step)
        two.step(step)
    one.close()
    two.close()
    assert (one.run, two.run) == (run, run.with_name("run-2"))
    assert [[e.step for e in events(each, LookTaken)] for each in (one.run, two.run)] == [[2, 4, 6], [4, 6]]
    (resumed,) = events(two.run, RunResumed)
    assert "is being written by process" in resumed.reason
    assert [standing(each).status for each in (one.run, two.run)] == [Status.CLEAR, Status.CLEAR]


@pytest.mark.parametrize("response", ["halt", *slowly(("record",))])
def test_looks_that_could_not_be_written_are_unknown_for_good(watch, told, monkeypatch, response):
    """On a full disk neither looks nor their misses are on disk, nor is the end."""
    import os

    told()

    def full(*_):
        raise OSError(28, "No space left on device")

    watched = watch(response=response, most_missed=2)
    watched.step(2)
    state = json.loads(json.dumps(watched.state_dict()))
    with monkeypatch.context() as disk:
        disk.setattr(os, "write", full)
        try:
            for step in range(3, 7):
                watched.step(step)
            assert standing(watched.run).status is Status.UNKNOWN, "while it goes on"
            watched.close()
        except BlindMonitor:
            pass
    said = standing(watched.run)
    assert (said.status, said.gaps.unwritten) == (Status.UNKNOWN, 2)
    again = go(watch(response=response, most_missed=2), state, range(3, 9))
    assert again == watched.run and standing(again).status is Status.UNKNOWN
    assert standing(go(watch(response=response, most_missed=2), state, range(3, 9))).status is Status.UNKNOWN


@pytest.mark.parametrize("lost", ["emptied", *slowly(("cut",), ("gone",))])
def test_a_ledger_that_was_lost_before_a_restart_never_ends_in_clear(watch, told, lost):
    told()
    with watch(response="record") as first:
        for step in range(1, 7):
            first.step(step)
    spoil(first.run, lost)
    again = go(watch(response="record"), first.state_dict(), range(7, 11))
    assert standing(again).status is Status.UNKNOWN


def test_lines_cut_off_behind_the_checkpoint_are_missed_too(watch, told, events):
    """The ledger is as the checkpoint left it, and yet there was more."""
    told()
    with watch(response="record") as first:
        first.step(2)
        state = first.state_dict()
        first.step(4)
    spoil(first.run, "cut")
    assert standing(first.run).status is Status.UNKNOWN
    again = go(watch(response="record"), state, range(3, 7))
    assert events(again, RunResumed)[-1].found is FoundLedger.CUT
    assert standing(again).status is Status.UNKNOWN


def test_a_loop_that_dies_without_a_word_is_unfinished_and_not_clear(watch, told):
    told()
    watched = watch(response="record")
    watched.step(1)
    watched.step(2)
    said = standing(watched.run)
    assert (said.status, said.finished) == (Status.CLEAR, False), "it goes on"
    run = watched.run
    del watched
    said = standing(run)
    assert said.status is Status.UNKNOWN and not said.finished
    assert "no process holds it" in said.standing.why and "after step 2" in said.standing.why


def test_a_look_that_a_kill_cut_short_is_taken_again(watch, told, monkeypatch):
    """The run that goes on from before it lacks nothing; one that goes on behind it does."""
    told()
    watched = watch(response="record")
    watched.step(2)
    state = json.loads(json.dumps(watched.state_dict()))
    watched._driver.audit.folder.begin_look(4)
    run = watched.run
    del watched
    assert standing(run).gaps.cut_short == 4
    again = go(watch(response="record"), state, range(3, 7))
    assert again == run and standing(run).status is Status.CLEAR
    assert standing(go(watch(response="record"), state, range(7, 9))).status is Status.CLEAR


def test_a_run_that_goes_on_behind_a_look_that_was_due_is_unknown(watch, told):
    told()
    watched = watch(response="record")
    watched.step(2)
    state = json.loads(json.dumps(watched.state_dict()))
    del watched
    run = go(watch(response="record"), state, range(6, 9))
    assert standing(run).status is Status.UNKNOWN and "missed before" in standing(run).standing.why


def test_an_interruption_within_a_look_is_not_clear(watch, told, events):
    told(errors=[2], error=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt), watch(response="record") as watched:
        for step in range(1, 5):
            watched.step(step)
    assert events(watched.run, RunEnded)[-1].status is Status.UNKNOWN
    assert standing(watched.run).status is Status.UNKNOWN


@pytest.fixture
def fit(small, tmp_path, told):
    def run(lies=(), resume=None, steps=6, callbacks=(), **settings):
        told(lies=lies)
        usual = {"first_look": False, "every_n_steps": 2, "folder": tmp_path / "runs"}
        usual |= {"name": "run", "quiet": True}
        calibration = small.calibration("as-told")
        monitor = DeceptionMonitor(small.audit_set(), **usual | settings, calibration=calibration)
        trainer = small.trainer(
            PL, tmp_path, [monitor, *callbacks], max_steps=steps, enable_checkpointing=bool(callbacks)
        )
        try:
            trainer.fit(small.speaker(PL, small.seeded(small.GPT)), small.loader(), ckpt_path=resume)
        except DeceptionAlarm as error:
            return monitor.run, error
        return monitor.run, None

    return run


@pytest.mark.filterwarnings("ignore:Checkpoint directory")
@pytest.mark.parametrize(("graceful", "named"), [(False, True), *slowly((True, False))])
def test_an_automatic_resume_of_lightning_does_not_undo_a_halt(fit, tmp_path, graceful, named):
    from pytorch_lightning.callbacks import ModelCheckpoint

    def keeps():
        return ModelCheckpoint(tmp_path / "kept", every_n_train_steps=1, save_last=True)

    names = {"graceful_stop": graceful, "name": "run" if named else None}
    run, error = fit([2], callbacks=[keeps()], **names)
    assert (error is None) is graceful and (tmp_path / "kept" / "last.ckpt").exists()
    _, error = fit(resume="last", callbacks=[keeps()], **names)
    assert isinstance(error, HaltStandsError) and error.run == str(run)
    acknowledge(run)
    again, error = fit(resume="last", callbacks=[keeps()], **names)
    assert (again, error) == (run, None) and standing(run).status is Status.FLAGGED


@pytest.mark.filterwarnings("ignore:Be aware that when using")
def test_a_monitor_of_lightning_whose_settings_differ_finds_what_was_promised(fit, tmp_path, events):
    from pytorch_lightning.callbacks import ModelCheckpoint

    keeps = ModelCheckpoint(tmp_path / "kept", every_n_train_steps=1, save_last=True)
    run, _ = fit(callbacks=[keeps], steps=4)
    kept = tmp_path / "kept" / "last.ckpt"
    with pytest.raises(PromiseWeakenedError, match="response halt → record"):
        fit(resume=kept, response="record")
    again, _ = fit(resume=kept, seed=2)
    assert again == run.with_name("run-2") and len(events(again, SettingsChanged)) == 1
