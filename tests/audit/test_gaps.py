"""What was due and is not there is a gap; what is there, or will be taken again, is none."""

from __future__ import annotations

import pytest

from forewarn.audit.gaps import Gaps, gaps, is_cut, schedule_of
from forewarn.audit.heartbeat import Heartbeat, SignOfLife
from forewarn.records import (
    Ending,
    FoundLedger,
    Interval,
    LookMissed,
    LookTaken,
    Reason,
    ReasonCode,
    RunEnded,
    RunResumed,
    RunStarted,
    SettingChange,
    SettingsChanged,
    Status,
    Verdict,
)
from forewarn.schedules import EveryNSteps, Geometric, as_plain

EVERY_2 = EveryNSteps(2)
BEGUN = RunStarted(0, "m")


def looks(*steps):
    verdict = Verdict(0.1, Interval(0.0, 0.2), (), "c")
    return [LookTaken(step, f"s{step}", (), verdict, Status.CLEAR, 9, 12, 0.1) for step in steps]


def missed(step):
    return LookMissed(step, Reason(ReasonCode.LOOK_FAILED, "why"))


def ended(step, reason=Ending.FINISHED):
    return RunEnded(step, Status.CLEAR, reason)


def dead(**beat):
    return SignOfLife(Heartbeat(**beat), alive=False)


UNSEEN = SignOfLife()


@pytest.mark.parametrize(
    ("events", "lacking"),
    [
        ([BEGUN, *looks(2, 4, 6), ended(6)], ()),
        ([BEGUN, *looks(2, 4), missed(6), ended(6)], ()),
        ([BEGUN, *looks(2, 6), ended(6)], (4,)),
        ([BEGUN, *looks(2, 4), ended(9)], (6, 8, 9)),
        ([BEGUN, *looks(2, 4, 5), ended(5)], ()),
        ([BEGUN, *looks(2, 4), ended(5)], (5,)),
        ([BEGUN, *looks(2), ended(8, Ending.HALTED)], (4, 6, 8)),
        ([BEGUN, ended(0)], ()),
        ([RunStarted(7, "m"), *looks(8, 10), ended(10)], ()),
        ([], ()),
    ],
)
def test_a_ledger_that_ended_is_held_against_the_schedule(events, lacking):
    found = gaps(events, EVERY_2, UNSEEN)
    assert (found.absent, found.cut_short) == (lacking, None)


def test_a_run_that_broke_off_where_a_look_was_due_may_take_it_again():
    found = gaps([BEGUN, *looks(2), ended(4, Ending.FAILED)], EVERY_2, UNSEEN)
    assert (found.absent, found.cut_short, found.lacking) == ((), 4, 1)
    assert found.lost_for_good(3) == 0, "the look at step 4 comes again"
    assert found.lost_for_good(4) == 1, "the run goes on behind it"


def test_the_step_of_a_checkpoint_proves_that_training_came_so_far():
    assert gaps([BEGUN, *looks(2)], EVERY_2, UNSEEN).lacking == 0
    assert gaps([BEGUN, *looks(2)], EVERY_2, UNSEEN, resumed_at=7).lost_for_good(7) == 2


def test_a_gap_that_training_lived_through_is_lost_though_it_comes_again():
    found = gaps([BEGUN, *looks(2, 8)], EVERY_2, UNSEEN, resumed_at=2)
    assert found.absent == (4, 6) and found.lost_for_good(2) == 2


def test_a_look_that_a_kill_cut_short_is_known_by_the_heartbeat():
    found = gaps([BEGUN, *looks(2)], EVERY_2, dead(due=2, answered=1, step=4))
    assert (found.cut_short, found.lost_for_good(2), found.lost_for_good(4)) == (4, 0, 1)


def test_a_look_whose_line_is_there_was_not_cut_short():
    assert gaps([BEGUN, *looks(2, 4)], EVERY_2, dead(due=2, answered=1, step=4)).lacking == 0


def test_a_look_that_goes_on_is_no_gap_yet():
    beat = Heartbeat(due=2, answered=1, step=4)
    assert gaps([BEGUN, *looks(2)], EVERY_2, SignOfLife(beat, alive=True)).lacking == 0
    late = Heartbeat(due=3, answered=1, unwritten=1, step=6)
    assert gaps([BEGUN, *looks(2, 6)], EVERY_2, SignOfLife(late, alive=True)).absent == (4,)


def test_a_look_that_was_interrupted_counts_as_missed_where_the_end_was_written():
    events = [BEGUN, *looks(2), ended(4, Ending.INTERRUPTED)]
    found = gaps(events, EVERY_2, dead(due=2, answered=1, step=4, ended=True))
    assert (found.absent, found.cut_short, found.lost_for_good(2)) == ((4,), None, 1)


def test_what_could_not_be_written_is_lost_wherever_the_run_goes_on():
    found = gaps([BEGUN, *looks(2)], EVERY_2, dead(due=3, answered=1, unwritten=2, step=6))
    assert found.lost_for_good(2) == 2 and found.lacking == 2
    assert gaps([BEGUN, *looks(2)], None, dead(due=3, answered=1, unwritten=2, step=6)).lacking == 2


def test_several_optimisers_answer_for_steps_in_between():
    events = [BEGUN, *looks(3, 6, 9), ended(9)]
    assert gaps(events, EVERY_2, dead(stride=3, step=9, due=3, answered=3)).lacking == 0
    events = [BEGUN, *looks(3, 9), ended(9)]
    assert gaps(events, EVERY_2, dead(stride=3, step=9, due=2, answered=2)).absent == (4, 6)
    assert gaps([BEGUN, *looks(6, 9, 12), ended(12)], EveryNSteps(4), UNSEEN).lacking == 0


def test_only_the_last_segment_is_asked_since_a_restart_tells_of_those_before():
    resumed = RunResumed(4, "h", FoundLedger.AS_LEFT, "as it was", 2, missed=1)
    events = [BEGUN, *looks(4), resumed, *looks(6), ended(6)]
    assert gaps(events, EVERY_2, UNSEEN).lacking == 0
    assert gaps(events, EVERY_2, dead(segment=1, unwritten=3)).lacking == 0, "it is of the segment before"
    assert gaps(events, EVERY_2, dead(segment=2, unwritten=3)).lacking == 3


def test_a_schedule_that_calls_for_endless_looks_is_told():
    found = gaps([BEGUN, ended(10**12)], EveryNSteps(1), UNSEEN)
    assert found.unlisted and found.lacking


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({"every_n_steps": 3}, EveryNSteps(3)),
        ({"every_n_steps": "Geometric()", "schedule": as_plain(Geometric())}, Geometric()),
        ({"every_n_steps": True}, None),
        ({"every_n_steps": "anything"}, None),
        ({}, None),
    ],
)
def test_the_schedule_is_that_of_the_settings(settings, wanted):
    assert schedule_of(settings) == wanted


def test_the_schedule_is_that_of_the_last_change():
    change = SettingChange("schedule", as_plain(EVERY_2), as_plain(Geometric()))
    assert schedule_of({"every_n_steps": 2}, [SettingsChanged(4, 2, (change,), True)]) == Geometric()


def test_the_heartbeat_tells_that_lines_were_cut_off(tmp_path):
    from forewarn.store.ledger import Ledger, read

    ledger = Ledger.create(tmp_path / "ledger.jsonl")
    heads = [ledger.append(event) for event in (BEGUN, *looks(2, 4))]
    entries, beat = read(tmp_path / "ledger.jsonl"), Heartbeat(lines=2, head=heads[1])
    assert not is_cut(entries, beat) and not is_cut(entries, None)
    assert is_cut(entries[:1], beat) and is_cut((), beat)
    assert is_cut(entries, Heartbeat(lines=2, head=heads[2]))


def test_nothing_lacks_nothing():
    assert Gaps().lacking == Gaps().lost_for_good(0) == 0
