"""Digests of text, files and snapshots. Nothing here needs torch."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from forewarn.errors import StoreError
from forewarn.reading import opened

GENESIS: Final = "0" * 64
"""What stands for the hash before the first line of a chain."""
_DIGEST = re.compile(r"[0-9a-f]{64}")


def canonical(value: object) -> str:
    """The one spelling of a JSON value: sorted keys, no spaces, ASCII, no NaN or infinity.

    Raises StoreError for what JSON cannot hold.
    """
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise StoreError(f"cannot be written as JSON: {error}. Use numbers, text, lists and maps.") from error


def is_digest(text: object) -> bool:
    """Whether `text` is a SHA-256 in 64 lower-case hexadecimal digits, and so safe as a file name."""
    return isinstance(text, str) and _DIGEST.fullmatch(text) is not None


def text_digest(text: str) -> str:
    """SHA-256 of a text's UTF-8 bytes."""
    return hashlib.sha256(text.encode()).hexdigest()


def file_digest(path: Path, most: int | None = None) -> str:
    """SHA-256 of a file's bytes. Raises StoreError when it is no ordinary file, too large, or cannot be read."""
    with opened(path, most) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]


def tensor_header(dtype: str, shape: Sequence[int]) -> bytes:
    """What is hashed before a tensor's bytes, so that the same bytes read otherwise have another digest."""
    return f"{canonical({'dtype': dtype, 'shape': list(shape)})}\n".encode()


def snapshot_digest(tensors: Mapping[str, str], aliases: Mapping[str, str]) -> str:
    """SHA-256 that names a snapshot.

    `tensors` maps each name to the digest of its tensor (dtype, shape and bytes), `aliases` each tied name to
    the name that stands for it. The order of either does not matter; step and metrics do not enter.
    """
    return text_digest(canonical({"aliases": dict(aliases), "tensors": dict(tensors)}))
