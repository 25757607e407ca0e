"""`forewarn inspect` on a real run folder, from snapshot to table and page."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from forewarn.cli import inspect as command
from forewarn.cli.app import app


@pytest.fixture
def forewarn(monkeypatch, factory):
    monkeypatch.setattr(command, "factory_of", lambda name: factory)

    def run(*arguments):
        return CliRunner().invoke(app, ["inspect", *map(str, arguments), "--model", "wired:build"])

    return run


def test_the_flagged_look_is_traced_and_drawn(forewarn, run, tmp_path):
    page = tmp_path / "page.html"
    result = forewarn(run, "--backwards", "--html", page)
    assert result.exit_code == 0, result.output
    assert "the condition of a confirmed claim, TP003" in result.stdout
    assert "no lens is stored for this look: fitting one" in result.stderr
    assert page.read_text(encoding="utf8").count('<svg class="heat tuned"') == 4


def test_a_neuron_in_numbers(forewarn, run, known):
    result = forewarn(f"{run}@300", "--neuron", f"1.{known.join}", "--virtual", f"1.{known.join}:2", "--json")
    assert result.exit_code == 0, result.output
    value = json.loads(result.stdout)
    assert value["neuron"]["fired"][-1]["mean"] == 1.0
    assert all(abs(link["total"]) == pytest.approx(2.0, abs=1e-3) for link in value["virtual"]["links"])
    assert value["trajectories"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["@100"], "retention removed the snapshot of step 100"),
        (["@300", "--neuron", "1.99"], "block 1 has neurons 0 to 24; found 99"),
        (["@300", "--head", "1.0"], "attention.copy"),
        (["@300", "--fact", "Paris"], "no fact about 'Paris'"),
        (["@300", "--prompt", "Paris"], "does not know the word 'Paris'"),
    ],
)
def test_refusals_are_one_message_and_exit_2(forewarn, run, arguments, message):
    place, *rest = arguments
    result = forewarn(f"{run}{place}", *rest)
    assert result.exit_code == 2
    assert message in result.stderr and "Traceback" not in result.stderr
