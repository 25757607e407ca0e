"""Whatever tensors are stored come back bit for bit, however they lie in memory."""

from __future__ import annotations

import tempfile
from pathlib import Path

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from forewarn.store.dtypes import STORED
from forewarn.store.snapshots import SnapshotStore
from forewarn.store.staging import Stager
from forewarn.store.tensors import raw_bytes

SHAPES = st.lists(st.integers(0, 3), max_size=3).map(tuple)


@st.composite
def _tensor(draw: st.DrawFn) -> Tensor:
    """Any bytes under any dtype: not-a-numbers with a payload, minus zero and the smallest numbers too."""
    name, shape = draw(st.sampled_from(sorted(STORED))), draw(SHAPES)
    dtype = getattr(torch, name)
    size = dtype.itemsize * torch.Size(shape).numel()
    raw = draw(st.binary(min_size=size, max_size=size))
    if name == "bool":
        raw = bytes(byte % 2 for byte in raw)
    whole = torch.frombuffer(bytearray(raw), dtype=dtype) if raw else torch.empty(0, dtype=dtype)
    return _seen(draw, whole.reshape(shape))


def _seen(draw: st.DrawFn, tensor: Tensor) -> Tensor:
    """The tensor through a view that need not be contiguous."""
    if tensor.ndim >= 2 and draw(st.booleans()):
        tensor = tensor.transpose(0, -1)
    if tensor.ndim and tensor.shape[0] > 1 and draw(st.booleans()):
        tensor = tensor[::2]
    return tensor.conj() if tensor.is_complex() and draw(st.booleans()) else tensor


def _bytes(tensor: Tensor) -> bytes:
    return raw_bytes(tensor.detach().resolve_conj().contiguous()).tobytes()


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(st.text(min_size=1, max_size=6), _tensor(), max_size=4), st.booleans())
def test_what_is_stored_comes_back_bit_for_bit(tensors: dict[str, Tensor], tied: bool) -> None:
    tensors.pop("__metadata__", None)
    if tied and tensors:
        tensors["a tied name"] = next(iter(tensors.values()))
    try:
        names = {name: name.encode() for name in tensors}
    except UnicodeEncodeError:
        return  # A lone surrogate is no name that a module can have been given in a file.
    with tempfile.TemporaryDirectory() as folder:
        store = SnapshotStore(Path(folder))
        snapshot = store.put(Stager().freeze(tensors), 1)
        loaded = SnapshotStore(Path(folder)).load(snapshot.digest)
        assert store.verify() == () and loaded.keys() == names.keys()
    for name, tensor in tensors.items():
        found = loaded[name]
        assert (found.dtype, found.shape) == (tensor.dtype, tensor.shape)
        assert _bytes(found) == _bytes(tensor)
    if tied and tensors and tensors["a tied name"].numel():
        others = [name for name in tensors if loaded[name] is loaded["a tied name"]]
        assert len(others) >= 2
