from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from forewarn.errors import ConfigurationError, StoreError
from forewarn.store.files import check_local, make_folder, replacing, unfinished_of, write_atomically


def _disk_full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("content", [b"\x00\xff", "gr\u00fcn\n", b"", ""])
def test_writes_what_it_was_given(tmp_path: Path, content: bytes | str) -> None:
    write_atomically(tmp_path / "a", content)
    assert (tmp_path / "a").read_bytes() == (content.encode() if isinstance(content, str) else content)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_replaces_an_older_file(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a", "long, long ago")
    write_atomically(tmp_path / "a", "now")
    assert (tmp_path / "a").read_text() == "now"


@pytest.mark.parametrize("broken", ["fsync", "open"])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    write_atomically(tmp_path / "a", "old")
    monkeypatch.setattr(os, broken, _disk_full)
    with pytest.raises(StoreError, match=r"cannot write .*a: No space left on device.*make room"):
        write_atomically(tmp_path / "a", "new")
    monkeypatch.undo()
    assert (tmp_path / "a").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_the_name_appears_only_when_all_is_written(tmp_path: Path) -> None:
    with replacing(tmp_path / "a") as unfinished:
        unfinished.write_text("half")
        assert not (tmp_path / "a").exists()
        assert unfinished.parent == tmp_path
    assert (tmp_path / "a").read_text() == "half"


def test_an_interruption_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), replacing(tmp_path / "a") as unfinished:
        unfinished.write_text("half")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No such file or directory"):
        write_atomically(tmp_path / "none" / "a", "text")


@pytest.mark.parametrize(
    "folder",
    [
        "s3://bucket/runs",
        "gs://bucket",
        "memory://runs",
        "simplecache::s3://bucket",
        "hf://datasets/me/runs",
        "abfs://container@account/runs",
        "file:///tmp/runs",
        Path("s3://bucket/runs"),
        Path("memory://"),
    ],
)
def test_a_remote_place_is_refused_with_what_to_give(folder: str | Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"is a URL .*Give the path of a local folder, such as folder="
    ):
        check_local(folder)


@pytest.mark.parametrize(
    "folder", ["runs", "/tmp/runs", "./a:b", "C:/runs", "C:\\runs", "12:30/runs", "", "a/s3:/b"]
)
def test_a_local_place_is_taken(folder: str) -> None:
    check_local(folder)
    check_local(Path(folder))


def test_an_unfinished_file_is_known_by_its_name(tmp_path: Path) -> None:
    with replacing(tmp_path / "meta.json") as unfinished:
        unfinished.touch()
        assert unfinished_of(unfinished.name) == "meta.json"
    for name in ("meta.json", ".meta.json.tmp", f"meta.json.{'a' * 32}.tmp", f".{'a' * 32}.tmp", ".x.tmp"):
        assert unfinished_of(name) is None


def test_a_folder_is_made_with_those_above_it(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b" / "c")
    make_folder(tmp_path / "a" / "b" / "c")
    assert (tmp_path / "a" / "b" / "c").is_dir()
    (tmp_path / "file").touch()
    for place in (tmp_path / "file" / "a", tmp_path / "file"):
        with pytest.raises(NotADirectoryError):
            make_folder(place)
