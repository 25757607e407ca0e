from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from forewarn.errors import IntegrityError
from forewarn.store.dtypes import STORED
from forewarn.store.meta import StoredTensor
from forewarn.store.shard import open_shard
from forewarn.store.tensors import dtype_name, raw_bytes, tensor_digest


def _held(tensor: torch.Tensor, key: str = "w", **changed: Any) -> StoredTensor:
    told = {
        "sha256": tensor_digest(tensor),
        "dtype": dtype_name(tensor.dtype),
        "shape": tuple(tensor.shape),
        "size": tensor.nbytes,
    }
    return StoredTensor(snapshot="0" * 64, key=key, **{**told, **changed})


def _handmade(path: Path, header: object, body: bytes = b"\0" * 8) -> Path:
    raw = json.dumps(header).encode()
    path.write_bytes(len(raw).to_bytes(8, "little") + raw + body)
    return path


@pytest.mark.parametrize("name", STORED)
def test_reads_what_the_safetensors_library_wrote(tmp_path: Path, name: str) -> None:
    tensor = torch.tensor([[0, 1, 1], [1, 0, 1]]).to(getattr(torch, name))
    others = {"scalar": torch.tensor(2.5), "empty": torch.empty(0, 3)}
    save_file({"w": tensor, **others}, tmp_path / "w", metadata={"by": "hand"})
    shard = open_shard(tmp_path / "w")
    assert set(shard.header) == {"w", "scalar", "empty"}
    for key, wanted in {"w": tensor, **others}.items():
        assert bytes(shard.read(_held(wanted, key))) == raw_bytes(wanted).tobytes()


WRITTEN = torch.arange(6, dtype=torch.int16).reshape(2, 3)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.data())
def test_no_changed_byte_goes_through_unnoticed(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "w"
    save_file({"w": WRITTEN}, path)
    raw = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(raw)
    try:
        read = open_shard(path).read(_held(WRITTEN))
    except IntegrityError:
        return
    assert bytes(read) == raw_bytes(WRITTEN).tobytes()


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=64))
def test_no_file_does_anything_but_be_refused(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "w").write_bytes(raw)
    with pytest.raises(IntegrityError):
        open_shard(tmp_path / "w").read(_held(WRITTEN))


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "its header does not fit into it"),
        (b"\xff" * 8 + b"{}", "its header does not fit into it"),
        ((100).to_bytes(8, "little") + b"{}", "its header does not fit into it"),
        ((2).to_bytes(8, "little") + b"{]", "its header is not JSON"),
        ((2).to_bytes(8, "little") + b"[]", "its header is not a map"),
    ],
)
def test_what_is_no_safetensors_file_is_told(tmp_path: Path, raw: bytes, message: str) -> None:
    (tmp_path / "w").write_bytes(raw)
    with pytest.raises(IntegrityError, match=message):
        open_shard(tmp_path / "w")


ZERO = torch.zeros(2, dtype=torch.float32)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (None, "the file says"),
        ([], "the file says"),
        ({"dtype": "I32", "shape": [2], "data_offsets": [0, 8]}, "should be .*F32.*; the file says .*I32"),
        ({"dtype": "F32", "shape": [1, 2], "data_offsets": [0, 8]}, r"the file says .*\[1, 2\]"),
        ({"dtype": "F32", "shape": [2]}, "has no valid offsets"),
        ({"dtype": "F32", "shape": [2], "data_offsets": [0, "8"]}, "has no valid offsets"),
        ({"dtype": "F32", "shape": [2], "data_offsets": [0, 8, 8]}, "has no valid offsets"),
        ({"dtype": "F32", "shape": [2], "data_offsets": [-8, 0]}, "does not lie inside the file"),
        ({"dtype": "F32", "shape": [2], "data_offsets": [4, 12]}, "does not lie inside the file"),
        ({"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}, "does not lie inside the file"),
    ],
)
def test_a_header_that_lies_is_found_before_memory_is_taken(
    tmp_path: Path, entry: object, message: str
) -> None:
    shard = open_shard(_handmade(tmp_path / "w", {"w": entry}))
    with pytest.raises(IntegrityError, match=message):
        shard.read(_held(ZERO))


def test_other_bytes_than_those_written_are_told(tmp_path: Path) -> None:
    entry = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    shard = open_shard(_handmade(tmp_path / "w", {"w": entry}, b"\0" * 7 + b"\1"))
    with pytest.raises(IntegrityError, match="tensor 'w' is not what was written: its digest differs"):
        shard.read(_held(ZERO))


def test_a_missing_file_or_a_link_is_refused(tmp_path: Path) -> None:
    save_file({"w": ZERO}, tmp_path / "real")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for name in ("link", "none"):
        with pytest.raises(IntegrityError, match="is missing or no regular file"):
            open_shard(tmp_path / name)
