from __future__ import annotations

import pytest

from forewarn.errors import IntegrityError, StoreError
from forewarn.report.run import find_runs, read_run


def test_reads_manifest_and_ledger(build, tmp_path):
    run = read_run(build.write_run(tmp_path / "run", build.clear_events()))
    assert run.manifest.name == "llama-outsider-unlogged"
    assert [entry.event for entry in run.entries[1:]] == build.clear_events()


def test_a_folder_that_is_no_run_is_refused_with_what_it_holds(tmp_path):
    (tmp_path / "notes.txt").touch()
    (tmp_path / "weights").mkdir()
    with pytest.raises(StoreError, match=r"not a run: wanted .*found notes\.txt, weights/\..*forewarn list"):
        read_run(tmp_path)


def test_an_absent_and_an_empty_folder_and_a_file_are_told_apart(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    with pytest.raises(StoreError, match="no such folder"):
        read_run(tmp_path / "gone")
    with pytest.raises(StoreError, match="found an empty folder"):
        read_run(tmp_path / "empty")
    with pytest.raises(StoreError, match="found a file"):
        read_run(tmp_path / "file")


def test_a_path_into_a_run_or_beside_one_says_what_to_type(build, tmp_path):
    run = build.write_run(tmp_path / "my run", build.clear_events())
    (run / "snapshots").mkdir()
    with pytest.raises(StoreError, match=f"leads into a run: try `forewarn show '{run}'`"):
        read_run(run / "snapshots")
    with pytest.raises(StoreError, match=f"`forewarn list {tmp_path}` lists the runs below that folder"):
        read_run(tmp_path / "misspelt")


@pytest.mark.parametrize("lost", ["run.json", "ledger.jsonl"])
def test_a_run_that_lost_a_file_is_an_integrity_failure(build, tmp_path, lost):
    run = build.write_run(tmp_path / "run", build.clear_events())
    (run / lost).unlink()
    with pytest.raises(IntegrityError, match=f"has lost {lost}"):
        read_run(run)


def test_an_altered_ledger_is_refused(build, tmp_path):
    run = build.write_run(tmp_path / "run", build.clear_events())
    content = (run / "ledger.jsonl").read_text()
    (run / "ledger.jsonl").write_text(content.replace('"known":44', '"known":45', 1))
    with pytest.raises(IntegrityError, match=r"line 3 does not match its hash.*forewarn verify"):
        read_run(run)


def test_finds_runs_below_a_folder_in_order_but_not_inside_runs_or_hidden_folders(build, tmp_path):
    for name in ("b/two", "a", ".hidden/three", "a/snapshots/nested"):
        build.write_run(tmp_path / name, [])
    assert find_runs(tmp_path) == (tmp_path / "a", tmp_path / "b" / "two")
    assert find_runs(tmp_path / "a") == (tmp_path / "a",)


def test_a_search_below_nothing_says_so(tmp_path):
    with pytest.raises(StoreError, match=r"no such folder: .*gone \(found nothing\)"):
        find_runs(tmp_path / "gone")
