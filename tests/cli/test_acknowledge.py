from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from forewarn.audit.acknowledging import standing_alarms
from forewarn.audit.claim import Claim
from forewarn.cli.app import app
from forewarn.records import AlarmAcknowledged
from forewarn.store.ledger import read, verify


@pytest.fixture
def run(build, tmp_path):
    return build.write_run(tmp_path / "run", build.flagged_events())


def asked(command, *arguments):
    return CliRunner().invoke(app, [command, *map(str, arguments)])


def test_it_is_written_into_the_ledger_and_shown(run):
    assert [alarm.step for alarm in standing_alarms(run)] == [500]
    result = asked("acknowledge", run, "--by", "Ada", "--why", "the data were mended")
    assert (result.exit_code, result.stdout.strip()) == (
        0,
        "Ada acknowledged the alarm of step 500 (segment 1): the data were mended",
    )
    event = read(run / "ledger.jsonl")[-1].event
    assert event == AlarmAcknowledged(500, 1, "Ada", "the data were mended")
    assert verify(run / "ledger.jsonl") == () and standing_alarms(run) == ()
    shown = asked("show", run)
    assert shown.exit_code == 1, "the run stays flagged"
    assert "segment 1, step 500: 97 %, above 83 %; Ada acknowledged the alarm" in shown.stdout


def test_an_alarm_may_be_called_wrong(run):
    told = json.loads(asked("acknowledge", run, "--wrong", "--by", "Ada", "--json").stdout)
    assert [event["wrong"] for event in told["acknowledged"]] == [True]
    assert "Ada called the alarm wrong of step 500 (segment 1), without a reason" in asked("show", run).stdout


def test_without_a_name_it_is_the_users(run, monkeypatch):
    monkeypatch.setenv("LOGNAME", "grace")
    assert asked("acknowledge", run).stdout.startswith("grace acknowledged")


def test_there_is_nothing_to_acknowledge_twice(run):
    asked("acknowledge", run)
    before = (run / "ledger.jsonl").read_bytes()
    again = asked("acknowledge", run)
    assert again.exit_code == 2 and "no alarm that is not acknowledged already" in again.stderr
    assert (run / "ledger.jsonl").read_bytes() == before


def test_a_clear_run_has_nothing_to_acknowledge(build, tmp_path):
    run = build.write_run(tmp_path / "run", build.clear_events())
    assert asked("acknowledge", run).exit_code == 2


def test_a_run_that_is_being_written_is_left_alone(run):
    held = Claim.take(run)
    result = asked("acknowledge", run)
    held.release()
    assert result.exit_code == 2 and "is being written by" in result.stderr
    assert standing_alarms(run)


def test_what_is_no_run_is_refused(tmp_path):
    assert asked("acknowledge", tmp_path).exit_code == 2


def test_a_ledger_that_was_altered_is_not_written_to(run):
    ledger = run / "ledger.jsonl"
    ledger.write_text(ledger.read_text().replace('"step":200', '"step":201', 1))
    result = asked("acknowledge", run)
    assert result.exit_code == 3 and "altered" in result.stderr
