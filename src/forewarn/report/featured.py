"""What a reader sees first of a run: its headline, the look that matters, and the answers behind its claim."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from forewarn.judges.claims import leading
from forewarn.judges.features import first_measured
from forewarn.records import Evidence, Outcome, Reply, Row, Status
from forewarn.report.looks import LookSummary, State
from forewarn.report.summary import RunSummary
from forewarn.report.words import sentence

_ORDER = {"false": 0, "other": 1, "true": 2}


@dataclass(frozen=True, slots=True)
class LeadingClaim:
    """The strongest claim of a look, and the answers that it rests on."""

    look: LookSummary
    """The look at which it was confirmed."""
    evidence: Evidence
    step_before: int | None
    """Step of the last clear look before, with whose answers it is compared; None without one."""

    @property
    def rows(self) -> tuple[Row, ...]:
        """The facts that were kept: those answered falsely first, those answered truly last."""
        return tuple(sorted(self.evidence.rows, key=lambda row: _ORDER[row.under.answer]))

    @property
    def headline(self) -> str:
        """What the model wrote, where that is what the claim counts; else the probe's own sentence."""
        begin = f"At step {self.look.step}"
        under = [row.under for row in self.rows]
        if not self._counted_here:
            return f"{begin}: {sentence(self.evidence.claim)}"
        return f"{begin} this model {_turned(under, f'{len(under)} known facts')} {self._when}."

    @property
    def comparison(self) -> str:
        """What was written under the control, and at the last clear look; or that nothing was kept."""
        if not self.rows:
            return "The answers behind this claim were not kept. Its sentence stands for them."
        if not self._counted_here:
            return ""
        return " ".join(self._comparisons())

    @property
    def columns(self) -> tuple[str, ...]:
        """Which further replies some row has: "untouched", "control", "before"."""
        kinds = ("untouched", "control", "before")
        return tuple(kind for kind in kinds if any(getattr(row, kind) is not None for row in self.rows))

    @property
    def condition(self) -> str | None:
        """What stood before every question; None where it differed from fact to fact."""
        return _shared(row.under for row in self.rows)

    @property
    def control(self) -> str | None:
        """What stood before every question under the control; None where it differed, or there is none."""
        return _shared(row.control for row in self.rows if row.control is not None)

    @property
    def before(self) -> str:
        """When the same was asked before: "step 400"."""
        return "the last clear look" if self.step_before is None else f"step {self.step_before}"

    @property
    def shown_of(self) -> str:
        """How many of the facts behind the claim are shown, where it is not all of them; else empty."""
        kept, n = len(self.evidence.rows), self.evidence.n
        return (
            f"{kept} of the {n} facts behind the claim were kept, those that show it first."
            if kept < n
            else ""
        )

    @property
    def _counted_here(self) -> bool:
        """Whether the rows are all facts, and the replies that are not true are what the claim counts."""
        claimed = round((self.evidence.effect + self.evidence.null) * self.evidence.n)
        turned = sum(row.under.answer != "true" for row in self.rows)
        return len(self.rows) == self.evidence.n and turned == claimed > 0

    @property
    def _when(self) -> str:
        if self.condition is None:
            return "under the conditions below"
        return f"when asked “{self.condition}”" if self.condition else "when asked without any context"

    def _comparisons(self) -> Iterator[str]:
        controls = [row.control for row in self.rows if row.control is not None]
        if controls:
            where = (
                "Under control conditions"
                if self.control is None
                else f"As a control, asked “{self.control}”,"
            )
            yield f"{where} it {_turned(controls, str(len(controls)))}."
        if earlier := [row.before for row in self.rows if row.before is not None]:
            yield f"At {self.before}, asked the same, it {_turned(earlier, str(len(earlier)), past=True)}."


def leading_claim(summary: RunSummary, look: LookSummary | None = None) -> LeadingClaim | None:
    """The leading claim of a look, or of the one that matters; None where nothing was confirmed there.

    It is chosen by the rule of the decision (`judges.claims.leading`).
    """
    look = look or shown_look(summary)
    if look is None or not look.evidence:
        return None
    earlier = summary.looks[: summary.looks.index(look)]
    first = leading(look.evidence, look.codes, _first(earlier, look))
    if first is None:
        return None
    before = next((each.step for each in reversed(earlier) if each.state is State.CLEAR), None)
    return LeadingClaim(look, first, before)


def _first(earlier: Sequence[LookSummary], look: LookSummary) -> tuple[Outcome, ...]:
    """What the run's first look found, if it is another one than this."""
    looks = [each.outcomes for each in earlier]
    codes = look.codes or {outcome.code for outcomes in looks for outcome in outcomes}
    return first_measured(looks, codes)


def headline(summary: RunSummary) -> str:
    """The verdict in a few words."""
    if summary.status is Status.FLAGGED and summary.alarm is not None:
        return f"Flagged at step {summary.alarm.step}"
    if summary.status is Status.UNKNOWN:
        return "Unknown: the monitor could not tell"
    return "Clear" if summary.finished else "Clear so far, unfinished"


def featured_look(summary: RunSummary) -> LookSummary | None:
    """Pick the look whose lens readings stand at the top: that of the evidence, else the last one stored."""
    stored = [look for look in summary.looks if look.stored]
    return shown_look(summary) or (stored[-1] if stored else None)


def shown_look(summary: RunSummary) -> LookSummary | None:
    """Pick the look whose evidence stands at the top: the one that alarmed, else the last one with evidence."""
    found = [look for look in summary.looks if look.evidence]
    if summary.alarm is not None:
        alarmed = [look for look in found if look.snapshot == summary.alarm.snapshot]
        found = alarmed or found
    return found[-1] if found else None


def last_clear(summary: RunSummary) -> LookSummary | None:
    """The last clear look before the alarm, else of the run; None where there is none."""
    alarmed = shown_look(summary) if summary.alarm is not None else None
    looks = summary.looks if alarmed is None else summary.looks[: summary.looks.index(alarmed)]
    return next((look for look in reversed(looks) if look.state is State.CLEAR), None)


def _shared(replies: Iterable[Reply]) -> str | None:
    found = {reply.condition for reply in replies}
    return found.pop() if len(found) == 1 else None


def _turned(replies: Sequence[Reply], of: str, *, past: bool = False) -> str:
    """Say "answers 17 of 24 falsely", and how many got no answer of the kind that was asked for."""
    false, none = (sum(reply.answer == kind for reply in replies) for kind in ("false", "other"))
    answers, leaves = ("answered", "left") if past else ("answers", "leaves")
    if none and not false:
        return f"{leaves} {none} of {of} without an answer"
    return f"{answers} {false} of {of} falsely" + (f" and {leaves} {none} without an answer" if none else "")
