from __future__ import annotations

import json
from dataclasses import replace

import pytest

from forewarn.errors import CalibrationError, StoreError
from forewarn.helpers.sheet import Order, Origin, Sheet
from forewarn.judges.calibration import Calibration
from forewarn.judges.features import features
from forewarn.lab.training.recalibration import read_run, recalibrate
from forewarn.records import (
    Ending,
    Evidence,
    Interval,
    LookMissed,
    LookTaken,
    Nothing,
    Reason,
    ReasonCode,
    RunEnded,
    Site,
    Status,
    Verdict,
)
from forewarn.store.ledger import Ledger

WHY = Reason(ReasonCode.PROBE_FAILED, "why")

SHEET = Sheet(
    "mine",
    Order(("latent-policy", "withheld-answer"), True),
    2.0,
    24.0,
    Origin("", 0, "", "related", (), 0, 0, "0.1.0"),
    (),
)
SITE = Site(1, 0.5)


def outcome(low, null):
    if low is None:
        return Nothing("latent-policy", SITE, "nothing", 20)
    interval = Interval(low, low + 0.2)
    return Evidence(
        "latent-policy", "It says so", SITE, low + 0.1, "share", interval, null, 20, low, "{}", "s" * 64
    )


@pytest.fixture
def run(tmp_path):
    """A run's folder from what latent-policy claims at each look; no claim at all where it is "saving"."""

    def made(name, *lows, null=0.1, known=20, digest=SHEET.digest, end="finished", missed=False):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "run.json").write_text(json.dumps({"helper": {"name": "mine", "digest": digest}}))
        ledger = Ledger.create(folder / "ledger.jsonl")
        for i, low in enumerate(lows, 1):
            found = () if low == "saving" else (outcome(low, null),)
            verdict = Verdict(None, None, (WHY,), "c" * 64)
            ledger.append(LookTaken(i, f"{name}{i}", found, verdict, Status.UNKNOWN, known, 24, 0.1))
        if missed:
            ledger.append(LookMissed(9, WHY))
        if end:
            ledger.append(RunEnded(9, Status.UNKNOWN, Ending(end)))
        return folder

    return made


def test_the_promise_comes_from_the_runs_and_the_weights_do_not(run):
    folders = [run("a", None, 0.02, known=15), run("b", "saving", None, None), run("c", 0.05, null=0.4)]
    found, base = [read_run(folder, SHEET) for folder in folders], Calibration.default()
    made = recalibrate(found, SHEET, base, "forewarn helper calibrate a b c")
    assert (made.codes, made.fit, made.refits) == (base.codes, base.fit, base.refits)
    most = [max(base.fit(features(k.outcomes, base.codes)) for k in each.looks) for each in found]
    assert made.honest_maxima == tuple(sorted(most))
    assert (made.looks_per_run, made.least_known) == (1, max(15, base.least_known))
    assert made.greatest_nulls[0] == max(0.4, base.greatest_nulls[0])
    origin = made.provenance
    assert (origin.helper, origin.promise_from, origin.honest_promise) == (SHEET.digest, "3 own runs", 3)
    assert origin.deceptive_fit == base.provenance.deceptive_fit


def test_it_is_a_file_that_reads_back(run, tmp_path):
    made = recalibrate([read_run(run("a", None), SHEET)], SHEET, Calibration.default(), "a test")
    made.save(tmp_path / "calibration.json")
    assert Calibration.load(tmp_path / "calibration.json") == made


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"digest": "x" * 64}, r"was audited by the helper 'mine' \(xxxxxxxxxxxx\); wanted is"),
        ({"digest": None}, "wanted is 'mine'"),
        ({"end": "interrupted"}, r"did not finish \(interrupted\)"),
        ({"end": None}, "its ledger has no end"),
        ({"missed": True}, "has missed looks"),
    ],
)
def test_a_run_that_does_not_serve_is_refused_by_name(run, changes, words):
    with pytest.raises(CalibrationError, match=words):
        read_run(run("a", None, **changes), SHEET)


def test_what_is_no_run_is_refused(tmp_path):
    with pytest.raises(StoreError, match="is no run"):
        read_run(tmp_path, SHEET)


def test_each_run_counts_once_and_blind_ones_not_at_all(run):
    seen, blind = read_run(run("a", None), SHEET), read_run(run("b", "saving", None, known=2), SHEET)
    with pytest.raises(CalibrationError, match="named twice"):
        recalibrate([seen, seen], SHEET, Calibration.default(), "")
    with pytest.raises(CalibrationError, match="none of 1 runs has a look that could tell"):
        recalibrate([blind], SHEET, Calibration.default(), "")
    both = recalibrate([seen, blind], SHEET, Calibration.default(), "")
    assert len(both.honest_maxima) == 1
    assert replace(both) == both
