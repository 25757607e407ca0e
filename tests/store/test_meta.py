from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from forewarn.errors import IntegrityError, StoreError
from forewarn.records import Snapshot
from forewarn.store import meta as module
from forewarn.store.digest import canonical, snapshot_digest, text_digest
from forewarn.store.meta import Meta, StoredTensor, read, to_text

ONE, HOLDER = "1" * 64, "2" * 64
DIGEST = snapshot_digest({"a": ONE}, {"b": "a"})
META = Meta(
    Snapshot(DIGEST, 7, 24, (("loss", 0.5), ("odd", float("inf")))),
    {"a": StoredTensor(ONE, "float32", (2, 3), 24, HOLDER, "old")},
    {"b": "a"},
    {"epoch": 3, "tags": ["x", None]},
)


def _written(folder: Path, text: str) -> Path:
    path = folder / "meta.json"
    path.write_text(text)
    return path


def _resealed(change: Any) -> str:
    """meta.json of someone who altered it and knows how to seal it again."""
    data = json.loads(to_text(META))
    del data["seal"]
    change(data)
    return json.dumps({**data, "seal": text_digest(canonical(data))})


def test_what_is_told_is_read(tmp_path: Path) -> None:
    assert read(_written(tmp_path, to_text(META)), DIGEST) == META


def test_any_character_changed_is_found(tmp_path: Path) -> None:
    text = to_text(META)
    for place in [i for i, letter in enumerate(text) if not letter.isspace()][::3]:
        other = "0" if text[place] != "0" else "1"
        with pytest.raises(IntegrityError):
            read(_written(tmp_path, text[:place] + other + text[place + 1 :]), DIGEST)


def _set(*keys: str, to: object) -> Any:
    def change(data: dict[str, Any]) -> None:
        for key in keys[:-1]:
            data = data[key]
        data[keys[-1]] = to

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_set("format", to=3), "is of format 3; this forewarn reads format 2"),
        (
            _set("tensors", "a", "snapshot", to="../../etc"),
            "names '../../etc': digests are 64 hexadecimal digits",
        ),
        (_set("tensors", "a", "snapshot", to="/" + "1" * 63), "digests are 64 hexadecimal digits"),
        (_set("tensors", "a", "sha256", to="1" * 63), "digests are 64 hexadecimal digits"),
        (_set("tensors", "a", "sha256", to="3" * 64), "do not add up to the snapshot's name"),
        (_set("tensors", "a", "shape", to=[2, -3]), r"of float32 \(2, -3\) cannot have 24 bytes"),
        (_set("tensors", "a", "shape", to=[2**40, 2**40]), "cannot have 24 bytes"),
        (_set("tensors", "a", "shape", to=[2.0, 3]), r"shape\[0\]: found float 2.0, wanted int"),
        (_set("tensors", "a", "size", to=2**60), "cannot have 1152921504606846976 bytes"),
        (_set("tensors", "a", "dtype", to="object"), "of object"),
        (_set("snapshot", "size", to=23), "its tensors have 24 bytes, the snapshot is said to have 23"),
        (_set("snapshot", "digest", to=ONE), "do not add up to the snapshot's name"),
        (_set("aliases", "b", to="c"), "alias 'b' does not stand for one stored tensor"),
        (_set("aliases", to={"a": "a"}), "alias 'a' does not stand for one stored tensor"),
        (_set("aliases", to=[]), "meta.aliases: found list"),
        (_set("mood", to="good"), "Meta has no field mood"),
        (_set("type", to="Wish"), "unknown type 'Wish'"),
    ],
)
def test_a_foreign_file_is_held_to_the_rules(tmp_path: Path, change: Any, message: str) -> None:
    with pytest.raises(IntegrityError, match=f"meta.json: .*{message}"):
        read(_written(tmp_path, _resealed(change)), DIGEST)


def test_another_snapshots_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="do not add up"):
        read(_written(tmp_path, to_text(META)), ONE)


@pytest.mark.parametrize(
    ("raw", "message"),
    [(b"{", "is not JSON"), (b"\xff", "is not UTF-8"), (b"[]", "format None"), (b"[" * 10**5, "is not JSON")],
)
def test_what_is_no_metadata_is_told(tmp_path: Path, raw: bytes, message: str) -> None:
    path = tmp_path / "meta.json"
    path.write_bytes(raw)
    with pytest.raises(IntegrityError, match=message):
        read(path, DIGEST)


def test_a_huge_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST", 10)
    with pytest.raises(IntegrityError, match="at most 10 are read"):
        read(_written(tmp_path, to_text(META)), DIGEST)


def test_a_missing_file_or_a_link_is_no_snapshot(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no snapshot"):
        read(tmp_path / "meta.json", DIGEST)
    target = tmp_path / "other.json"
    target.write_text(to_text(META))
    (tmp_path / "meta.json").symlink_to(target)
    with pytest.raises(StoreError, match="is a link"):
        read(tmp_path / "meta.json", DIGEST)
