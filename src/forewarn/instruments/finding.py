"""What a claim names, as text: what its measurement on other facts needs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def dump(**finding: Any) -> str:
    """A finding as canonical JSON."""
    return json.dumps(finding, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def load(finding: str) -> Mapping[str, Any]:
    """The inverse of `dump`."""
    return dict(json.loads(finding))
