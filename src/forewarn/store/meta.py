"""meta.json: what belongs to a snapshot and where each of its tensors lies."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from forewarn.errors import IntegrityError, StoreError
from forewarn.reading import AbsentError, is_format, parse, read_text
from forewarn.records import Snapshot
from forewarn.store.codec import decode, encode
from forewarn.store.digest import canonical, is_digest, snapshot_digest, text_digest
from forewarn.store.dtypes import STORED

FORMAT: Final = 2
"""Version of meta.json; another version is refused."""
LARGEST: Final = 64 * 2**20
"""Bytes of the largest meta.json that is read: a foreign one must not fill the memory."""


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """One tensor of a snapshot, and where its bytes lie."""

    sha256: str
    """Digest of dtype, shape and bytes."""
    dtype: str
    """Such as "float32"."""
    shape: tuple[int, ...]
    """Sizes along each axis."""
    size: int
    """Bytes."""
    snapshot: str
    """Digest of the snapshot whose weights.safetensors holds it."""
    key: str
    """Its name in that file."""

    @property
    def fits(self) -> bool:
        """Whether dtype, shape and size are those of one dense tensor."""
        dtype = STORED.get(self.dtype)
        sound = dtype is not None and all(axis >= 0 for axis in self.shape)
        return sound and self.size == math.prod(self.shape) * STORED[self.dtype].size


@dataclass(frozen=True, slots=True)
class Meta:
    """All that is known of a snapshot besides its bytes."""

    snapshot: Snapshot
    """The record that the rooms above hand around."""
    tensors: Mapping[str, StoredTensor]
    """Each distinct tensor under its canonical name."""
    aliases: Mapping[str, str]
    """Each tied name and its canonical name."""
    extra: Mapping[str, object]
    """JSON that the caller wanted to be kept with it."""


def to_text(meta: Meta) -> str:
    """The text of meta.json: the record, the format's version, and a digest that seals both."""
    body = {"format": FORMAT, **encode(meta)}
    return json.dumps({**body, "seal": text_digest(canonical(body))}, indent=1, sort_keys=True)


def read(path: Path, digest: str) -> Meta:
    """The meta.json of the snapshot `digest`, checked against its seal, its name and itself.

    Raises StoreError when it is missing, IntegrityError when it is not what forewarn wrote or names any place
    outside the snapshots' folder.
    """
    text = _text_of(path)
    try:
        meta = _checked(_parsed(text), digest)
        if to_text(meta) != text:
            raise IntegrityError("is not spelt as forewarn writes it: it was altered after it was written")
        return meta
    except IntegrityError as error:
        raise IntegrityError(f"{path}: {error}") from error.__cause__


def _text_of(path: Path) -> str:
    try:
        return read_text(path, LARGEST, path.parent)
    except AbsentError as error:
        raise StoreError(f"there is no snapshot at {path.parent}: it holds no file {path.name}") from error
    except IntegrityError:
        raise
    except StoreError as error:
        raise IntegrityError(str(error)) from error


def _parsed(text: str) -> Meta:
    try:
        data = parse(text, loose=True)
    except ValueError as error:
        raise IntegrityError(f"is not JSON: {error}") from None
    if not isinstance(data, dict) or not is_format(data.get("format"), FORMAT):
        found = data.get("format") if isinstance(data, dict) else None
        raise IntegrityError(f"is of format {found!r}; this forewarn reads format {FORMAT}")
    seal, body = data.pop("seal", None), data
    try:
        if seal != text_digest(canonical(body)):
            raise IntegrityError("does not match its seal: it was altered after it was written")
        return _decoded({name: value for name, value in body.items() if name != "format"})
    except StoreError as error:
        raise IntegrityError(str(error)) from error


def _decoded(body: dict[str, Any]) -> Meta:
    meta = decode(body, Meta, "meta")
    if not isinstance(meta, Meta):
        raise StoreError("holds no snapshot's metadata")
    return meta


def _checked(meta: Meta, digest: str) -> Meta:
    for name, held in meta.tensors.items():
        if not (is_digest(held.sha256) and is_digest(held.snapshot)):
            raise IntegrityError(
                f"tensor {name!r} names {held.snapshot!r}: digests are 64 hexadecimal digits"
            )
        if not held.fits:
            raise IntegrityError(
                f"tensor {name!r} of {held.dtype} {held.shape} cannot have {held.size} bytes"
            )
    if lost := [
        name for name, target in meta.aliases.items() if target not in meta.tensors or name in meta.tensors
    ]:
        raise IntegrityError(f"alias {lost[0]!r} does not stand for one stored tensor")
    digests = {name: held.sha256 for name, held in meta.tensors.items()}
    if not digest == meta.snapshot.digest == snapshot_digest(digests, meta.aliases):
        raise IntegrityError("its tensors' digests do not add up to the snapshot's name")
    if meta.snapshot.size != (total := sum(held.size for held in meta.tensors.values())):
        raise IntegrityError(
            f"its tensors have {total} bytes, the snapshot is said to have {meta.snapshot.size}"
        )
    return meta


def readable_text(meta: Meta) -> str:
    """The text of meta.json as it reads once it was read back: a metric of 0 is written as 0.0.

    StoreError where `read` could not read it back, as with a metric that is no number.
    """
    text = to_text(meta)
    if len(text) > LARGEST:
        raise StoreError(f"the metadata of a snapshot have {len(text):,} bytes; at most {LARGEST:,} are read")
    try:
        return to_text(_checked(_parsed(text), meta.snapshot.digest))
    except IntegrityError as error:
        raise StoreError(
            f"the metadata of a snapshot could not be read back: {error}. Give metrics as plain numbers, and "
            "anything else as numbers, text, lists and maps."
        ) from error
