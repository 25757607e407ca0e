"""What a helper is: a policy that picks the next question, or stops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from forewarn.records import Outcome, Site


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One question that can be asked: a probe at a site, and its price."""

    code: str
    site: Site
    cost: float
    """In forward passes over the audit set."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was asked, and what came of it."""

    inquiry: Inquiry
    outcome: Outcome


class Helper(Protocol):
    """Picks the next inquiry. Pure: the same arguments give the same choice."""

    @property
    def name(self) -> str:
        """For manifests and tables."""
        ...

    def next(self, open_: Sequence[Inquiry], asked: Sequence[Asked], budget: float) -> Inquiry | None:
        """One of `open_` (not yet asked, in the probes' own order) that costs at most `budget`; None to stop."""
        ...
