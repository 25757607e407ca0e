"""Lenses on disk: one safetensors file whose metadata say what it holds."""

from __future__ import annotations

from pathlib import Path

from forewarn.lenses.lens_set import LensSet


def save(path: Path, lens_set: LensSet) -> None:
    """Write a lens set as a whole or not at all. StoreError when the system refuses."""
    raise NotImplementedError


def load(path: Path, readout: str | None = None) -> LensSet:
    """Read a lens set. `readout`: that of the model it is meant for.

    Raises:
        IntegrityError: the file is not what `save` writes, or its lenses belong to another readout.
        StoreError: it cannot be read.
    """
    raise NotImplementedError
