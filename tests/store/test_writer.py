from __future__ import annotations

import threading
from pathlib import Path

import pytest
import torch

from forewarn.errors import StoreError
from forewarn.store.snapshots import SnapshotStore
from forewarn.store.staging import Frozen, Stager
from forewarn.store.writer import SnapshotWriter


def _frozen(value: float) -> Frozen:
    return Stager().freeze({"w": torch.full((10,), value)})


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Holds the store back until it is set."""
    opened, real = threading.Event(), SnapshotStore.put

    def put(*given, **named):
        opened.wait(10)
        return real(*given, **named)

    monkeypatch.setattr(SnapshotStore, "put", put)
    return opened


def test_what_is_submitted_is_stored_and_released(tmp_path: Path) -> None:
    writer = SnapshotWriter(SnapshotStore(tmp_path))
    frozen = _frozen(1.0)
    snapshot = writer.submit(frozen, 5, (("loss", 1.0),), {"epoch": 1}).result(10)
    assert writer.close() == () == writer.close()
    assert SnapshotStore(tmp_path).list() == (snapshot,) and snapshot.step == 5
    assert SnapshotStore(tmp_path).meta(snapshot.digest).extra == {"epoch": 1}
    with pytest.raises(StoreError, match="was released"):
        _ = frozen.tensors


def test_training_goes_on_while_a_snapshot_is_stored(tmp_path: Path, gate: threading.Event) -> None:
    writer = SnapshotWriter(SnapshotStore(tmp_path))
    future = writer.submit(_frozen(1.0), 1)
    assert not future.done()
    gate.set()
    assert future.result(10).step == 1
    writer.close()


def test_a_full_writer_makes_the_next_wait_and_drops_none(tmp_path: Path, gate: threading.Event) -> None:
    writer = SnapshotWriter(SnapshotStore(tmp_path), waiting=2)
    for step in (1, 2):
        writer.submit(_frozen(step), step)
    third = threading.Thread(target=lambda: writer.submit(_frozen(3.0), 3))
    third.start()
    third.join(0.1)
    assert third.is_alive()
    gate.set()
    third.join(10)
    assert not third.is_alive() and writer.close() == ()
    assert [snapshot.step for snapshot in SnapshotStore(tmp_path).list()] == [1, 2, 3]


def test_closing_waits_for_all(tmp_path: Path, gate: threading.Event) -> None:
    writer = SnapshotWriter(SnapshotStore(tmp_path))
    future = writer.submit(_frozen(1.0), 1)
    threading.Timer(0.1, gate.set).start()
    writer.close()
    assert future.done() and len(SnapshotStore(tmp_path).list()) == 1


def test_what_goes_wrong_is_told_twice_and_the_next_goes_well(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    writer = SnapshotWriter(SnapshotStore(tmp_path / "file"))
    frozen = _frozen(1.0)
    with pytest.raises(StoreError, match="cannot write"):
        writer.submit(frozen, 7).result(10)
    (tmp_path / "file").unlink()
    assert writer.submit(_frozen(2.0), 8).result(10).step == 8
    (failure,) = writer.close()
    assert failure.startswith("the snapshot of step 7 was not stored: StoreError: cannot write")
    with pytest.raises(StoreError, match="was released"):
        _ = frozen.tensors


def test_a_closed_writer_refuses(tmp_path: Path) -> None:
    writer = SnapshotWriter(SnapshotStore(tmp_path), waiting=1)
    writer.close()
    for step in (9, 10):
        with pytest.raises(
            StoreError, match=f"the writer was closed; the snapshot of step {step} was not stored"
        ):
            writer.submit(_frozen(1.0), step)


def test_memory_goes_round(tmp_path: Path) -> None:
    stager, writer, weights = Stager(), SnapshotWriter(SnapshotStore(tmp_path)), {"w": torch.zeros(1000)}
    futures = []
    for step in range(20):
        weights["w"].fill_(step)
        futures.append(writer.submit(stager.freeze(weights), step))
    assert writer.close() == ()
    store = SnapshotStore(tmp_path)
    loaded = [store.load(future.result().digest)["w"] for future in futures]
    assert all(bool((tensor == step).all()) for step, tensor in enumerate(loaded))
