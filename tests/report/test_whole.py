"""Every kind of file of a run, and what lies where nothing should."""

from __future__ import annotations

import json

import pytest

from forewarn.records import FilesKept
from forewarn.report.whole import checks
from forewarn.store import explanations, ledger, traces, trajectories
from forewarn.store.kept import digests_of, left_by
from forewarn.store.ledger import Ledger
from forewarn.store.snapshots import SnapshotStore
from forewarn.store.staging import Stager


@pytest.fixture
def run(build, tmp_path):
    """A run of one look that left every kind of file."""
    torch = pytest.importorskip("torch")
    from hashlib import sha256

    run = tmp_path / "run"
    run.mkdir()
    content = "a line\n"
    (run / "auditset.jsonl").write_text(content)
    (run / "tokens.json").write_text("{}")
    (run / "tokenizer.json").write_text("{}")
    audit = {"digest": sha256(content.encode()).hexdigest(), "facts": 8, "contexts": []}
    digest = SnapshotStore(run).put(Stager().freeze({"weight": torch.arange(16.0)}), 100).digest
    from forewarn.records.explanation import FORMAT, Explanation

    explanations.write(run, Explanation(FORMAT, digest, ()))
    trajectories.write(run, build.trajectories(digest))
    (run / f"lenses/{digest}.json").write_text(json.dumps({"lenses": digest}) + "\n")
    weights = (run / f"snapshots/{digest}/weights.safetensors").read_bytes()
    (run / f"lenses/{digest}.safetensors").write_bytes(weights)
    (run / "lenses/last.json").write_text(json.dumps({"lenses": digest}) + "\n")
    names = ("auditset.jsonl", "tokens.json", "tokenizer.json", *left_by(digest))
    events = [build.look(100, snapshot=digest), FilesKept(100, digests_of(run, names)), build.ended(100)]
    build.write_run(run, events, audit_set=audit)
    traces.write(
        run / "traces.jsonl", [build.trace(snapshot=digest), build.trace(who="bob", snapshot=digest)]
    )
    return run


def problems(run):
    found = checks(run, ledger.look_over(run / "ledger.jsonl"), None)
    return [problem for each in found for problem in each.problems]


def remarks(run):
    found = checks(run, ledger.look_over(run / "ledger.jsonl"), None)
    return [remark for each in found for remark in each.remarks]


def test_a_whole_run_has_neither_problem_nor_remark(run):
    assert (problems(run), remarks(run)) == ([], [])


def test_each_kind_of_file_is_told_once(run):
    (run / "foreign.txt").write_text("x")
    whats = [each.what for each in checks(run, ledger.look_over(run / "ledger.jsonl"), None)]
    assert len(set(whats)) == len(whats) and "folder" in whats
    (run / "run.json").unlink()
    first, *others = checks(run, ledger.look_over(run / "ledger.jsonl"), None)
    assert (first.what, len(first.problems)) == ("manifest and ledger", 1)
    assert first.what not in {each.what for each in others}


KINDS = (
    "run.json",
    "ledger.jsonl",
    "auditset.jsonl",
    "tokens.json",
    "tokenizer.json",
    "traces.jsonl",
    "lenses/last.json",
    "lenses/*.trajectory.json",
    "lenses/????????*.safetensors",
    "explanations/*.json",
    "snapshots/*/meta.json",
    "snapshots/*/weights.safetensors",
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("at", ["first", "middle", "last", "appended"])
def test_a_changed_byte_is_seen_in_every_kind_of_file(run, kind, at):
    (path,) = list(run.glob(kind))[:1]
    raw = bytearray(path.read_bytes())
    if at == "appended":
        raw += b"\0"
    else:
        raw[{"first": 0, "middle": len(raw) // 2, "last": len(raw) - 1}[at]] ^= 4
    path.write_bytes(raw)
    assert problems(run)


@pytest.mark.parametrize("kind", KINDS[:1] + KINDS[2:5] + KINDS[7:])
def test_a_file_that_is_gone_is_missed(run, kind):
    next(iter(run.glob(kind))).unlink()
    assert problems(run)


@pytest.mark.parametrize(
    "name",
    ["notes.txt", "snapshots/extra", "lenses/extra.bin", "explanations/x.json", "snapshots/D/extra.bin"],
)
def test_what_does_not_belong_is_a_problem(run, name):
    digest = next((run / "snapshots").iterdir()).name
    path = run / name.replace("/D/", f"/{digest}/")
    path.write_text("")
    assert [told for told in problems(run) if "does not belong to the run" in told and path.name in told]


def test_what_nothing_reads_is_a_remark(run):
    (run / ".notes").write_text("")
    assert problems(run) == []
    assert remarks(run) == [".notes is not part of the run; nothing reads it"]


@pytest.mark.parametrize("name", ["snapshots", "lenses", "explanations"])
def test_a_folder_behind_a_link_is_no_part_of_the_run(run, tmp_path, name):
    (run / name).rename(tmp_path / "elsewhere")
    (run / name).symlink_to(tmp_path / "elsewhere")
    assert [told for told in problems(run) if "is a link" in told]


def test_a_snapshot_behind_a_link_is_no_part_of_the_run(run, tmp_path):
    folder = next((run / "snapshots").iterdir())
    folder.rename(tmp_path / folder.name)
    folder.symlink_to(tmp_path / folder.name)
    assert [told for told in problems(run) if "is a link: its snapshot does not lie in the run" in told]


def test_a_picture_that_the_ledger_does_not_tell_of_is_a_remark(run, build):
    digest = "b" * 64
    trajectories.write(run, build.trajectories(digest))
    assert problems(run) == []
    assert remarks(run) == [
        f"no line of the ledger covers lenses/{digest}.trajectory.json: a change to it would not show"
    ]


def test_a_ledger_that_tells_of_files_elsewhere_is_told(run):
    Ledger.resume(run / "ledger.jsonl").append(FilesKept(1, (("../x", "0" * 64),)))
    assert "the ledger tells of a file '../x'" in problems(run)


def test_a_trace_that_was_taken_out_or_changed_is_seen(run):
    path = run / "traces.jsonl"
    first, second = path.read_text().splitlines(keepends=True)
    path.write_text(second)
    assert "a line was taken out, added or moved" in problems(run)[0]
    path.write_text(first + second.replace('"bob"', '"eve"'))
    assert "does not match its hash" in problems(run)[0]
