from __future__ import annotations

import json

from forewarn.cli.values import full_look_value, run_value
from forewarn.report.people import Inspections


def test_a_run_and_its_looks_can_be_written_as_strict_json(build, tmp_path):
    events = [build.missed(100), build.look(200, outcomes=[build.evidence(explored=float("nan"))])]
    summary = build.summary_of(tmp_path, events)
    value = run_value(tmp_path, summary, Inspections())
    told = json.loads(json.dumps(value, allow_nan=False))
    assert told["evidence"][0]["explored"] == "nan"
    assert told["ended"] is None and told["response"] is None and not told["finished"]
    assert [full_look_value(look)["state"] for look in summary.looks] == ["missed", "clear"]


def test_a_missed_look_has_nulls_and_a_reason(build, tmp_path):
    (look,) = build.summary_of(tmp_path, [build.missed(100)]).looks
    value = full_look_value(look)
    assert (value["probability"], value["interval"], value["snapshot"]) == (None, None, None)
    assert value["reason"] == "OSError: no space left on device"
