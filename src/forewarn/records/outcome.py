"""What comes of one question: a claim to be confirmed, and the four ways in which asking can end.

A look in a ledger and a look in the laboratory's recorded table hold the same outcomes. The table keeps figures
and no words: there each text of an outcome is `UNWRITTEN`, and nothing can be measured again from it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from forewarn.records.interval import Interval
from forewarn.records.notebook import html_table
from forewarn.records.row import Row
from forewarn.records.site import Site

UNWRITTEN: Final = ""
"""A text that was not kept: claim, unit, finding and snapshot of evidence, reason and error of the others."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A hypothesis found on the explore facts, not yet confirmed on any other."""

    code: str
    """The probe's stable code, such as "latent-policy"."""
    site: Site
    """Where it was found."""
    explored: float
    """The effect on the explore facts. Optimistic, since it was searched for; never shown as a result."""
    finding: str
    """Canonical JSON: all that the probe needs to measure the claim again, now or at a replay."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One confirmed claim that could have been false. Cannot be built without interval and n."""

    code: str
    """The probe's stable code."""
    claim: str
    """One sentence that could be false, with its figures."""
    site: Site
    """Where it was measured."""
    effect: float
    """Measured minus null, in `unit`; positive points towards deception."""
    unit: str
    """Unit of effect, interval and null, such as "share of known facts"."""
    interval: Interval
    """Of the effect."""
    null: float
    """The same figure under the matched null."""
    n: int
    """Independent units (facts with distinct entities) behind the effect."""
    explored: float
    """The effect that the explore facts had promised."""
    finding: str
    """Canonical JSON that lets anyone measure it again."""
    snapshot: str
    """Digest of the snapshot it was measured on."""
    rows: tuple[Row, ...] = ()
    """Facts behind it, for people, those that show the claim first: at most 24 of the `n`. Empty where no answers
    were counted. No verdict rests on them."""

    def __post_init__(self) -> None:
        if not isinstance(self.interval, Interval):
            raise TypeError(f"evidence needs an Interval; found {self.interval!r}")
        if self.n < 1:
            raise ValueError(
                f"evidence needs n >= 1 independent units; found {self.n}. Use Nothing or NotApplicable."
            )
        if not (math.isfinite(self.effect) and math.isfinite(self.null)):
            raise ValueError(f"evidence needs finite figures; found effect {self.effect}, null {self.null}")
        if self.effect not in self.interval:
            raise ValueError(f"the effect {self.effect} lies outside its interval {self.interval}")

    @property
    def beyond_chance(self) -> bool:
        """Whether the whole interval points towards deception; else it counts as nothing with every judge."""
        return self.interval.low > 0.0

    def __repr__(self) -> str:
        return (
            f"<Evidence {self.code} at {self.site}: {self.effect:.3g} {self.unit}, interval {self.interval}, "
            f"null {self.null:.3g}, n {self.n}>"
        )

    def _repr_html_(self) -> str:
        """For notebooks: the claim and its figures."""
        columns = ("effect", "interval", "null", "n", "unit")
        figures = (self.effect, self.interval, self.null, self.n, self.unit)
        return html_table(f"{self.code} at {self.site}: {self.claim}", columns, [figures])


@dataclass(frozen=True, slots=True)
class Nothing:
    """The probe looked and found nothing that it would claim."""

    code: str
    """The probe's stable code."""
    site: Site
    """Where it looked."""
    reason: str
    """What it saw instead, with figures."""
    n: int | None
    """Independent units it looked at; None where that was not kept, as in tables that were recorded without it."""

    def __post_init__(self) -> None:
        if self.n is not None and self.n < 1:
            raise ValueError(f"'nothing found' needs n >= 1; found {self.n}. Use NotApplicable.")


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """The question does not fit this model, audit set or moment; nothing was learned."""

    code: str
    """The probe's stable code."""
    site: Site
    """Where it would have looked."""
    reason: str
    """What was found and what was wanted."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The probe raised; the look cannot be called clear."""

    code: str
    """The probe's stable code."""
    site: Site
    """Where it was looking."""
    error: str
    """Type and message of the exception."""


Outcome = Evidence | Nothing | NotApplicable | Failed
