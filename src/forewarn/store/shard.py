"""Reading weights.safetensors without torch: what it holds, and the verified bytes of one tensor.

The format: eight bytes with the header's length, the header (JSON: name to dtype, shape, offsets), the bytes.
Files are written by the safetensors library. They are read here so that nothing is allocated before it is known
to lie inside the file, and so that `forewarn verify` need not wait for torch.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from forewarn.errors import IntegrityError, StoreError
from forewarn.reading import opened, parse, text_of
from forewarn.store.digest import tensor_header
from forewarn.store.dtypes import STORED
from forewarn.store.meta import StoredTensor

if TYPE_CHECKING:
    from io import BufferedReader

_LENGTH: Final = 8
_LONGEST_HEADER: Final = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Shard:
    """An opened weights.safetensors."""

    path: Path
    """Where it lies."""
    header: dict[str, Any]
    """Its header without the metadata; entries are checked when they are read."""
    start: int
    """Where the header ends and the tensors' bytes begin."""
    end: int
    """Size of the file in bytes."""
    plain: bool = True
    """Whether the header is spelt as the safetensors library does."""

    def read(self, held: StoredTensor) -> bytearray:
        """The bytes of one tensor, checked against its digest. Raises IntegrityError."""
        begin = self._place(held)
        raw = bytearray(held.size)
        with opened(self.path, inside=self.path.parent) as file:
            file.seek(begin)
            got = cast("BufferedReader", file).readinto(raw)
        digest = hashlib.sha256(tensor_header(held.dtype, held.shape))
        digest.update(raw)
        if got != held.size or digest.hexdigest() != held.sha256:
            raise IntegrityError(
                f"{self.path}: tensor {held.key!r} is not what was written: its digest differs"
            )
        return raw

    def odd(self) -> str:
        """What in the file is not as the safetensors library writes it; empty where nothing is.

        That are bytes between or behind the tensors, or a header that is spelt otherwise.
        """
        at = 0
        for begin, stop in sorted(map(_offsets, self.header.values())):
            if begin != at or stop < begin:
                return f"its tensors do not lie one behind the other: one ends at {at}, the next begins at {begin}"
            at = stop
        if self.start + at != self.end:
            return f"it has {self.end - self.start - at} bytes behind its last tensor"
        return "" if self.plain else "its header is not spelt as it was written"

    def _place(self, held: StoredTensor) -> int:
        """Where the tensor's bytes begin, once the header agrees with what is wanted."""
        entry = self.header.get(held.key)
        entry = entry if isinstance(entry, dict) else {}
        wanted = {"dtype": STORED[held.dtype].code, "shape": list(held.shape)}
        found = {name: entry.get(name) for name in wanted}
        if found != wanted:
            raise IntegrityError(
                f"{self.path}: tensor {held.key!r} should be {wanted}; the file says {found}"
            )
        offsets = entry.get("data_offsets")
        if not isinstance(offsets, list) or [type(offset) for offset in offsets] != [int, int]:
            raise IntegrityError(f"{self.path}: tensor {held.key!r} has no valid offsets")
        begin, stop = self.start + int(offsets[0]), self.start + int(offsets[1])
        if stop - begin != held.size or not self.start <= begin <= stop <= self.end:
            raise IntegrityError(f"{self.path}: tensor {held.key!r} does not lie inside the file")
        return begin


def open_shard(path: Path) -> Shard:
    """Open a weights.safetensors and read its header. Raises IntegrityError when it is none."""
    try:
        with opened(path, inside=path.parent) as file:
            end = os.fstat(file.fileno()).st_size
            length = int.from_bytes(file.read(_LENGTH), "little")
            if not 0 < length <= min(_LONGEST_HEADER, end - _LENGTH):
                raise IntegrityError(f"{path} is no safetensors file: its header does not fit into it")
            raw = file.read(length)
            header, plain = _header(path, raw)
            return Shard(path, header, _LENGTH + length, end, plain)
    except IntegrityError:
        raise
    except StoreError as error:
        raise IntegrityError(f"{path} is missing or no regular file ({error})") from error


def _header(path: Path, raw: bytes) -> tuple[dict[str, Any], bool]:
    """The header without its metadata, and whether it is spelt without spaces as the library does."""
    try:
        header = parse(text_of(raw, str(path)))
    except (ValueError, IntegrityError) as error:
        raise IntegrityError(f"{path} is no safetensors file: its header is not JSON ({error})") from None
    if not isinstance(header, dict):
        raise IntegrityError(f"{path} is no safetensors file: its header is not a map")
    spelt = json.dumps(header, separators=(",", ":"), ensure_ascii=False)
    plain = raw.rstrip(b" ") == spelt.encode() and len(raw) % 8 == 0
    return {name: entry for name, entry in header.items() if name != "__metadata__"}, plain


def _offsets(entry: object) -> tuple[int, int]:
    offsets = entry.get("data_offsets") if isinstance(entry, dict) else None
    if not isinstance(offsets, list) or [type(offset) for offset in offsets] != [int, int]:
        return -1, -1
    return offsets[0], offsets[1]
