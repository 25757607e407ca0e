from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from forewarn.errors import StoreError
from forewarn.records import Snapshot
from forewarn.store import tidy as module
from forewarn.store.catalogue import WEIGHTS, Catalogue
from forewarn.store.index import Index
from forewarn.store.snapshots import SnapshotStore
from forewarn.store.staging import Stager
from forewarn.store.tidy import keys_of, tidy, write_tensors


def test_writing_adds_to_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / WEIGHTS
    assert keys_of(path) == frozenset()
    write_tensors(path, {"a": torch.ones(2)})
    write_tensors(path, {"b": torch.zeros(3)})
    assert keys_of(path) == {"a", "b"}
    held = load_file(path)
    assert torch.equal(held["a"], torch.ones(2)) and torch.equal(held["b"], torch.zeros(3))


def test_what_is_no_safetensors_file_is_told(tmp_path: Path) -> None:
    (tmp_path / WEIGHTS).write_text("nonsense")
    with pytest.raises(StoreError, match="is no safetensors file"):
        keys_of(tmp_path / WEIGHTS)


def _pair(root: Path) -> tuple[Snapshot, Snapshot]:
    store = SnapshotStore(root)
    still = torch.arange(9.0)
    first = store.put(Stager().freeze({"still": still, "moving": torch.ones(9)}), 1)
    return first, store.put(Stager().freeze({"still": still, "moving": torch.zeros(9)}), 2)


def test_tidying_a_sound_folder_changes_nothing(tmp_path: Path) -> None:
    _pair(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    tidy(Catalogue(tmp_path), Index.read(Catalogue(tmp_path)))
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_a_disk_too_full_to_shrink_a_file_keeps_it_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = _pair(tmp_path)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(module, "save_file", refuse)
    store = SnapshotStore(tmp_path)
    store.drop(first.digest)
    weights = Catalogue(tmp_path).weights(first.digest)
    assert keys_of(weights) == {"still", "moving"} and store.verify() == () and store.list() == (second,)
    monkeypatch.undo()
    tidy(Catalogue(tmp_path), Index.read(Catalogue(tmp_path)))
    assert keys_of(weights) == {"still"} and store.verify() == ()


UNFINISHED = f".weights.safetensors.{'a' * 32}.tmp"


@pytest.mark.parametrize(
    ("place", "goes"),
    [
        (UNFINISHED, True),
        (f".run.json.{'0' * 32}.tmp", True),
        (f"lenses/.last.json.{'b' * 32}.tmp", True),
        (f"explanations/.x.json.{'c' * 32}.tmp", True),
        (f".report.html.{'d' * 32}.tmp", False),
        (f".traces.jsonl.{'e' * 32}.tmp", False),
        (".weights.safetensors.1.tmp", False),
        ("mine.tmp", False),
        (f"others/.x.{'f' * 32}.tmp", False),
    ],
)
def test_what_a_kill_left_half_written_goes_and_nothing_else(tmp_path: Path, place: str, goes: bool) -> None:
    _pair(tmp_path)
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_text("half")
    SnapshotStore(tmp_path).kept()
    assert (tmp_path / place).exists() is not goes
