from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from forewarn.cli.app import app
from forewarn.records import RunStarted
from forewarn.store.ledger import read


def _verify(*arguments):
    return CliRunner().invoke(app, ["verify", *map(str, arguments)])


@pytest.fixture
def run(build, tmp_path):
    return build.write_run(tmp_path / "liar", build.dropped(build.clear_events()))


def test_a_sound_run(run):
    result = _verify(run)
    head = read(run / "ledger.jsonl")[-1].hash
    assert result.exit_code == 0
    assert f"is sound: 10 lines, head {head}" in result.stdout
    told = json.loads(_verify(run, "--json", "--head", head).stdout)
    assert not any(each["problems"] for each in told.pop("checked"))
    assert told == {
        "run": str(run),
        "sound": True,
        "problems": [],
        "entries": 10,
        "head": head,
    }


def test_lines_cut_off_the_end_show_with_the_head(run):
    lines = (run / "ledger.jsonl").read_text().splitlines(keepends=True)
    head = read(run / "ledger.jsonl")[-1].hash
    (run / "ledger.jsonl").write_text("".join(lines[:-1]))
    assert _verify(run).exit_code == 0
    result = _verify(run, "--head", head)
    assert result.exit_code == 3
    assert "lines were cut off the end" in result.stdout


def test_part_of_a_head_is_no_head_and_no_sign_of_tampering(run):
    result = _verify(run, "--head", read(run / "ledger.jsonl")[-1].hash[:16])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "wants the whole hash, 64 hexadecimal digits" in result.stderr


def test_a_flipped_byte(run):
    path = run / "ledger.jsonl"
    path.write_text(path.read_text().replace('"known":44', '"known":45', 1))
    told = json.loads(_verify(run, "--json").stdout)
    assert not told["sound"]
    assert "line 3 does not match its hash" in told["problems"][0]


def test_an_altered_manifest(run):
    path = run / "run.json"
    path.write_text(path.read_text().replace('"threshold": 0.83', '"threshold": 0.99'))
    result = _verify(run)
    assert result.exit_code == 3
    assert "run.json was altered" in result.stdout
    started = read(run / "ledger.jsonl")[0].event
    assert isinstance(started, RunStarted) and started.manifest in result.stdout


def test_a_malformed_or_lost_manifest(run):
    (run / "run.json").write_text("{")
    assert "not valid JSON" in _verify(run).stdout
    (run / "run.json").unlink()
    result = _verify(run)
    assert result.exit_code == 3
    assert "has lost run.json" in result.stdout


def test_a_snapshot_that_the_ledger_names_and_the_disk_lacks(build, tmp_path):
    run = build.write_run(tmp_path / "run", [build.look(100), build.ended(100)])
    result = _verify(run)
    assert result.exit_code == 3
    assert "the snapshot of the look at step 100 is missing" in result.stdout


def test_snapshots_are_hashed(build, tmp_path):
    torch = pytest.importorskip("torch")
    from forewarn.store.snapshots import SnapshotStore
    from forewarn.store.staging import Stager

    run = tmp_path / "run"
    run.mkdir()
    frozen = Stager().freeze({"weight": torch.arange(16.0)})
    snapshot = SnapshotStore(run).put(frozen, 100)
    build.write_run(run, [build.look(100, snapshot=snapshot.digest), build.ended(100)])
    assert _verify(run).exit_code == 0
    (weights,) = (run / "snapshots").rglob("*.safetensors")
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    result = _verify(run)
    assert result.exit_code == 3
    assert snapshot.digest[:12] in result.stdout


def test_a_run_of_another_format_is_not_called_altered(build, tmp_path):
    run = build.write_run(tmp_path / "run", [], format=0, forewarn="0.0.9")
    result = _verify(run)
    assert (result.exit_code, result.stdout) == (3, "")
    assert "An older forewarn wrote this run" in result.stderr and "altered" not in result.stderr


def test_no_run_at_all_is_wrong_usage(tmp_path):
    result = _verify(tmp_path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "is not a run" in result.stderr
