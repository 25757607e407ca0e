from __future__ import annotations

import json

import pytest

from forewarn.errors import IntegrityError
from forewarn.records import FilesKept
from forewarn.report.run import read_run
from forewarn.store.digest import file_digest
from forewarn.store.ledger import Ledger


@pytest.fixture
def run(build, tmp_path):
    return build.write_run(tmp_path / "run", build.clear_events())


def test_a_run_as_it_was_written_has_not_changed(run):
    assert read_run(run).changed == ()


def test_a_look_that_is_called_clear_above_the_threshold_is_refused(build, tmp_path):
    run = build.write_run(tmp_path / "run", [build.look(100, 0.99)])
    with pytest.raises(
        IntegrityError, match=r"step 100 is called clear at 99 %, above the threshold of 83 %"
    ):
        read_run(run)


def test_an_altered_manifest_is_told(run):
    values = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**values, "seed": 8}))
    (told,) = read_run(run).changed
    assert told.startswith("run.json was altered: its hash is")


def test_exchanged_answers_and_tokens_are_told(run):
    for name in ("auditset.jsonl", "tokens.json"):
        (run / name).write_text("as written")
    kept = tuple((name, file_digest(run / name)) for name in ("auditset.jsonl", "tokens.json"))
    Ledger.resume(run / "ledger.jsonl").append(FilesKept(0, kept))
    (run / "tokens.json").write_text("other")
    audit, tokens = read_run(run).changed
    assert "the manifest says" in audit and tokens.startswith("tokens.json was altered")
    summary = read_run(run).summary
    assert summary.changed == (audit, tokens) and summary.kept["tokens.json"] == kept[1][1]


def test_a_link_in_place_of_a_paper_is_told(run, tmp_path):
    (tmp_path / "other").write_text("x")
    (run / "auditset.jsonl").symlink_to(tmp_path / "other")
    assert "is a link" in read_run(run).changed[0]
