"""Writing weights.safetensors, and taking away what no snapshot needs."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping
from pathlib import Path

from jaxtyping import Shaped
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from forewarn.errors import StoreError
from forewarn.store.catalogue import WEIGHTS, Catalogue
from forewarn.store.files import TEMPORARY, replacing


def write_tensors(path: Path, tensors: Mapping[str, Shaped[Tensor, "..."]]) -> None:
    """Write contiguous CPU tensors to a safetensors file, added to those it holds already.

    Raises StoreError when the system refuses; then the file is as it was.
    """
    _save(path, _held(path, keys_of(path)) | dict(tensors))


def keys_of(path: Path) -> frozenset[str]:
    """Names of the tensors in a safetensors file; none when there is no such file."""
    if not path.is_file():
        return frozenset()
    with _opened(path) as file:
        return frozenset(file.keys())


def tidy(catalogue: Catalogue) -> None:
    """Delete unfinished files, and tensors that belong to no snapshot. Only for the process that writes.

    Where one snapshot's metadata cannot be read nobody knows what it needs, and all tensors stay. A refusal of
    the system is no error here: what could not go now goes the next time.
    """
    needed = _needed(catalogue)
    for name in catalogue.folders():
        folder = catalogue.shelf / name
        with contextlib.suppress(OSError, StoreError):
            for unfinished in folder.glob(f".*{TEMPORARY}"):
                unfinished.unlink()
            if needed is not None and not catalogue.stands(name):
                _shrink(folder, needed.get(name, set()))


def _needed(catalogue: Catalogue) -> dict[str, set[str]] | None:
    """By folder the names of the tensors that some snapshot takes from it; None when nobody can tell."""
    needed: dict[str, set[str]] = {}
    try:
        for digest in catalogue.digests():
            for held in catalogue.meta(digest).tensors.values():
                needed.setdefault(held.snapshot, set()).add(held.key)
    except StoreError:
        return None
    return needed


def _shrink(folder: Path, needed: Collection[str]) -> None:
    weights = folder / WEIGHTS
    if not needed:
        weights.unlink(missing_ok=True)
        folder.rmdir()
    elif keys_of(weights) - set(needed):
        _save(weights, _held(weights, needed))


def _save(path: Path, tensors: Mapping[str, Tensor]) -> None:
    with replacing(path) as unfinished:
        try:
            save_file(dict(tensors), unfinished)
        except SafetensorError as error:
            raise OSError(str(error)) from error


def _held(path: Path, keys: Collection[str]) -> dict[str, Tensor]:
    if not keys:
        return {}
    with _opened(path) as file:
        return {key: file.get_tensor(key) for key in keys}


def _opened(path: Path) -> safe_open:
    try:
        return safe_open(path, framework="pt")
    except SafetensorError as error:
        raise StoreError(f"{path} is no safetensors file: {error}") from error
