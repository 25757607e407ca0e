"""What every command says of a run that is not what was written."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from forewarn.cli.app import app


@pytest.fixture
def run(build, tmp_path):
    run = build.write_run(tmp_path / "run", build.clear_events())
    (run / "auditset.jsonl").write_text("other answers\n")
    return run


def invoke(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.mark.parametrize("command", ["show", "report"])
def test_it_is_said_first_and_exits_with_3(run, command):
    result = invoke(command, run)
    assert result.exit_code == 3
    assert "auditset.jsonl was altered: its SHA-256 is" in result.stdout


def test_a_look_says_it_too(run):
    result = invoke("show", f"{run}@200")
    assert result.exit_code == 3 and result.stdout.startswith("auditset.jsonl was altered")


def test_a_list_names_the_run(run):
    result = invoke("list", run.parent)
    assert result.exit_code == 3
    assert f"{run}: auditset.jsonl was altered" in result.stdout
    (told,) = json.loads(invoke("list", run.parent, "--json").stdout)["runs"]
    assert told["changed"] and told["status"] == "clear"


def test_the_page_says_it_above_the_verdict(run):
    invoke("report", run)
    page = (run / "report.html").read_text()
    assert page.index("Not what was written") < page.index('aria-label="Verdict"')
    assert "rests on a run that is not what was written" in page


def test_a_replay_says_what_has_changed(run):
    result = invoke("replay", run)
    assert result.exit_code == 3
    assert "auditset.jsonl" in result.stderr


def test_verify_tells_a_line_for_each_kind_of_file(build, tmp_path):
    run = build.write_run(tmp_path / "run", build.missed_events())
    result = invoke("verify", run)
    assert result.exit_code == 0
    for what in (
        "ledger, 4 lines",
        "manifest",
        "looks",
        "audit set",
        "token table",
        "weights, 0 snapshots",
        "traces",
    ):
        assert f"- {what}" in result.stdout
    told = json.loads(invoke("verify", run, "--json").stdout)
    assert {"what", "problems", "remarks"} == set(told["checked"][0])


def test_a_device_is_not_written_over(build, tmp_path):
    run = build.write_run(tmp_path / "run", build.clear_events())
    result = invoke("report", run, "-o", "/dev/null")
    assert result.exit_code == 2
    assert "/dev/null is a device; an ordinary file was wanted" in result.stderr
