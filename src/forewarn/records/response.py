"""What is to be done about an alarm: a value; only a callback carries it out."""

from __future__ import annotations

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
