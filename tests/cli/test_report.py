from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from forewarn.cli.app import app


def _report(*arguments):
    return CliRunner().invoke(app, ["report", *map(str, arguments)])


@pytest.fixture
def run(build, tmp_path):
    return build.write_run(tmp_path / "liar", build.flagged_events())


def test_writes_beside_the_ledger_and_prints_the_path(run):
    result = _report(run)
    assert (result.exit_code, result.stdout.strip()) == (1, str(run / "report.html"))
    assert "Flagged at step 500" in (run / "report.html").read_text()


def test_writes_elsewhere_and_leaves_the_run_alone(run, tmp_path):
    told = json.loads(_report(run, "-o", tmp_path / "page.html", "--json").stdout)
    assert told.pop("leading")["step"] == 500
    assert told == {
        "run": str(run),
        "report": str(tmp_path / "page.html"),
        "status": "flagged",
        "changed": [],
    }
    assert (tmp_path / "page.html").is_file()
    assert not (run / "report.html").exists()


def test_opens_the_page_only_when_asked(run, monkeypatch):
    opened = []
    monkeypatch.setattr(typer, "launch", opened.append)
    _report(run)
    assert opened == []
    _report(run, "--open")
    assert opened == [(run / "report.html").resolve().as_uri()]


def test_a_page_that_cannot_be_written(run, tmp_path):
    result = _report(run, "-o", tmp_path / "gone" / "page.html")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "cannot write" in result.stderr
