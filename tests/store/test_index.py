"""What the index says against what is read from the disk, over drawn histories."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from forewarn.errors import IntegrityError
from forewarn.store.catalogue import Catalogue
from forewarn.store.index import Index
from forewarn.store.snapshots import SnapshotStore
from forewarn.store.staging import Stager
from forewarn.store.tidy import keys_of

MOVES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.booleans()), min_size=1, max_size=12)
"""Of each move the values of two tensors, and whether the snapshot of those values is put or dropped."""


@settings(max_examples=30, deadline=None)
@given(MOVES)
def test_it_is_what_the_disk_says_after_any_history(moves: list[tuple[int, int, bool]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store, there = SnapshotStore(Path(folder)), {}
        for step, (a, b, put) in enumerate(moves):
            tensors = {"a": torch.full((2,), float(a)), "b": torch.full((3,), float(b))}
            if put:
                there[a, b] = store.put(Stager().freeze(tensors), step).digest
            elif (a, b) in there:
                store.drop(there.pop((a, b)))
        assert {each.digest for each in store.kept()} == set(there.values())
        assert store.verify() == ()
        for (a, b), digest in there.items():
            loaded = store.load(digest)
            assert loaded["a"].tolist() == [a] * 2 and loaded["b"].tolist() == [b] * 3
        _nothing_is_held_in_vain(Catalogue(Path(folder)))


def _nothing_is_held_in_vain(catalogue: Catalogue) -> None:
    """A folder that is no snapshot any more holds just what others need, and is there for that alone."""
    index = Index.read(catalogue)
    for name in catalogue.folders():
        if not catalogue.stands(name):
            assert set(keys_of(catalogue.weights(name))) == set(index.needed(name)) != set()


def test_an_unsound_snapshot_is_left_out_and_nothing_is_known_to_be_needless(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    first = store.put(Stager().freeze({"a": torch.ones(2)}), 1)
    second = store.put(Stager().freeze({"a": torch.zeros(2)}), 2)
    (Catalogue(tmp_path).folder(first.digest) / "meta.json").write_text("{}")
    index = Index.read(Catalogue(tmp_path))
    assert not index.whole and set(index.snapshots) == {second.digest}
    with pytest.raises(IntegrityError):
        store.list()
