"""Matched groups on disk: one folder each, with its snapshots, what was verified, and what was seen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from forewarn.errors import IntegrityError, StoreError
from forewarn.lab.organisms.growing import Grown
from forewarn.lab.population.verified import Kept, Verified
from forewarn.reading import parse, read_bytes, text_of
from forewarn.store.codec import decode, encode
from forewarn.store.files import write_atomically

FORMAT: Final = 4
GROUP: Final = "group.json"
MOST_BYTES: Final = 2**32
"""A larger file is not read."""


class GroupFolder:
    """`OUT/<group>/`: `group.json`, `<member>/<step>.safetensors`, and looks by level."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def made(self) -> bool:
        """Whether the matched group is there as a whole."""
        return (self.path / GROUP).is_file()

    def keep(self, grown: Grown) -> Kept:
        """Write one snapshot. StoreError when the system refuses."""
        path = self._file(grown.member, grown.step)
        path.parent.mkdir(parents=True, exist_ok=True)
        raw = save_tensors({n: t.contiguous() for n, t in grown.weights.items()})
        write_atomically(path, raw)
        return Kept(grown.step, hashlib.sha256(raw).hexdigest())

    def finish(self, group: Verified) -> None:
        """Write what was verified: only then the matched group counts as made."""
        plain = {"format": FORMAT, **encode(group)}
        write_atomically(self.path / GROUP, json.dumps(plain) + "\n")

    def read(self) -> Verified:
        """What was verified. StoreError for anything that `finish` has not written."""
        plain = self.plain(GROUP)
        if plain.pop("format", None) != FORMAT:
            raise StoreError(f"{self.path / GROUP}: wanted format {FORMAT}; make the matched group again")
        found: Verified = decode(plain, Verified, str(self.path / GROUP))
        return found

    def weights(self, member: str, kept: Kept) -> dict[str, Tensor]:
        """A snapshot's tensors. IntegrityError where the file is not what was written."""
        path = self._file(member, kept.step)
        raw = _bytes(path)
        if hashlib.sha256(raw).hexdigest() != kept.digest:
            raise IntegrityError(f"{path} is not the file that was written; make the matched group again")
        return load_tensors(raw)

    def has(self, name: str) -> bool:
        """Whether a file of results is there."""
        return (self.path / name).is_file()

    def plain(self, name: str) -> dict[str, Any]:
        """A JSON object, in which a figure that could not be had is NaN. StoreError where there is none."""
        path = self.path / name
        try:
            found = parse(text_of(_bytes(path), str(path)), loose=True)
        except ValueError as error:
            raise StoreError(f"{path} holds no JSON: {error}. Move it away, or make it again.") from error
        if not isinstance(found, dict):
            raise StoreError(f"{path} holds a {type(found).__name__}; wanted an object")
        return found

    def write(self, name: str, plain: dict[str, Any]) -> None:
        """A JSON object, whole or not at all."""
        write_atomically(self.path / name, json.dumps(plain) + "\n")

    def _file(self, member: str, step: int) -> Path:
        return self.path / member / f"{step}.safetensors"


def folders(out: Path) -> list[GroupFolder]:
    """All matched groups of a folder that are made, by name. StoreError where there is none."""
    found = [folder for folder in _inside(out) if folder.made]
    if not found:
        raise StoreError(
            f"{out} holds no matched groups; make some with `forewarn organisms make --out {out}`."
        )
    return found


def _inside(out: Path) -> Iterator[GroupFolder]:
    yield from (GroupFolder(p) for p in (sorted(out.iterdir()) if out.is_dir() else []) if p.is_dir())


def _bytes(path: Path) -> bytes:
    return read_bytes(path, MOST_BYTES)
