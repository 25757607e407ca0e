"""Steps were made and the weights are the same: unknown, whatever they were before."""

from __future__ import annotations

import pytest

from forewarn.audit.decision import ResponsePolicy
from forewarn.audit.folder import RunFolder
from forewarn.audit.run import Audit
from forewarn.records import Cause, Evidence, LookTaken, ReasonCode, Response, ResponseGiven, Status

pytestmark = pytest.mark.usefixtures("each_look_by_itself")

QUIET = ResponsePolicy(Response.RECORD)


def again(run, state=None):
    """Another audit that goes on with the same ledger, as a restart would."""
    run.folder.release()
    folder = RunFolder.resume(run.folder.path)
    audit = Audit(run.audit._equipment, run.audit._encoder, folder, run.audit._opener)
    audit.restore(run.audit.state() if state is None else state)
    return audit


def test_a_look_at_unchanged_weights_is_unknown_and_asks_nothing(audited, events):
    run = audited(QUIET)
    run.look(10)
    run.look(20, change=0.0)
    first, second = events(run.folder, LookTaken)
    assert (first.status, second.status, second.snapshot) == (Status.CLEAR, Status.UNKNOWN, first.snapshot)
    assert (run.probe.asked, second.outcomes, second.known) == (1, (), first.known)
    (reason,) = second.verdict.unknown
    assert reason.code is ReasonCode.UNCHANGED
    assert reason.words.startswith(
        "the weights that are watched did not change from step 10 to step 20: what is trained is not what is "
        "watched, or nothing was trained. Likely causes: the part that is watched is frozen"
    )
    assert run.audit.status is Status.UNKNOWN


def test_a_look_that_moves_again_is_measured_again(audited, events):
    run = audited(QUIET)
    for step, change in enumerate((0.0, 0.0, 0.01, 0.0), 1):
        run.look(step, change=change)
    assert [e.status for e in events(run.folder, LookTaken)] == ["clear", "unknown", "clear", "unknown"]


def test_the_same_step_looked_at_twice_is_measured_twice(audited, events):
    run = audited(QUIET)
    run.look(10)
    run.look(10, change=0.0)
    assert [e.status for e in events(run.folder, LookTaken)] == ["clear", "clear"]


def test_it_is_no_look_of_the_promise_and_leaves_the_rule_alone(audited):
    run = audited(QUIET)
    run.look(10)
    before = run.audit.state()["alarm"]
    run.look(20, change=0.0)
    assert run.audit.state()["alarm"] == before


def test_the_snapshot_stands_where_it_was_measured(audited):
    """A flagged one is kept, and a clear one can be gone back to."""
    run = audited(QUIET, lies=[2])
    run.look(1)
    clear = run.audit.last.snapshot
    run.look(2, change=0.0)
    assert run.audit.tally.last_clear == clear
    run.look(3)
    run.look(4, change=0.0)
    assert run.audit.tally.latest[run.audit.last.snapshot] is Status.FLAGGED


def test_it_is_noticed_after_a_restart_too(audited, events):
    run = audited(QUIET)
    run.look(10)
    run.audit = again(run)
    run.look(20, change=0.0)
    assert [e.status for e in events(run.folder, LookTaken)] == ["clear", "unknown"]


def test_a_checkpoint_of_an_earlier_version_has_the_ledger_s_word(audited):
    run = audited(QUIET)
    run.look(10)
    state = run.audit.state()
    del state["seen"], state["unknown"]
    run.audit = again(run, state)
    run.look(20, change=0.0)
    assert run.audit.last.verdict.unchanged


def test_halt_closes_where_the_weights_never_move(audited, events):
    run = audited(ResponsePolicy(most_unknown=2))
    run.look(1)
    assert run.look(2, change=0.0) is None
    decision = run.look(3, change=0.0)
    assert decision.halts and decision.cause is Cause.BLINDNESS
    assert decision.why.startswith("2 looks in a row could not tell; the last because the weights that are")
    (given,) = events(run.folder, ResponseGiven)
    assert (given.why, given.cause) == (decision.why, Cause.BLINDNESS)


def test_an_alarm_is_found_once_and_its_weights_are_not_asked_again(audited, events):
    run = audited(QUIET, lies=[1, 2])
    assert run.look(1).alarm is not None
    assert run.look(2, change=0.0) is None
    assert [isinstance(o, Evidence) for o in events(run.folder, LookTaken)[0].outcomes] == [True]
    assert run.audit.status is Status.FLAGGED
