from __future__ import annotations

from dataclasses import replace

from forewarn.records import FoundLedger, RunResumed
from forewarn.report.caveats import caveats


def test_a_sound_run_has_the_limits_of_any_report(build, tmp_path):
    told = caveats(build.summary_of(tmp_path, build.clear_events()[1:], settings_used={}))
    assert len(told) == 5
    assert "It does not say that the model is honest" in told[0]


def test_each_gap_of_a_run_is_told(build, tmp_path):
    resumed = RunResumed(300, "0" * 64, FoundLedger.CUT, "2 lines were lost", 2)
    failing = build.look(500, 0.7, outcomes=[build.failed()])
    events = [build.ignorant(100), build.missed(200), resumed, failing, build.alarm(500, promise_holds=False)]
    told = " ".join(caveats(build.summary_of(tmp_path, events)))
    for gap in (
        "The ledger does not say how the run ended",
        "1 look was missed, at step 200.",
        "2 looks could not tell, at steps 100 and 500.",
        "1 look was due at step 400, and the ledger has no word of it.",
        "Probes failed 1 time",
        "the promise about false alarms does not hold",
        "taken up again at step 300: 2 lines were lost",
    ):
        assert gap in told


def test_claims_that_moved_no_probability_are_told(build, tmp_path):
    events = [build.look(100, 0.1, outcomes=[build.evidence(0.9, code="kept-context")])]
    summary = build.summary_of(tmp_path, events)
    known = replace(summary, looks=tuple(replace(look, codes=("latent-policy",)) for look in summary.looks))
    sentence = (
        "The calibration does not count kept-context. Such claims are shown, and they did not change any "
        "probability."
    )
    assert sentence in caveats(known)
    assert sentence not in caveats(summary)
