from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from forewarn.errors import StoreError
from forewarn.store import room
from forewarn.store.room import LEAST, RESERVE, check_room

GIGABYTE = 10**9


def _free(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    monkeypatch.setattr(room.shutil, "disk_usage", lambda _: SimpleNamespace(free=free))


@pytest.mark.parametrize("new", [0, GIGABYTE])
def test_a_checkpoint_of_the_training_always_has_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new: int
) -> None:
    _free(monkeypatch, new + RESERVE * GIGABYTE)
    check_room(tmp_path, new, GIGABYTE)
    _free(monkeypatch, new + RESERVE * GIGABYTE - 1)
    with pytest.raises(StoreError, match=r"3,000\.0 MB are left to the checkpoints of the training itself"):
        check_room(tmp_path, new, GIGABYTE)


def test_a_small_model_leaves_room_for_the_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _free(monkeypatch, LEAST)
    check_room(tmp_path, 0, 8)
    with pytest.raises(StoreError, match=r"16\.8 MB are free on the disk, the snapshot takes 0\.0 MB"):
        check_room(tmp_path, 1, 8)


def test_a_folder_that_is_not_there_yet_is_on_the_disk_of_the_one_above(tmp_path: Path) -> None:
    check_room(tmp_path / "runs" / "run", 1, 1)
    with pytest.raises(StoreError, match="Make room on the disk"):
        check_room(tmp_path / "runs" / "run", 2**70, 1)


def test_where_nobody_knows_the_write_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(room.shutil, "disk_usage", refuse)
    check_room(tmp_path, 2**70, 1)
