from __future__ import annotations

import hashlib
import json

import pytest
import torch
from torch import nn

from forewarn.errors import StoreError
from forewarn.store.dtypes import STORED
from forewarn.store.tensors import check_storable, dtype_name, raw_bytes, tensor_digest


@pytest.mark.parametrize("name", STORED)
def test_the_table_of_dtypes_is_that_of_torch(name: str) -> None:
    dtype = getattr(torch, name)
    assert dtype_name(dtype) == name and dtype.itemsize == STORED[name].size
    check_storable("w", torch.zeros(2, dtype=dtype))


def test_the_digest_agrees_with_its_definition() -> None:
    tensor = torch.tensor([[1.0, -2.0], [0.5, 0.0]])
    header = json.dumps({"dtype": "float32", "shape": [2, 2]}, separators=(",", ":")).encode()
    assert tensor_digest(tensor) == hashlib.sha256(header + b"\n" + tensor.numpy().tobytes()).hexdigest()


@pytest.mark.parametrize(
    "other",
    [
        torch.zeros(4, dtype=torch.int8),
        torch.zeros(2, 2, dtype=torch.uint8),
        torch.zeros(4, dtype=torch.bool),
        torch.tensor([0, 0, 0, 1], dtype=torch.uint8),
        torch.zeros(0, dtype=torch.uint8),
    ],
    ids=str,
)
def test_dtype_shape_and_bytes_enter_the_digest(other: torch.Tensor) -> None:
    assert tensor_digest(other) != tensor_digest(torch.zeros(4, dtype=torch.uint8))


def test_how_a_tensor_lies_in_memory_does_not_matter() -> None:
    tensor = torch.arange(6.0).reshape(2, 3)
    assert tensor_digest(tensor.t()) == tensor_digest(tensor.t().contiguous())
    spiral = torch.tensor([1 + 2j, 3 - 4j], dtype=torch.complex64)
    assert tensor_digest(spiral.conj()) == tensor_digest(spiral.conj().resolve_conj())


@pytest.mark.parametrize("name", STORED)
def test_one_element_may_lie_with_any_stride(name: str) -> None:
    tensor = torch.ones(2, dtype=torch.uint8).to(getattr(torch, name))
    assert tensor[::2].stride() == (2,)
    assert tensor_digest(tensor[::2]) == tensor_digest(tensor[:1].clone())


def test_minus_zero_and_zero_differ() -> None:
    assert tensor_digest(torch.tensor([0.0])) != tensor_digest(torch.tensor([-0.0]))


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 2)])
def test_raw_bytes_share_memory(shape: tuple[int, ...]) -> None:
    tensor = torch.zeros(shape, dtype=torch.bfloat16)
    raw = raw_bytes(tensor)
    assert raw.nbytes == tensor.nbytes
    tensor.fill_(1.0)
    assert not tensor.numel() or raw.any()


class _Wrapped(torch.Tensor):
    def __tensor_flatten__(self) -> None:
        raise NotImplementedError


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: torch.zeros(2, device="meta"), r"meta device and holds no data. Load its weights first"),
        (lambda: torch.eye(2).to_sparse(), r"sparse \(layout torch.sparse_coo\)"),
        (lambda: torch.eye(2).to_sparse_csr(), r"layout torch.sparse_csr"),
        (lambda: torch.nested.nested_tensor([torch.zeros(1), torch.zeros(2)]), "nested"),
        (
            lambda: torch.quantize_per_tensor(torch.zeros(2), 0.1, 0, torch.qint8),
            r"dtype is torch.qint8; stored are",
        ),
        (
            lambda: torch.zeros(2, dtype=torch.complex128),
            r"dtype is torch.complex128; stored are bool, uint8",
        ),
        (lambda: nn.LazyLinear(2).weight, "shape is not known yet"),
        (lambda: torch.zeros(2).as_subclass(_Wrapped), "is a _Wrapped, which wraps other tensors"),
        (lambda: "text", "is a str, not a tensor"),
    ],
)
def test_what_cannot_be_stored_is_told(make, message: str) -> None:
    with pytest.raises(StoreError, match=f"tensor 'w' cannot be stored: .*{message}"):
        check_storable("w", make())


def test_the_reserved_name_is_refused() -> None:
    with pytest.raises(StoreError, match="safetensors keeps that name"):
        check_storable("__metadata__", torch.zeros(1))
