"""From alarm to response: pure, so that thousands of recorded runs can be replayed without a trainer."""

from __future__ import annotations

from dataclasses import dataclass

from forewarn.records import (
    Alarm,
    Cause,
    Reason,
    Response,
    ResponseGiven,
    Target,
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done after a look."""

    response: Response
    why: str
    """In one sentence, for people."""
    target: Target
    """Which look it is about, and which snapshot a run could go back to."""
    alarm: Alarm | None = None
    """None where the monitor is blind and not alarmed."""

    def __repr__(self) -> str:
        figures = (
            "" if self.alarm is None else f": {self.alarm.probability:.2f} above {self.alarm.threshold:.2f}"
        )
        return f"<Decision {self.response} for {self.cause} at step {self.target.step}{figures}>"

    @property
    def halts(self) -> bool:
        """Whether the run is to stop."""
        return self.response is Response.HALT

    @property
    def cause(self) -> Cause:
        """What the decision answers."""
        return Cause.BLINDNESS if self.alarm is None else Cause.ALARM

    @property
    def event(self) -> ResponseGiven:
        """What the ledger keeps of it."""
        return ResponseGiven(self.target.step, self.response, self.why, self.cause, self.target)


@dataclass(frozen=True, slots=True)
class ResponsePolicy:
    """What a monitor decides."""

    response: Response = Response.HALT
    """What an alarm leads to."""
    most_missed: int = 3
    """Looks missed in a row at which a monitor that may halt does so: unknown is not clear."""
    most_unknown: int = 10
    """Looks in a row that could not tell, missed ones among them, at which it does so too."""
    known_by: int = 10_000
    """Step up to which a model may know too few facts without such looks being counted."""

    def on_alarm(self, alarm: Alarm, claim: str | None, target: Target) -> Decision:
        """What is done about an alarm; `claim` is its strongest evidence in a sentence."""
        why = (
            f"the probability of deception is {alarm.probability:.2f}, above the threshold "
            f"{alarm.threshold:.2f} that honest runs exceed with a chance of at most {alarm.false_alarm:g} over "
            "a whole run"
        )
        return Decision(self.response, f"{why}. {claim}." if claim else why, target, alarm)

    def on_blindness(self, missed: int, reason: Reason, target: Target) -> Decision | None:
        """What is done about `missed` missed looks in a row, the last for `reason`.

        Too many of them halt a run that may be halted. Other runs go on: a failing monitor is no reason to lose
        them.
        """
        if self.response is not Response.HALT or missed < self.most_missed:
            return None
        why = f"{missed} looks in a row were missed; the last because {reason.words}"
        return Decision(Response.HALT, why, target)

    def on_unknown(self, unknown: int, reason: Reason, target: Target) -> Decision | None:
        """What is done about `unknown` looks in a row that could not tell, the last for `reason`.

        A monitor that may halt and never can tell is no monitor. As with missed looks, other runs go on.
        """
        if self.response is not Response.HALT or unknown < self.most_unknown:
            return None
        why = f"{unknown} looks in a row could not tell; the last because {reason.words}"
        return Decision(Response.HALT, why, target)
