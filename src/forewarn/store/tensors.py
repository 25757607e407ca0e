"""Which tensors can be stored, and the digest of one."""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np
import torch
from jaxtyping import Shaped, UInt8
from torch import Tensor
from torch.nn.parameter import is_lazy

from forewarn.errors import StoreError
from forewarn.store.digest import tensor_header
from forewarn.store.dtypes import STORED

RESERVED: Final = "__metadata__"
"""The one name that a safetensors file cannot give to a tensor."""


def dtype_name(dtype: torch.dtype) -> str:
    """The dtype's name without its `torch.`."""
    return str(dtype).removeprefix("torch.")


def check_storable(name: str, tensor: Tensor) -> None:
    """Raise StoreError unless the tensor is dense, holds data, and has a dtype that safetensors knows."""
    if name == RESERVED:
        raise StoreError(f"a tensor cannot be stored as {RESERVED!r}: safetensors keeps that name for itself")
    if reason := _why_not(tensor):
        raise StoreError(f"tensor {name!r} cannot be stored: {reason}")


def _why_not(tensor: object) -> str | None:
    if not isinstance(tensor, Tensor):
        return f"it is a {type(tensor).__name__}, not a tensor. Leave it out."
    return _no_data(tensor) or _not_plain(tensor)


def _no_data(tensor: Tensor) -> str | None:
    if is_lazy(tensor):
        return "its shape is not known yet. Run the model once on a batch first."
    if tensor.is_meta:
        return "it is on the meta device and holds no data. Load its weights first."
    return None


def _not_plain(tensor: Tensor) -> str | None:
    if tensor.is_nested or tensor.layout != torch.strided:
        return f"it is nested or sparse (layout {tensor.layout}). Call to_dense() or leave it out."
    if hasattr(tensor, "__tensor_flatten__"):
        return f"it is a {type(tensor).__name__}, which wraps other tensors. Gather it into a plain tensor first."
    if tensor.is_quantized or dtype_name(tensor.dtype) not in STORED:
        return f"its dtype is {tensor.dtype}; stored are {', '.join(STORED)}. Convert it or leave it out."
    return None


def raw_bytes(tensor: Shaped[Tensor, "..."]) -> UInt8[np.ndarray, "bytes"]:
    """The bytes of a contiguous CPU tensor in memory order. They share its memory."""
    flat = tensor.detach().reshape(-1)
    # One element may have any stride and still be contiguous; `view` would refuse it.
    return flat.as_strided(flat.shape, (1,)).view(torch.uint8).numpy()


def tensor_digest(tensor: Shaped[Tensor, "..."]) -> str:
    """SHA-256 over the dtype, shape and bytes of a tensor on any device. It need not be contiguous."""
    plain = tensor.detach().resolve_conj().resolve_neg().cpu().contiguous()
    digest = hashlib.sha256(tensor_header(dtype_name(plain.dtype), plain.shape))
    digest.update(raw_bytes(plain).data)
    return digest.hexdigest()
