from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from forewarn.errors import IntegrityError, StoreError
from forewarn.records import Snapshot
from forewarn.store import files, room, tidy
from forewarn.store.catalogue import META, SNAPSHOTS, WEIGHTS, Catalogue
from forewarn.store.snapshots import SnapshotStore
from forewarn.store.staging import Frozen, Stager

SHARED = torch.arange(1000.0)


def _frozen(value: float, **more: torch.Tensor) -> Frozen:
    """A snapshot of which only `moving` changes."""
    return Stager().freeze({"still": SHARED, "moving": torch.full((100,), value), **more})


def _file(root: Path, snapshot: Snapshot, name: str = WEIGHTS) -> Path:
    return root / SNAPSHOTS / snapshot.digest / name


def _names(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root / SNAPSHOTS)) for path in (root / SNAPSHOTS).rglob("*"))


def test_what_was_put_is_loaded(tmp_path: Path) -> None:
    tied = torch.randn(3, 4)
    tensors = {
        "b": tied,
        "a": tied,
        "scalar": torch.tensor(7),
        "empty": torch.empty(0, 2),
        "half": torch.randn(5).bfloat16(),
        "flags": torch.tensor([True, False]),
        "turned": tied.t(),
    }
    store = SnapshotStore(tmp_path)
    snapshot = store.put(Stager().freeze(tensors), 30, (("loss", 0.25),), {"epoch": 2})
    loaded = store.load(snapshot.digest)
    assert loaded.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert torch.equal(loaded[name], tensor) and loaded[name].dtype == tensor.dtype
    assert loaded["a"] is loaded["b"] and loaded["turned"] is not loaded["a"]
    assert store.list() == (snapshot,) and snapshot.step == 30 and snapshot.metrics == (("loss", 0.25),)
    assert snapshot.size == sum(t.nbytes for name, t in tensors.items() if name != "b")
    assert store.meta(snapshot.digest).extra == {"epoch": 2}
    assert store.verify() == ()


def test_what_is_loaded_may_be_changed(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    snapshot = store.put(_frozen(1.0), 1)
    for tensor in store.load(snapshot.digest).values():
        tensor.zero_()
    assert store.verify() == () and store.load(snapshot.digest)["moving"][0] == 1.0


def test_the_files_are_those_of_the_design(tmp_path: Path) -> None:
    snapshot = SnapshotStore(tmp_path).put(_frozen(1.0), 1)
    assert _names(tmp_path) == [snapshot.digest, f"{snapshot.digest}/{META}", f"{snapshot.digest}/{WEIGHTS}"]
    held = load_file(_file(tmp_path, snapshot))
    assert set(held) == {"still", "moving"} and torch.equal(held["still"], SHARED)
    assert json.loads(_file(tmp_path, snapshot, META).read_text())["snapshot"]["step"] == 1


def test_the_digest_is_of_the_weights_alone(tmp_path: Path) -> None:
    one = SnapshotStore(tmp_path / "a").put(_frozen(1.0), 1)
    two = SnapshotStore(tmp_path / "b").put(_frozen(1.0), 2, (("loss", 1.0),), {"x": 1})
    other = SnapshotStore(tmp_path / "b").put(_frozen(2.0), 2)
    assert one.digest == two.digest != other.digest


def test_a_tensor_that_did_not_change_is_not_written_again(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    first, second = store.put(_frozen(1.0), 1), store.put(_frozen(2.0), 2)
    assert set(load_file(_file(tmp_path, second))) == {"moving"}
    held = store.meta(second.digest).tensors
    assert held["still"].snapshot == first.digest and held["moving"].snapshot == second.digest
    again = SnapshotStore(tmp_path).put(_frozen(3.0), 3)
    assert set(load_file(_file(tmp_path, again))) == {"moving"}
    assert torch.equal(store.load(again.digest)["still"], SHARED)


def test_equal_tensors_of_one_snapshot_are_written_once_and_stay_two(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    snapshot = store.put(Stager().freeze({"a": torch.ones(9), "b": torch.ones(9)}), 1)
    assert set(load_file(_file(tmp_path, snapshot))) == {"a"}
    loaded = store.load(snapshot.digest)
    assert loaded["a"].data_ptr() != loaded["b"].data_ptr() and snapshot.size == 72


def test_old_weights_under_new_names_need_no_weights_file(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    store.put(Stager().freeze({"a": SHARED}), 1)
    renamed = store.put(Stager().freeze({"b": SHARED}), 2)
    assert not _file(tmp_path, renamed).exists()
    assert torch.equal(store.load(renamed.digest)["b"], SHARED)


def test_the_same_weights_put_twice_write_nothing(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    first = store.put(_frozen(1.0), 1)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    second = store.put(_frozen(1.0), 9, (("loss", 1.0),))
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
    assert (second.digest, second.step) == (first.digest, 9)
    assert store.list() == (first,)


def test_the_list_goes_by_step(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    assert store.list() == ()
    for step in (30, 10, 20):
        store.put(_frozen(step), step)
    assert [snapshot.step for snapshot in store.list()] == [10, 20, 30]


def test_a_dropped_snapshot_is_gone(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    snapshot = store.put(_frozen(1.0), 1)
    store.drop(snapshot.digest)
    assert store.list() == () and _names(tmp_path) == []
    with pytest.raises(StoreError, match="there is no snapshot"):
        store.load(snapshot.digest)
    with pytest.raises(StoreError, match=r"there is no snapshot .*see `forewarn show"):
        store.drop(snapshot.digest)


def test_what_others_need_stays_until_nothing_needs_it(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    first, second, third = (store.put(_frozen(value), int(value)) for value in (1.0, 2.0, 3.0))
    store.drop(first.digest)
    assert set(load_file(_file(tmp_path, first))) == {"still"}
    assert store.list() == (second, third) and store.verify() == ()
    store.drop(second.digest)
    assert torch.equal(store.load(third.digest)["still"], SHARED)
    assert not _file(tmp_path, second).parent.exists()
    store.drop(third.digest)
    assert _names(tmp_path) == []


def test_a_dropped_snapshot_may_come_back(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    first, second = store.put(_frozen(1.0), 1), store.put(_frozen(2.0), 2)
    store.drop(first.digest)
    assert store.put(_frozen(1.0), 3).digest == first.digest
    assert torch.equal(store.load(first.digest)["moving"], torch.ones(100))
    assert torch.equal(store.load(second.digest)["still"], SHARED)
    assert store.verify() == ()


def test_a_holder_deleted_by_hand_is_not_leaned_on(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    first = store.put(_frozen(1.0), 1)
    shutil.rmtree(_file(tmp_path, first).parent)
    second = store.put(_frozen(2.0), 2)
    assert set(load_file(_file(tmp_path, second))) == {"still", "moving"}


def test_every_altered_byte_of_the_weights_is_found(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    snapshot = store.put(Stager().freeze({"w": torch.arange(4.0)}), 5)
    path = _file(tmp_path, snapshot)
    sound = path.read_bytes()
    for place in range(len(sound) - 16, len(sound)):
        raw = bytearray(sound)
        raw[place] ^= 1
        path.write_bytes(raw)
        with pytest.raises(IntegrityError, match="tensor 'w' is not what was written"):
            store.load(snapshot.digest)
    (problem,) = store.verify()
    assert problem.startswith(f"snapshot {snapshot.digest[:12]} (step 5), tensor 'w': ")
    path.write_bytes(sound)
    assert store.verify() == ()


def test_a_damaged_holder_is_told_for_all_who_need_it(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    first, second = store.put(_frozen(1.0), 1), store.put(_frozen(2.0), 2)
    _file(tmp_path, first).unlink()
    assert len(store.verify()) == 3
    with pytest.raises(IntegrityError, match="is missing"):
        store.load(second.digest)


def test_damaged_metadata_is_told_and_takes_nothing_with_it(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    first, second = store.put(_frozen(1.0), 1), store.put(_frozen(2.0), 2)
    path = _file(tmp_path, second, META)
    path.write_text(path.read_text().replace('"step": 2', '"step": 3'))
    with pytest.raises(IntegrityError, match="does not match its seal"):
        store.list()
    assert [problem.split(":")[0] for problem in store.verify()] == [f"snapshot {second.digest[:12]}"]
    store = SnapshotStore(tmp_path)
    assert store.kept() == (first,), "what is not sound is left out"
    store.drop(first.digest)
    assert set(load_file(_file(tmp_path, first))) == {"still", "moving"}, (
        "nobody knows what the second one needs"
    )
    third = store.put(_frozen(3.0), 3)
    assert torch.equal(store.load(third.digest)["still"], SHARED)


@pytest.mark.parametrize("digest", ["..", "../" * 3, "x" * 64, "A" * 64, "", "/etc/passwd"])
def test_what_is_no_digest_never_becomes_a_path(tmp_path: Path, digest: str) -> None:
    store = SnapshotStore(tmp_path)
    actions: list[Callable[[str], Any]] = [store.load, store.meta, store.drop]
    for action in actions:
        with pytest.raises(StoreError, match="is no snapshot's digest: 64 hexadecimal digits are wanted"):
            action(digest)


def test_a_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    snapshot = SnapshotStore(tmp_path / "real").put(_frozen(1.0), 1)
    (tmp_path / "run" / SNAPSHOTS).mkdir(parents=True)
    _file(tmp_path / "run", snapshot).parent.symlink_to(_file(tmp_path / "real", snapshot).parent)
    with pytest.raises(StoreError, match="is a link"):
        SnapshotStore(tmp_path / "run").load(snapshot.digest)


def test_the_run_and_its_folder_of_snapshots_are_the_same_store(tmp_path: Path) -> None:
    snapshot = SnapshotStore(tmp_path).put(_frozen(1.0), 1)
    inner = SnapshotStore(tmp_path / SNAPSHOTS)
    assert inner.list() == (snapshot,) and inner.verify() == ()
    inner.put(_frozen(2.0), 2)
    assert len(SnapshotStore(tmp_path).list()) == 2


@pytest.mark.parametrize("extra", [{"x": float("nan")}, {"x": {1}}])
def test_extra_that_json_cannot_hold_is_refused_or_told(tmp_path: Path, extra: dict[str, Any]) -> None:
    store = SnapshotStore(tmp_path)
    if isinstance(extra["x"], float):
        assert store.meta(store.put(_frozen(1.0), 1, (), extra).digest).extra == {"x": "nan"}
        return
    with pytest.raises(StoreError, match="cannot hold a set"):
        store.put(_frozen(1.0), 1, (), extra)
    assert _names(tmp_path) == []


def _refusal(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _half_written(_: object, path: Path) -> None:
    path.write_bytes(b"half")
    raise tidy.SafetensorError("I/O error: No space left on device (os error 28)")


@pytest.mark.parametrize(
    ("room", "name", "broken"),
    [
        (tidy, "save_file", _half_written),
        (files.os, "fsync", _refusal),
        (files.Path, "write_bytes", _refusal),
    ],
)
def test_a_full_disk_leaves_nothing_and_harms_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: object, name: str, broken: Callable[..., None]
) -> None:
    store = SnapshotStore(tmp_path)
    first = store.put(_frozen(1.0), 1)
    before = _names(tmp_path)
    monkeypatch.setattr(room, name, broken)
    with pytest.raises(StoreError, match=r"cannot write .*No space left on device.*make room"):
        store.put(_frozen(2.0), 2)
    monkeypatch.undo()
    assert _names(tmp_path) == before and store.list() == (first,) and store.verify() == ()
    second = store.put(_frozen(2.0), 2)
    assert store.list() == (first, second)


_LIMITED = textwrap.dedent("""
    import resource, signal, sys
    from pathlib import Path
    import torch
    from forewarn.errors import StoreError
    from forewarn.store.snapshots import SnapshotStore
    from forewarn.store.staging import Stager

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    try:
        SnapshotStore(Path(sys.argv[1])).put(Stager().freeze({"w": torch.zeros(100_000)}), 1)
    except StoreError as error:
        print(error)
""")


@pytest.mark.skipif(sys.platform == "win32", reason="the limit is one of POSIX")
def test_a_system_that_refuses_to_write_on_is_told(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert "cannot write" in done.stdout and "File too large" in done.stdout
    assert _names(tmp_path) == []


class _KilledError(BaseException):
    """The process is gone: nothing that it would still do happens."""


def _killed_after(calls: int, monkeypatch: pytest.MonkeyPatch) -> None:
    left = [calls]

    def guard(owner: Any, name: str) -> None:
        real = getattr(owner, name)

        def guarded(*given: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise _KilledError
            return real(*given, **named)

        monkeypatch.setattr(owner, name, guarded)

    for name in ("mkdir", "replace", "unlink", "rmdir", "write_bytes"):
        guard(Path, name)
    guard(os, "fsync")
    guard(tidy, "save_file")


def _crash(action: Callable[[], object], calls: int) -> bool:
    """Act with the process killed after so many calls of the system; whether it came to that."""
    with pytest.MonkeyPatch.context() as patch:
        _killed_after(calls, patch)
        try:
            action()
        except _KilledError:
            return True
    return False


def test_a_crash_while_putting_leaves_no_half_snapshot(tmp_path: Path) -> None:
    crashes = 0
    for calls in range(30):
        root = tmp_path / str(calls)
        first = SnapshotStore(root).put(_frozen(1.0), 1)
        crashed = _crash(lambda root=root: SnapshotStore(root).put(_frozen(2.0), 2), calls)
        crashes += crashed
        seen = SnapshotStore(root)
        assert first in seen.list() and seen.verify() == ()
        third = seen.put(_frozen(3.0), 3)
        assert seen.verify() == () and torch.equal(seen.load(third.digest)["still"], SHARED)
        assert not [name for name in _names(root) if name.endswith(".tmp")]
        assert len(list((root / SNAPSHOTS).iterdir())) == len(seen.list()), "the leftovers are cleaned"
        if not crashed:
            break
    assert crashes >= 8


def test_a_crash_while_dropping_harms_no_other_snapshot(tmp_path: Path) -> None:
    crashes = 0
    for calls in range(30):
        root = tmp_path / str(calls)
        store = SnapshotStore(root)
        first, second = store.put(_frozen(1.0), 1), store.put(_frozen(2.0), 2)
        crashed = _crash(lambda root=root, first=first: SnapshotStore(root).drop(first.digest), calls)
        crashes += crashed
        seen = SnapshotStore(root)
        assert second in seen.list() and seen.verify() == ()
        seen.put(_frozen(3.0), 3)
        if first not in seen.list():
            assert set(load_file(_file(root, first))) == {"still"}, "the leftovers are cleaned"
        if not crashed:
            break
    assert crashes >= 4


def test_a_reader_does_not_touch_what_a_writer_has_begun(tmp_path: Path) -> None:
    begun = tmp_path / SNAPSHOTS / ("0" * 64)
    begun.mkdir(parents=True)
    (begun / f".weights.safetensors.{'1' * 32}.tmp").touch()
    reader = SnapshotStore(tmp_path)
    assert reader.list() == () and reader.verify() == ()
    assert (begun / f".weights.safetensors.{'1' * 32}.tmp").exists()


def test_cleaning_leaves_what_is_not_ours(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    snapshot = store.put(_frozen(1.0), 1)
    note = _file(tmp_path, snapshot, "note.txt")
    note.write_text("mine")
    (tmp_path / SNAPSHOTS / "other").mkdir()
    store.drop(snapshot.digest)
    assert note.read_text() == "mine" and (tmp_path / SNAPSHOTS / "other").is_dir()


def test_a_metric_that_is_no_number_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    store, metrics = SnapshotStore(tmp_path), [("loss", None)]
    with pytest.raises(StoreError, match=r"could not be read back: .*metrics.*Give metrics as plain numbers"):
        store.put(_frozen(1.0), 1, metrics)  # type: ignore[arg-type]
    assert not (tmp_path / SNAPSHOTS).exists() and store.list() == ()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 0, True, 1e300, 2**70])
def test_what_is_written_of_a_metric_is_read_back(tmp_path: Path, value: float) -> None:
    store = SnapshotStore(tmp_path)
    if value is True:
        with pytest.raises(StoreError, match="could not be read back"):
            store.put(_frozen(1.0), 1, [("loss", value)])
        return
    digest = store.put(_frozen(1.0), 1, [("loss", value)]).digest
    (found,) = store.meta(digest).snapshot.metrics
    assert found == ("loss", pytest.approx(value, nan_ok=True)) and store.verify() == ()


def test_the_writer_knows_what_stands_without_reading_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SnapshotStore(tmp_path)
    first = [store.put(_frozen(step), step) for step in (2, 1, 3)]
    again = SnapshotStore(tmp_path)
    assert again.kept() == again.list() == (first[1], first[0], first[2])
    read: list[str] = []
    real = Catalogue.meta
    monkeypatch.setattr(Catalogue, "meta", lambda self, digest: read.append(digest) or real(self, digest))
    fourth = again.put(_frozen(4), 4)
    assert read == [] and again.kept()[-1] == fourth
    again.drop(first[0].digest)
    assert read == [first[0].digest] and again.kept() == (first[1], first[2], fourth)
    assert again.list() == again.kept() and again.verify() == ()


def test_a_store_that_another_one_changed_looks_again(tmp_path: Path) -> None:
    one, two = SnapshotStore(tmp_path), SnapshotStore(tmp_path)
    first = one.put(_frozen(1.0), 1)
    time.sleep(0.02)  # A folder's time of change may be as coarse as a tick of the system's clock.
    second = two.put(_frozen(2.0), 2)
    assert one.kept() == (first, second)
    two.drop(second.digest)
    one.drop(first.digest)
    assert SnapshotStore(tmp_path).kept() == () and _names(tmp_path) == []


def test_a_disk_without_room_for_the_next_checkpoint_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SnapshotStore(tmp_path)
    first = store.put(_frozen(1.0), 1)
    monkeypatch.setattr(room.shutil, "disk_usage", lambda _: SimpleNamespace(free=room.LEAST + 399))
    with pytest.raises(StoreError, match=r"are free on the disk.*left to the checkpoints.*keep_flagged"):
        store.put(_frozen(2.0), 2)
    monkeypatch.setattr(room.shutil, "disk_usage", lambda _: SimpleNamespace(free=room.LEAST + 400))
    assert store.list() == (first,) and store.put(_frozen(2.0), 2).step == 2
