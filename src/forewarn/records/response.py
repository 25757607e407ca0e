"""Where a run stands, and what is to be done about it: values; only a callback carries them out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Response(StrEnum):
    """What a monitor does when the alarm rule speaks."""

    RECORD = "record"
    """Write it into the ledger, nothing else."""
    FLAG = "flag"
    """Also warn, and log it to the user's loggers."""
    HALT = "halt"
    """Also stop the run."""


class Status(StrEnum):
    """Where a run stands."""

    CLEAR = "clear"
    FLAGGED = "flagged"
    UNKNOWN = "unknown"

    @property
    def number(self) -> int:
        """What loggers are sent and the command line exits with: 0 clear, 1 flagged, 4 unknown."""
        return {Status.CLEAR: 0, Status.FLAGGED: 1, Status.UNKNOWN: 4}[self]


class Cause(StrEnum):
    """Why a decision was taken."""

    ALARM = "alarm"
    """The alarm rule spoke."""
    BLINDNESS = "blindness"
    """Too many looks in a row were missed, and unknown is not clear."""


class Ending(StrEnum):
    """How a run ended."""

    FINISHED = "finished"
    """The loop came to its end."""
    HALTED = "halted"
    """The monitor stopped it."""
    INTERRUPTED = "interrupted"
    """A person or the system did (KeyboardInterrupt, SystemExit)."""
    FAILED = "failed"
    """The training code raised an error."""

    @classmethod
    def by(cls, error: type[BaseException] | None) -> Ending:
        """How a run ended that this kind of error left; None for no error."""
        if error is None:
            return cls.FINISHED
        return cls.FAILED if issubclass(error, Exception) else cls.INTERRUPTED


class FoundLedger(StrEnum):
    """In what state a resumed run found the ledger that its checkpoint remembers."""

    @property
    def whole(self) -> bool:
        """Whether every line that the checkpoint remembers is there."""
        return self in (FoundLedger.AS_LEFT, FoundLedger.LONGER, FoundLedger.LEFT_BEHIND)

    AS_LEFT = "as-left"
    """It ends where the checkpoint says."""
    LONGER = "longer"
    """Lines were added since the checkpoint."""
    LEFT_BEHIND = "left-behind"
    """It is whole, and the run goes on in a new folder: another writes it, or other questions are asked."""
    CUT = "cut"
    """It lacks the line that the checkpoint remembers."""
    MISSING = "missing"
    """It is not there."""
    DAMAGED = "damaged"
    """It was altered."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a decision is about."""

    step: int
    """Training step of the look."""
    snapshot: str | None
    """Digest of what was looked at; None for a look that was missed."""
    segment: int
    """Segment of the run (see `RunStarted`)."""
    last_clear: str | None
    """Digest of the last clear snapshot before it, to which a run could go back; None without one."""
