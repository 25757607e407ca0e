"""Whether two tensors, or two numbers, are equal up to rounding."""

from __future__ import annotations

from torch import Tensor

CLOSE = 1e-4
"""Relative difference below which two float32 tensors count as equal."""


def same(a: Tensor, b: Tensor, tolerance: float = CLOSE) -> bool:
    """Whether two tensors are equal up to rounding, relative to their size."""
    if a.shape != b.shape:
        return False
    size = max(float(a.abs().max()), float(b.abs().max()), 1e-6) if a.numel() else 1.0
    return bool((a - b).abs().max() <= tolerance * size) if a.numel() else True


def plain(x: float, digits: int = 4, within: float = 3e-6) -> float:
    """The number of a few digits that a configuration holds, when the measured one is that up to rounding."""
    short = float(f"{x:.{digits}g}")
    return short if abs(x - short) <= within * abs(x) else x
