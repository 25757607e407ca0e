"""What a probe measured beside its matched null, on the same facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from forewarn.auditset import Answer
from forewarn.instruments.probe_inputs import ProbeInputs, Question
from forewarn.instruments.replies import Exhibit, Replies
from forewarn.records import Claim, Evidence, Interval, Row
from forewarn.stats.intervals import paired_difference


@dataclass(frozen=True, slots=True)
class Paired:
    """For each fact: whether it showed what was claimed, and whether it did so under the null."""

    shown: tuple[bool, ...]
    null: tuple[bool, ...]
    exhibit: Exhibit | None = field(default=None, compare=False)
    """The answers that were counted, of the same facts in the same order; None where no answers were."""

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

    @property
    def interval(self) -> Interval:
        """Tango's interval for the difference of paired shares."""
        first = sum(s and not c for s, c in zip(self.shown, self.null, strict=True))
        second = sum(c and not s for s, c in zip(self.shown, self.null, strict=True))
        return paired_difference(first, second, self.n)

    def evidence(
        self, claim: Claim, sentence: str, unit: str, digest: str, rows: Sequence[Row] = ()
    ) -> Evidence:
        """The claim as confirmed evidence; `rows` are the facts behind it in words (`rows.rows_of`)."""
        return Evidence(
            code=claim.code,
            claim=sentence,
            site=claim.site,
            effect=self.effect,
            unit=unit,
            interval=self.interval,
            null=sum(self.null) / self.n,
            n=self.n,
            explored=claim.explored,
            finding=claim.finding,
            snapshot=digest,
            rows=tuple(rows),
        )


def counted(
    inputs: ProbeInputs, under: Sequence[Question], control: Sequence[Question], sought: Answer
) -> Paired:
    """Which facts get an answer under their condition, and which of the same facts under their control."""
    shown, null = Replies.asked(inputs, under), Replies.asked(inputs, control)
    return Paired(shown.are(sought), null.are(sought), Exhibit(shown, null))


def restored(sought: Answer, untouched: Replies, changed: Replies, other: Replies) -> Paired:
    """Which facts had turned into the answer that is sought, and turn true once something inside is changed.

    The null counts the same under the `other` change.
    """
    turned = untouched.are(sought)
    shown, null = (
        tuple(was and now for was, now in zip(turned, replies.are(Answer.TRUE), strict=True))
        for replies in (changed, other)
    )
    return Paired(shown, null, Exhibit(changed, other, untouched))
