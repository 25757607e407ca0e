"""Writing weights.safetensors, and taking away what no snapshot needs."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping, Set
from pathlib import Path
from typing import Final

from jaxtyping import Shaped
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from forewarn.errors import StoreError
from forewarn.store.catalogue import WEIGHTS, Catalogue
from forewarn.store.files import replacing, unfinished_of
from forewarn.store.index import Index

_BESIDE: Final = ("lenses", "explanations")
"""Folders of a run in which the process that trains writes, besides the snapshots."""
_OF_PEOPLE: Final = ("report.html", "traces.jsonl")
"""Files of a run that other processes may be writing at any moment."""


def write_tensors(path: Path, tensors: Mapping[str, Shaped[Tensor, "..."]]) -> None:
    """Add contiguous CPU tensors to a safetensors file, which need not exist yet.

    Raises StoreError when the system refuses; then the file is as it was.
    """
    _save(path, _held(path, keys_of(path)) | dict(tensors))


def keys_of(path: Path) -> frozenset[str]:
    """Names of the tensors in a safetensors file. There are none where there is no such file."""
    if not path.is_file():
        return frozenset()
    with _opened(path) as file:
        return frozenset(file.keys())


def tidy(catalogue: Catalogue, index: Index) -> None:
    """Delete unfinished files, and tensors that belong to no snapshot. Only for the process that writes.

    Where the metadata of one snapshot cannot be read, nobody knows what it needs, and all tensors stay. A refusal
    of the system is no error here: what could not go now goes the next time.
    """
    for name in catalogue.folders():
        _delete_unfinished(catalogue.shelf / name)
        shrink(catalogue, index, name)
    for folder in (catalogue.run, *(catalogue.run / name for name in _BESIDE)):
        _delete_unfinished(folder)


def shrink(catalogue: Catalogue, index: Index, name: str) -> None:
    """Leave in the folder of a snapshot that is gone only what others need; where they need nothing it goes."""
    with contextlib.suppress(OSError, StoreError):
        if index.whole and not catalogue.stands(name):
            _shrink(catalogue.shelf / name, index.needed(name))


def _delete_unfinished(folder: Path) -> None:
    with contextlib.suppress(OSError):
        for path in list(folder.iterdir()):
            name = unfinished_of(path.name)
            if name is not None and name not in _OF_PEOPLE:
                path.unlink()


def _shrink(folder: Path, needed: Set[str]) -> None:
    weights = folder / WEIGHTS
    if not needed:
        weights.unlink(missing_ok=True)
        folder.rmdir()
    elif keys_of(weights) - needed:
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
