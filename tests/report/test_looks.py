from __future__ import annotations

from forewarn.records import SnapshotDropped, Status
from forewarn.report.looks import State, looks_of


def test_every_look_appears_once_in_the_ledgers_order(build):
    events = [build.look(200), build.missed(300), build.look(100), build.ended(300)]
    assert [(look.step, look.state) for look in looks_of(events)] == [
        (200, State.CLEAR),
        (300, State.MISSED),
        (100, State.CLEAR),
    ]


def test_a_verdict_with_a_reserve_is_never_clear_whatever_the_ledger_calls_it(build):
    (look,) = looks_of([build.look(100, 0.02, status=Status.CLEAR, unknown="outside the calibration")])
    assert look.state is State.UNKNOWN
    assert not look.judged


def test_a_look_with_a_failed_probe_is_never_clear(build):
    (look,) = looks_of([build.look(100, 0.02, outcomes=[build.nothing(), build.failed()])])
    assert look.state is State.UNKNOWN
    assert look.reason == "1 probe failed, the first with RuntimeError: shapes do not match"


def test_what_is_over_the_threshold_stays_flagged_even_with_a_failure(build):
    (look,) = looks_of([build.look(100, 0.99, status=Status.FLAGGED, outcomes=[build.failed()])])
    assert look.state is State.FLAGGED


def test_evidence_comes_strongest_first(build):
    weak, strong = build.evidence(0.2), build.evidence(0.9, claim="Nine of ten.")
    (look,) = looks_of([build.look(100, outcomes=[weak, build.nothing(), strong])])
    assert look.evidence == (strong, weak)


def test_a_dropped_snapshot_is_not_stored(build):
    kept, gone = build.look(100), build.look(200)
    looks = looks_of([kept, gone, SnapshotDropped(step=200, snapshot=gone.snapshot)])
    assert [look.stored for look in looks] == [True, False]
    assert not looks_of([build.missed(100)])[0].stored


def test_claims_that_the_judge_does_not_count_come_last_and_are_known_as_such(build):
    loud, counted = build.evidence(0.9, code="kept-context"), build.evidence(0.4, code="latent-policy")
    event = build.look(100, 0.7, outcomes=[loud, counted])
    (look,) = looks_of([event], ("knowledge-gap", "observer", "latent-policy"))
    assert look.evidence == (counted, loud)
    assert [look.counts(claim) for claim in look.evidence] == [True, False]
    (untold,) = looks_of([event])
    assert untold.evidence == (loud, counted), "a run of before says nothing of what was counted"
