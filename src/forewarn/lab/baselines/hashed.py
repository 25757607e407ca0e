"""Numbers that look random and are the same on every machine."""

from __future__ import annotations

import hashlib


def hashed(count: int, *labels: object) -> int:
    """A number from 0 to count - 1 that the labels alone decide."""
    digest = hashlib.sha256("|".join(map(str, labels)).encode()).digest()
    return int.from_bytes(digest[:8], "big") % count
