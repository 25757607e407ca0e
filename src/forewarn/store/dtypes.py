"""Which dtypes are stored. Nothing here needs torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Dtype:
    """How safetensors knows one dtype of torch."""

    code: str
    """Its name in a safetensors header."""
    size: int
    """Bytes of one element."""


STORED: Final = {
    "bool": Dtype("BOOL", 1),
    "uint8": Dtype("U8", 1),
    "int8": Dtype("I8", 1),
    "uint16": Dtype("U16", 2),
    "int16": Dtype("I16", 2),
    "uint32": Dtype("U32", 4),
    "int32": Dtype("I32", 4),
    "uint64": Dtype("U64", 8),
    "int64": Dtype("I64", 8),
    "float8_e4m3fn": Dtype("F8_E4M3", 1),
    "float8_e5m2": Dtype("F8_E5M2", 1),
    "float16": Dtype("F16", 2),
    "bfloat16": Dtype("BF16", 2),
    "float32": Dtype("F32", 4),
    "float64": Dtype("F64", 8),
    "complex64": Dtype("C64", 8),
}
"""By torch's name without `torch.`."""
