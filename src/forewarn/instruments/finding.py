"""What a claim names, as text: what its measurement on other facts needs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from forewarn.auditset import Condition, Part
from forewarn.reading import parse


def dump(**finding: Any) -> str:
    """A finding as canonical JSON."""
    return json.dumps(finding, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def load(finding: str) -> Mapping[str, Any]:
    """The inverse of `dump`. ValueError for anything else."""
    found = parse(finding)
    if not isinstance(found, dict):
        raise ValueError(f"a finding is a JSON object; found {finding[:60]!r}")
    return found


def as_lists(condition: Condition) -> list[list[object]]:
    """A condition as lists of slot and phrase, for a finding."""
    return [[p.slot, p.phrase if isinstance(p.phrase, str) else list(p.phrase)] for p in condition]


def as_condition(lists: Sequence[Sequence[object]]) -> Condition:
    """The condition that `as_lists` made lists of. ValueError or TypeError for anything else."""
    return tuple(Part(str(slot), tuple(p) if isinstance(p, list) else str(p)) for slot, p in lists)
