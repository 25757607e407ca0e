from __future__ import annotations

from forewarn.records import FoundLedger, Response, RunResumed, RunStarted, Status
from forewarn.report.summary import summarise


def test_a_flagged_run(build, tmp_path):
    summary = build.summary_of(tmp_path, build.flagged_events())
    assert summary.status is Status.FLAGGED
    assert summary.alarm is not None and summary.alarm.step == 500
    assert summary.response is not None and summary.response.response is Response.HALT
    assert (len(summary.taken), len(summary.missed), len(summary.unknown)) == (5, 0, 1)
    assert (summary.expected, summary.absent, summary.last_step) == (5, 0, 500)
    assert summary.finished


def test_a_clear_and_an_unknown_run(build, tmp_path):
    assert build.summary_of(tmp_path / "a", build.clear_events()).status is Status.CLEAR
    unknown = build.summary_of(tmp_path / "b", build.unknown_events())
    assert unknown.status is Status.UNKNOWN
    assert [look.step for look in unknown.missed] == [300]


def test_a_run_without_an_end_is_unfinished(build, tmp_path):
    summary = build.summary_of(tmp_path, build.clear_events()[:-1])
    assert summary.status is Status.CLEAR
    assert not summary.finished


def test_a_run_taken_up_again_is_unfinished_until_it_ends_again(build, tmp_path):
    resumed = RunResumed(
        300, "0" * 64, FoundLedger.AS_LEFT, "the ledger is as the checkpoint remembers it", 2
    )
    events = [build.look(100), build.ended(300, Status.UNKNOWN, "interrupted"), resumed, build.look(400)]
    assert not build.summary_of(tmp_path / "a", events).finished
    again = build.summary_of(tmp_path / "b", [*events, build.ended(400)])
    assert again.ended is not None and again.ended.reason == "finished"
    assert again.status is Status.CLEAR
    assert again.resumed == (resumed,)


def test_looks_that_the_schedule_called_for_and_the_ledger_does_not_hold_are_counted(build, tmp_path):
    events = [build.look(100), build.look(400), build.ended(450)]
    summary = build.summary_of(tmp_path / "a", events)
    assert (summary.expected, summary.gaps.absent) == (4, (200, 300, 450))
    assert summary.status is Status.UNKNOWN and "due at steps 200, 300 and 450" in summary.standing.why
    last = build.summary_of(
        tmp_path / "c", [build.look(100), build.look(400), build.look(450), build.ended(450)]
    )
    assert (last.expected, last.absent) == (5, 2), "the look at the end is one more, and makes up for none"
    silent = build.summary_of(tmp_path / "b", events, settings_used={"schedule": "at 100 and 400"})
    assert (silent.expected, silent.gaps.absent) == (None, (450,))


def test_an_empty_ledger_is_unknown_and_unfinished(build, tmp_path):
    summary = summarise(build.manifest_of(tmp_path), ())
    assert (summary.status, summary.finished, summary.head) == (Status.UNKNOWN, False, "")


def test_the_head_is_the_last_lines_hash(build, tmp_path):
    from forewarn.report.run import read_run

    run = read_run(build.write_run(tmp_path, [build.look(100)]))
    assert summarise(run.manifest, run.entries).head == run.entries[-1].hash
    assert isinstance(run.entries[0].event, RunStarted)
