"""How long a run's looks have seen nothing: what a monitor that may halt does not wait for for ever."""

from __future__ import annotations

from dataclasses import dataclass

from forewarn.errors import TimeIsUp
from forewarn.records import Failed, LookTaken, Reason, ReasonCode, Status


@dataclass(frozen=True, slots=True)
class Blindness:
    """Looks in a row of which nothing came. `Blindness()` is a run that was seen, or not yet looked at."""

    missed: int = 0
    """Looks missed in a row, and looks at which a probe failed and the rest could not tell."""
    unknown: int = 0
    """Looks in a row that could not tell, whatever the reason; those that were missed are among them.

    Left aside are looks that saved on purpose, and looks at a model that does not know the facts yet.
    """

    def missing(self) -> Blindness:
        """After one more look that was missed."""
        return Blindness(self.missed + 1, self.unknown + 1)

    def after(self, taken: LookTaken, known_by: int) -> Blindness:
        """After a look that was taken. Up to step `known_by` a model may know too little."""
        if taken.status is not Status.UNKNOWN:
            return Blindness()
        if failed(taken):
            return self.missing()
        waits = taken.verdict.saving or (is_ignorant(taken) and taken.step < known_by)
        return Blindness(0, self.unknown if waits else self.unknown + 1)


def failed(taken: LookTaken) -> bool:
    """Whether a look does not count as having seen: a probe failed, and the rest could not tell."""
    return taken.status is Status.UNKNOWN and any(isinstance(o, Failed) for o in taken.outcomes)


def is_ignorant(taken: LookTaken) -> bool:
    """Whether the model knows fewer facts than any look of the calibration, or none at all."""
    if taken.verdict.unchanged:
        return False
    return not taken.known or any(r.code is ReasonCode.TOO_FEW_KNOWN for r in taken.verdict.unknown)


def why_unknown(taken: LookTaken) -> Reason:
    """Why a look could not tell: the failed probe, where one failed; else all that the verdict says."""
    if failed(taken):
        first = next(o for o in taken.outcomes if isinstance(o, Failed))
        return Reason(ReasonCode.PROBE_FAILED, f"{first.code} failed: {first.error}")
    reasons = taken.verdict.unknown
    return Reason(reasons[0].code, taken.verdict.why or reasons[0].words)


def why_missed(error: BaseException) -> Reason:
    """Why a look that raised this is missed."""
    if isinstance(error, TimeIsUp):
        return Reason(
            ReasonCode.LATE,
            f"the look was given up: {error}. Give it longer with look_limit=..., or let it ask less with "
            "budget=... or fewer facts",
        )
    if isinstance(error, Exception):
        return Reason(ReasonCode.LOOK_FAILED, f"{type(error).__name__}: {_message(error)}")
    return Reason(ReasonCode.INTERRUPTED, f"the look was broken off by {type(error).__name__}")


def _message(error: Exception) -> str:
    """What an error says. An error of a user's may fail at that too."""
    try:
        return str(error)
    except Exception:
        return "its message could not be read"
