from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from forewarn.cli.app import app
from forewarn.lab.population.table import Table


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A table of stand-ins, small enough for a command to be quick."""
    path = Path(__file__).parent.parent / "evaluation" / "conftest.py"
    spec = importlib.util.spec_from_file_location("stand_ins", path)
    stand_ins = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(stand_ins)
    file = tmp_path_factory.mktemp("table") / "recorded.safetensors"
    Table(stand_ins.CODES, {"related": stand_ins.population(range(10))}, (), "how").save(file)
    return file


def said(*words):
    return CliRunner().invoke(app, ["bench", *map(str, words)], catch_exceptions=False)


def test_a_quick_bench_prints_every_split_and_the_worst_mistakes(recorded):
    result = said("--table", recorded, "--quick")
    assert result.exit_code == 0
    assert "related cues (K1), new mechanism (96 runs)" in result.stdout
    assert "always alarm" in result.stdout


def test_the_json_holds_levels_and_the_promise(recorded, tmp_path):
    result = said("--table", recorded, "--quick", "--json", "--out", tmp_path / "out", "--no-plots")
    value = json.loads(result.stdout)
    assert value["levels"]["related"]["new runs"]["never alarm"]["misses"]["value"] == 1.0
    assert (tmp_path / "out" / "scorecard.json").exists()
    assert not list((tmp_path / "out").glob("*.svg"))


def test_one_run_is_opened_by_its_name(recorded):
    result = said("--table", recorded, "--run", "pair-3-pair")
    assert "pair-3-pair, related cues (K1): pair, onset 80" in result.stdout
    assert "latent-policy" in result.stdout


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--run", "nobody"), "holds no run 'nobody'"),
        (("--table", "missing"), "no recorded table"),
        (("--split", "old"), "--split is one of new runs, new world, new architecture"),
    ],
)
def test_what_is_not_there_is_named(recorded, words, reason):
    result = said("--table", recorded, *words)
    assert result.exit_code == 2
    assert reason in result.stderr


def test_what_was_learned_on_one_table_is_scored_on_another(recorded):
    result = said("--table", recorded, "--on", recorded)
    assert result.exit_code == 0
    assert "related cues (K1), transferred (120 runs)" in result.stdout
    assert "run by run" in result.stdout
    value = json.loads(said("--table", recorded, "--on", recorded, "--json").stdout)
    assert value["levels"]["related"]["never alarm"]["misses"]["value"] == 1.0
