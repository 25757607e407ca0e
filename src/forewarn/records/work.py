"""Work that several questions of one look need and that is done once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Work:
    """Done by whoever asks for it first; then it is there for the rest of the look."""

    name: str
    passes: float
    """Forward passes over the audit set."""


def price(own: float, shared: Iterable[Work], done: Iterable[Work]) -> float:
    """Of a question, where some work is done already."""
    there = set(done)
    return own + sum(work.passes for work in shared if work not in there)
