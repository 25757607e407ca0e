from __future__ import annotations

import pytest

from forewarn.errors import StoreError
from forewarn.records import FilesKept, RunStarted, SnapshotDropped
from forewarn.store.kept import changes, digest_within, digests_of, dropped, left_by, recorded

DIGEST = "d" * 64


@pytest.fixture
def run(tmp_path):
    for name in ("tokens.json", f"lenses/{DIGEST}.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


@pytest.fixture
def kept(run):
    return dict(digests_of(run, ("tokens.json", "tokenizer.json", *left_by(DIGEST))))


def test_only_what_is_there_is_written_down(kept):
    assert set(kept) == {"tokens.json", f"lenses/{DIGEST}.json"}


def test_what_is_as_it_was_gives_no_sentence(run, kept):
    assert list(changes(run, kept)) == []


def test_a_changed_and_a_missing_file_are_named(run, kept):
    (run / "tokens.json").write_text("other")
    (run / f"lenses/{DIGEST}.json").unlink()
    first, second = changes(run, kept)
    assert first.startswith("tokens.json was altered") and kept["tokens.json"] in first
    assert second == f"lenses/{DIGEST}.json is missing: the ledger tells of it"


def test_what_retention_removed_may_be_gone_but_not_altered(run, kept):
    (run / f"lenses/{DIGEST}.json").unlink()
    assert list(changes(run, kept, frozenset([DIGEST]))) == []
    (run / f"lenses/{DIGEST}.json").write_text("other")
    assert "was altered" in next(changes(run, kept, frozenset([DIGEST])))


def test_of_several_mentions_the_last_counts():
    events = [RunStarted(0, "m"), FilesKept(1, (("a", "1"), ("b", "2"))), FilesKept(2, (("a", "3"),))]
    assert recorded(events) == {"a": "3", "b": "2"}
    assert dropped([SnapshotDropped(1, DIGEST)]) == frozenset([DIGEST])


@pytest.mark.parametrize("name", ["../other", "/etc/passwd", "lenses/../../other"])
def test_a_ledger_leads_nobody_out_of_the_run(run, name):
    with pytest.raises(StoreError, match=r"is a link|does not lie in"):
        digest_within(run, name)


def test_a_file_of_holes_is_not_hashed(run):
    with (run / "tokens.json").open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(StoreError, match="bytes; at most"):
        digest_within(run, "tokens.json")
