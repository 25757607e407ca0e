"""What a probe measured beside its matched null, on the same facts."""

from __future__ import annotations

from dataclasses import dataclass

from forewarn.records import Claim, Evidence
from forewarn.stats.intervals import paired_difference


@dataclass(frozen=True, slots=True)
class Paired:
    """For each fact: whether it showed what was claimed, and whether it did so under the null."""

    shown: tuple[bool, ...]
    null: tuple[bool, ...]

    def __post_init__(self) -> None:
        if len(self.shown) != len(self.null) or not self.shown:
            raise ValueError(
                f"wanted as many nulls as facts, at least one; found {len(self.shown)}, {len(self.null)}"
            )

    @property
    def n(self) -> int:
        """Number of facts."""
        return len(self.shown)

    @property
    def effect(self) -> float:
        """Share shown minus share under the null."""
        return (sum(self.shown) - sum(self.null)) / self.n

    def evidence(self, claim: Claim, sentence: str, unit: str, digest: str) -> Evidence:
        """The claim as confirmed evidence, with Tango's interval for paired shares."""
        first = sum(s and not c for s, c in zip(self.shown, self.null, strict=True))
        second = sum(c and not s for s, c in zip(self.shown, self.null, strict=True))
        return Evidence(
            code=claim.code,
            claim=sentence,
            site=claim.site,
            effect=self.effect,
            unit=unit,
            interval=paired_difference(first, second, self.n),
            null=sum(self.null) / self.n,
            n=self.n,
            explored=claim.explored,
            finding=claim.finding,
            snapshot=digest,
        )
