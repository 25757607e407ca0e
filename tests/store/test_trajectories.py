from __future__ import annotations

import json

import pytest

from forewarn.errors import IntegrityError, StoreError
from forewarn.records import LensReading, Trajectories, Trajectory
from forewarn.store import beside
from forewarn.store import trajectories as store

DIGEST = "e" * 64


@pytest.fixture
def found():
    reading = LensReading("tuned", (((1,), (2,)),), (((0.5,), (1.0,)),))
    one = Trajectory("Paris «a»", "Paris|r", "plain", "latent-policy", 3, (7, 8), (reading,), (0.25,), None)
    return Trajectories(1, DIGEST, ("0",), (0.5,), (1.5,), {"7": "Paris"}, (one,))


def test_what_is_written_is_read_again(found, tmp_path):
    assert store.read(tmp_path, DIGEST) is None
    path = store.write(tmp_path, found)
    assert path == tmp_path / "lenses" / f"{DIGEST}.trajectory.json"
    assert store.read(tmp_path, DIGEST) == found
    before = path.read_bytes()
    assert store.write(tmp_path, found).read_bytes() == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text[:40], "cannot be read as trajectories"),
        (lambda text: text.replace('"format":1', '"format":9'), "of format 1 can be read; found 9"),
        (lambda text: text.replace('"sites":["0"]', '"sites":["0","1"]'), "there are 2 sites"),
        (lambda text: text.replace('"title"', '"tilte"'), "lacks the field title"),
        (lambda text: text.replace(DIGEST, "f" * 64), "tells of the snapshot ffff"),
        (lambda text: "[" * 100_000, "cannot be read as trajectories"),
    ],
)
def test_what_was_altered_is_refused(found, tmp_path, change, message):
    path = store.write(tmp_path, found)
    path.write_text(change(path.read_text()))
    with pytest.raises(IntegrityError, match=message):
        store.read(tmp_path, DIGEST)


def test_a_huge_file_is_not_read(found, tmp_path, monkeypatch):
    path = store.write(tmp_path, found)
    monkeypatch.setattr(beside, "MOST_BYTES", 10)
    with pytest.raises(IntegrityError, match=f"has {path.stat().st_size:,} bytes; at most 10 are read"):
        store.read(tmp_path, DIGEST)


def test_no_path_is_smuggled_in(found, tmp_path):
    with pytest.raises(StoreError, match="is no snapshot's digest"):
        store.read(tmp_path, "../../etc")
    elsewhere = tmp_path / "elsewhere.json"
    path = store.write(tmp_path, found)
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    with pytest.raises(IntegrityError, match="is a link"):
        store.read(tmp_path, DIGEST)


def test_a_folder_that_cannot_be_made_is_told(found, tmp_path):
    (tmp_path / "lenses").write_text("a file")
    with pytest.raises(StoreError, match=r"cannot write .*trajectory\.json"):
        store.write(tmp_path, found)


def test_it_is_plain_json(found, tmp_path):
    value = json.loads(store.write(tmp_path, found).read_text())
    assert value["trajectories"][0]["readings"][0]["tokens"] == [[[1], [2]]]
