"""Numbers that look random and are the same everywhere."""

from __future__ import annotations

import hashlib


def drawn(count: int, *labels: object) -> int:
    """A number from 0 to count - 1 that only the labels decide."""
    digest = hashlib.sha256("|".join(map(str, labels)).encode()).digest()
    return int.from_bytes(digest[:8], "big") % count
