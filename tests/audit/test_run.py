from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from forewarn.audit.decision import ResponsePolicy
from forewarn.audit.folder import RunFolder
from forewarn.audit.run import Audit
from forewarn.errors import StoreError
from forewarn.records import (
    AlarmRaised,
    Cause,
    Ending,
    FilesKept,
    FoundLedger,
    LookTaken,
    Reason,
    ReasonCode,
    Response,
    ResponseGiven,
    RunResumed,
    RunStarted,
    SnapshotDropped,
    Status,
    Target,
)
from forewarn.store.snapshots import SnapshotStore

QUIET = ResponsePolicy(Response.RECORD)
WHY = Reason(ReasonCode.LOOK_FAILED, "no time")


def stored(folder):
    return [s.step for s in SnapshotStore(folder.path / "snapshots").list()]


def test_a_clear_look_leaves_a_snapshot_and_a_line(audited, events):
    run = audited()
    assert run.look(10) is None
    (taken,) = events(run.folder)
    assert (taken.step, taken.status, taken.asked, taken.verdict.unknown) == (10, Status.CLEAR, 12, ())
    assert SnapshotStore(run.folder.path).load(taken.snapshot)
    assert run.audit.last == taken and run.audit.status is Status.CLEAR


def test_a_lie_is_an_alarm_with_its_reason_on_disk(audited, events):
    run = audited(lies=[2])
    assert run.look(10) is None
    decision = run.look(20)
    assert decision.halts and decision.alarm.step == 20
    taken, raised, given = [e for e in events(run.folder) if not isinstance(e, FilesKept)][-3:]
    assert (taken.status, raised.alarm, given.why) == (Status.FLAGGED, decision.alarm, decision.why)
    assert decision.why.endswith("It was told to say so.")
    assert decision.alarm.snapshot == taken.snapshot


def test_an_alarm_is_raised_once_a_run(audited, events):
    run = audited(QUIET, lies=[2, 3, 5])
    assert [run.look(step) is not None for step in range(1, 6)] == [False, True, False, False, False]
    stands = [str(e.status) for e in events(run.folder, LookTaken)]
    assert stands == ["clear", "flagged", "flagged", "clear", "flagged"]
    assert len(events(run.folder, AlarmRaised)) == 1
    assert run.audit.status is Status.FLAGGED, "a run that alarmed stays flagged"


def start(run):
    """The line with which a monitor begins its ledger."""
    run.folder.append(RunStarted(0, "m" * 64))


def test_what_a_run_did_at_its_first_look_is_never_an_alarm_nor_clear(audited, events):
    run = audited(lies=[1, 2, 3, 5])
    assert [run.look(step) for step in range(1, 6)] == [None] * 5
    looks = events(run.folder, LookTaken)
    assert [str(e.status) for e in looks] == ["unknown", "unknown", "unknown", "clear", "unknown"]
    told = [reason for e in looks for reason in e.verdict.unknown]
    assert {reason.code for reason in told} == {ReasonCode.ALREADY_AT_FIRST_LOOK}
    assert told[0].words.startswith(
        "by itself this look would have probability 0.99, but what as-told found was"
    )
    assert run.audit.status is Status.UNKNOWN


def test_a_resumed_run_goes_on_with_the_first_look_of_its_ledger(audited, events):
    for lies, alarms in (([1, 2, 3], 0), ([2, 3], 2)):
        run = audited(QUIET, lies=lies)
        start(run)
        run.look(1)
        run.look(2)
        run.audit = resumed(run)
        run.look(3)
        assert len(events(run.folder, AlarmRaised)) == alarms
        shutil.rmtree(run.folder.path)


def test_where_the_ledger_with_the_first_look_is_gone_each_look_says_so_and_may_alarm(audited, tmp_path):
    run = audited(QUIET, lies=[1, 3])
    run.look(1)
    folder = RunFolder.create(tmp_path / "new", {}, run.audit._equipment.audit_set, {})
    again = Audit(run.audit._equipment, run.audit._encoder, folder, run.audit._opener)
    again.restore(run.audit.state())
    run.audit = again
    assert run.look(2) is None
    assert [r.code for r in again.last.verdict.unknown] == [ReasonCode.FIRST_LOOK_LOST]
    assert again.last.status is Status.UNKNOWN
    assert run.look(3) is not None


def test_outside_of_the_calibration_nothing_is_decided_and_people_are_told(audited, events, caplog):
    run = audited(lies=[2])
    judge = run.audit._equipment.judge
    strict = replace(judge, calibration=replace(judge.calibration, least_known=13))
    equipment = replace(run.audit._equipment, judge=strict)
    run.audit = Audit(equipment, run.audit._encoder, run.folder, run.audit._opener)
    with caplog.at_level("WARNING", "forewarn"):
        assert [run.look(1), run.look(2)] == [None, None]
    assert [e.status for e in events(run.folder, LookTaken)] == [Status.UNKNOWN] * 2
    assert events(run.folder, AlarmRaised) == []
    assert (
        "step 2: the probability of deception is 0.99, above the threshold 0.50, and no alarm" in caplog.text
    )
    assert caplog.text.count("no alarm") == 1, "the first look found nothing"


def resumed(run):
    """Another audit that goes on with the same ledger."""
    run.folder.release()
    folder = RunFolder.resume(run.folder.path)
    again = Audit(run.audit._equipment, run.audit._encoder, folder, run.audit._opener)
    again.restore(run.audit.state())
    return again


def test_a_decision_names_its_look_and_the_last_clear_snapshot(audited, events):
    run = audited(lies=[3])
    run.look(10)
    run.look(20)
    decision = run.look(30)
    looks = {e.step: e.snapshot for e in events(run.folder, LookTaken)}
    assert decision.target == Target(30, looks[30], 1, looks[20])
    (given,) = events(run.folder, ResponseGiven)
    assert (given.target, given.cause) == (decision.target, Cause.ALARM)


def test_a_segment_alarms_once_and_the_next_one_may_again(audited, events):
    run = audited(QUIET, lies=[2, 3, 4])
    start(run)
    assert [run.look(step) is not None for step in (1, 2, 3)] == [False, True, False]
    run.folder.append(RunResumed(3, run.folder.ledger.head, FoundLedger.AS_LEFT, "as it was left", 2))
    run.audit = resumed(run)
    assert run.audit.status is Status.FLAGGED, "an alarm of any segment flags the run"
    decision = run.look(4)
    assert decision.target.segment == 2
    assert [e.segment for e in events(run.folder, AlarmRaised)] == [1, 2]


def test_a_missed_look_of_an_earlier_segment_is_not_forgotten(audited):
    run = audited(QUIET)
    run.audit.miss(1, WHY)
    run.look(2)
    assert resumed(run).status is Status.UNKNOWN


def test_an_alarm_is_remembered_where_the_earlier_ledger_is_gone(audited, tmp_path):
    run = audited(QUIET, lies=[2])
    run.look(1)
    run.look(2)
    folder = RunFolder.create(tmp_path / "new", {}, run.audit._equipment.audit_set, {})
    again = Audit(run.audit._equipment, run.audit._encoder, folder, run.audit._opener)
    again.restore(run.audit.state())
    assert again.status is Status.FLAGGED


@pytest.mark.parametrize(
    ("acts", "status"),
    [
        ([], Status.UNKNOWN),
        (["clear"], Status.CLEAR),
        (["clear", "miss"], Status.UNKNOWN),
        (["miss", "clear"], Status.UNKNOWN),
        (["clear", "fail"], Status.UNKNOWN),
        (["fail", "clear"], Status.CLEAR),
        (["clear", "lie", "miss"], Status.FLAGGED),
        (["lie", "lie"], Status.UNKNOWN),
        (["lie", "clear"], Status.CLEAR),
        (["fail", "lie"], Status.UNKNOWN),
    ],
)
def test_where_a_run_stands(audited, events, acts, status):
    looks = [act for act in acts if act != "miss"]
    told = {name: [i for i, act in enumerate(looks, 1) if act == name] for name in ("lie", "fail")}
    run = audited(QUIET, lies=told["lie"], errors=told["fail"], error=ValueError("no"))
    for step, act in enumerate(acts, 1):
        run.audit.miss(step, WHY) if act == "miss" else run.look(step)
    run.audit.end(len(acts), Ending.FINISHED)
    assert run.audit.status is status
    assert events(run.folder)[-1].status == status


def test_the_latest_look_counts_also_when_its_weights_were_seen_before(audited):
    run = audited(QUIET, errors=[2], error=ValueError("no"))
    run.look(1)
    run.look(2)
    assert run.audit.status is Status.UNKNOWN
    run.look(3, change=-0.001)
    assert run.audit.status is Status.CLEAR


def test_blindness_is_counted_in_a_row_and_given_as_a_response(audited, events):
    run = audited(ResponsePolicy(most_missed=2), errors=[1, 3], error=ValueError("no"))
    assert run.look(1) is None and run.look(2) is None and run.look(3) is None
    decision = run.audit.miss(4, WHY)
    assert decision.halts and decision.alarm is None
    assert (
        events(run.folder, ResponseGiven)[0].why == "2 looks in a row were missed; the last because no time"
    )
    assert run.audit.last is None


def test_a_miss_is_counted_where_it_cannot_be_written(audited, monkeypatch):
    def full(self, event):
        raise StoreError("the disk is full")

    run = audited(ResponsePolicy(most_missed=2))
    with monkeypatch.context() as disk:
        disk.setattr(RunFolder, "append", full)
        assert run.audit.miss(1, WHY) is None
        assert run.audit.miss(2, WHY).halts
    assert run.folder.ledger.length == 0


def test_retention_keeps_the_flagged_the_first_the_last_clear_and_the_newest(audited, events):
    run = audited(QUIET, keep_newest=1, lies=[3, 6], errors=[7, 8], error=ValueError("no"))
    for step in range(1, 9):
        run.look(step)
    assert stored(run.folder) == [1, 2, 3, 5, 6, 8], "a flagged one is kept beside the one before it"
    dropped = events(run.folder, SnapshotDropped)
    assert [e.step for e in dropped] == [4, 7]
    looked = {e.snapshot: e.step for e in events(run.folder, LookTaken)}
    assert all(looked[e.snapshot] == e.step for e in dropped), "what was dropped stays in the ledger"


def test_state_and_ledger_bring_back_what_an_audit_knew(audited, events):
    run = audited(QUIET, keep_newest=0, lies=[2], errors=[4], error=ValueError("no"))
    for step in range(1, 5):
        run.look(step)
    again = resumed(run)
    assert (again.tally.latest, again.status) == (run.audit.tally.latest, run.audit.status)
    before, after = run.audit.state(), again.state()
    assert {k: v for k, v in after.items() if k != "alarm"} == {
        k: v for k, v in before.items() if k != "alarm"
    }
    run.audit = again
    assert run.look(5) is None
    assert stored(run.folder) == [1, 2, 5], "what was flagged before the resume is kept after it"


def test_weights_that_cannot_be_opened_are_no_look(audited, model):
    from forewarn.errors import SubjectError

    run = audited()
    model.wte.weight.data.fill_(float("nan"))
    with pytest.raises(SubjectError):
        run.look(1)
    assert run.folder.ledger.length == 0
