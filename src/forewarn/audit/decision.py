"""From alarm to response: pure, so that thousands of recorded runs can be replayed without a trainer."""

from __future__ import annotations

from dataclasses import dataclass

from forewarn.audit.settings import Settings
from forewarn.records import Alarm, Response


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done after a look."""

    response: Response
    why: str
    alarm: Alarm | None = None
    """None where the monitor is blind and not alarmed."""

    @property
    def halts(self) -> bool:
        """Whether the run is to stop."""
        return self.response is Response.HALT


def on_alarm(settings: Settings, alarm: Alarm, claim: str | None) -> Decision:
    """What the settings say about an alarm; `claim` is its strongest evidence in a sentence."""
    why = (
        f"the probability of deception is {alarm.probability:.2f}, above the threshold {alarm.threshold:.2f} "
        f"that honest runs exceed with a chance of at most {alarm.false_alarm:g} over a whole run"
    )
    return Decision(settings.response, f"{why}. {claim}." if claim else why, alarm)


def on_blindness(settings: Settings, missed: int, reason: str) -> Decision | None:
    """Fail closed in `halt` mode once too many looks in a row were missed; fail open in the others."""
    if settings.response is not Response.HALT or missed < settings.most_missed:
        return None
    return Decision(Response.HALT, f"{missed} looks in a row were missed; the last because {reason}")
