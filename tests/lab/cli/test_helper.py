"""`forewarn helper`, on recorded runs and traces that nobody had to train."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from forewarn.cli.app import app
from forewarn.helpers.stored import load, shipped
from forewarn.judges.calibration import Calibration
from forewarn.lab.population.table import Table
from forewarn.records import InspectionTrace, Nothing, Site
from forewarn.records.trace import Answered, Offered
from forewarn.store.traces import write


def told(*words):
    """Exit code and the one object that --json prints, which a strict reader must be able to read."""
    result = CliRunner().invoke(app, ["helper", *map(str, words), "--json"], catch_exceptions=False)
    return result.exit_code, json.loads(
        result.stdout, parse_constant=lambda word: pytest.fail(f"{word} is no JSON")
    )


@pytest.fixture(scope="module")
def table(recorded, tmp_path_factory):
    path = tmp_path_factory.mktemp("table") / "recorded.safetensors"
    runs = [
        replace(run, truth=replace(run.truth, group=f"pair{i % 40}-{i % 2}"))
        for i, run in enumerate(recorded.population(140, 30))
    ]
    Table(recorded.CODES, {"related": tuple(runs)}, (), "a test").save(path)
    return path


@pytest.fixture(scope="module")
def made(table, tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "mine"
    spending = ("--budget", 2, "--carry-over", 4)
    code, value = told("train", "--table", table, "--updates", 2, "--rounds", 1, *spending, "--out", folder)
    assert code == 0, value
    return folder, value


def test_a_trained_helper_is_a_folder_that_reads_back(made):
    folder, value = made
    found = load(folder)
    assert value["digest"] == found.sheet.digest and found.name == "mine"
    assert value["calibration"] == Calibration.load(folder / "calibration.json").digest
    assert value["errors"][0]["misses"]["n"] == 15 and value["fixed_order"] is not None
    assert {"card.md", "checks.jsonl", "checks.svg", "state.safetensors"} <= {
        p.name for p in folder.iterdir()
    }


def test_the_same_command_gives_the_same_bytes(made, table, tmp_path):
    folder, _ = made
    spending = ("--budget", 2, "--carry-over", 4)
    told("train", "--table", table, "--updates", 2, "--rounds", 1, *spending, "--out", tmp_path / "mine")
    for name in ("helper.json", "helper.safetensors", "calibration.json", "card.md", "checks.jsonl"):
        assert (tmp_path / "mine" / name).read_bytes() == (folder / name).read_bytes()


@pytest.mark.gpu
def test_the_same_command_gives_the_same_helper_on_a_gpu(table, tmp_path):
    rest = ("--updates", 3, "--rounds", 2, "--budget", 2, "--carry-over", 4, "--device", "cuda")
    found = [told("train", "--table", table, *rest, "--out", tmp_path / str(i) / "mine") for i in range(2)]
    assert [code for code, _ in found] == [0, 0]
    assert found[0][1]["digest"] == found[1][1]["digest"]
    code, value = told("score", "--helper", tmp_path / "0" / "mine", "--table", table, "--quick")
    assert code == 0 and len(value["rows"]) == 7


def test_a_clone_says_how_far_it_agrees(table, tmp_path):
    offered = tuple(
        Offered(code, Site(1, 0.5), 2.0) for code in ("knowledge-gap", "observer", "latent-policy")
    )
    answers = (Answered(offered[2], Nothing("latent-policy", offered[2].site, "nothing", 8)),)
    write(
        tmp_path / "traces.jsonl", [InspectionTrace("Ann", "", "s" * 64, 1, 0.9, offered, answers, "honest")]
    )
    code, value = told("clone", tmp_path, "--table", table, "--carry-over", 4, "--out", tmp_path / "ours")
    assert code == 0 and (value["traces"], value["choices"]) == (1, 5)
    assert 0.0 <= value["agreement"] <= 1.0
    assert load(tmp_path / "ours").sheet.origin.traces == 1
    code, value = told("clone", tmp_path, "--table", table, "--out", tmp_path / "ours")
    assert code == 2 and "holds a helper already" in value["error"]
    code, value = told("clone", tmp_path / "nowhere", "--table", table, "--out", tmp_path / "no")
    assert code == 2 and "there is no" in value["error"]
    code, value = told("clone", tmp_path / "ours", "--table", table, "--out", tmp_path / "no")
    assert code == 2 and "holds no inspection" in value["error"]


def test_a_helper_is_scored_against_all_others(made, table):
    code, value = told("score", "--helper", made[0], "--table", table, "--quick")
    assert code == 0 and len(value["rows"]) == 7
    assert value["helper"] == made[1]["digest"]


def test_what_is_handed_on_has_its_digest(made, tmp_path):
    code, value = told("export", made[0], "--out", tmp_path / "mine.zip")
    assert code == 0 and value["digest"] == made[1]["digest"]
    code, zipped = told("score", "--helper", tmp_path / "mine.zip", "--quick")
    assert code == 2 and zipped["error"].endswith("Unzip it first.")
    assert value["files"] == ["helper.json", "helper.safetensors", "calibration.json", "card.md"]
    assert told("export", tmp_path, "--out", tmp_path / "x.zip")[0] == 2


def test_an_altered_helper_is_an_integrity_failure(made, tmp_path):
    told("export", made[0], "--out", tmp_path / "mine")
    sheet = tmp_path / "mine" / "helper.json"
    sheet.write_text(sheet.read_text().replace('"budget": 2.0', '"budget": 9.0'))
    assert told("export", tmp_path / "mine", "--out", tmp_path / "x.zip")[0] == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--reward", "praise"), "--reward is one of"),
        (("--teacher", "nobody"), "there is no 'nobody'"),
        (("--device", "tpu"), "--device is cpu or cuda"),
        (("--level", "unseen"), "found --level unseen"),
        (("--budget", "-1"), "budget is positive"),
    ],
)
def test_a_training_that_cannot_be_says_why(table, tmp_path, words, said):
    code, value = told("train", "--table", table, "--out", tmp_path / "no", *words)
    assert code == 2 and said in value["error"]


def test_calibrate_refuses_runs_that_another_helper_audited(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text('{"helper": {"name": "exhaustive", "digest": null}}')
    code, value = told("calibrate", tmp_path / "run", "--out", tmp_path / "c.json")
    assert code == 2 and f"wanted is {shipped().name!r}" in value["error"]
    assert not (tmp_path / "c.json").exists()
