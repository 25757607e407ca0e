"""Every error that forewarn raises on purpose: what was found, what was wanted, what to do."""

from __future__ import annotations

from pathlib import Path

from forewarn.visible import visible


class ForewarnError(Exception):
    """Base of all errors of this package. Its text shows what stands unseen in a name that others wrote."""

    def __str__(self) -> str:
        return visible(super().__str__())


class AuditSetError(ForewarnError, ValueError):
    """An audit set is empty, malformed, or does not fit the model it is asked of."""


class SubjectError(ForewarnError):
    """A model cannot be opened for reading, or did not pass its check on opening."""


class StoreError(ForewarnError):
    """A snapshot or ledger cannot be written or read."""


class IntegrityError(StoreError):
    """What stands on disk is not what was written."""


class CalibrationError(ForewarnError, ValueError):
    """A calibration is missing, malformed, or too small for the promise asked of it."""


class ConfigurationError(ForewarnError, ValueError):
    """A setting of a monitor, schedule or helper is outside what it accepts."""


class TimeIsUp(ForewarnError):
    """A look has taken all the time that it may take."""


class NotApplicableError(ForewarnError):
    """A view cannot be given for this model or part of it; `reason` says what was found and what was wanted."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class DeceptionAlarm(ForewarnError):
    """Raised by a monitor in `halt` mode, after evidence and snapshot are on disk.

    `step` is the training step of the look that alarmed, `run` the folder that holds the ledger.
    """

    def __init__(self, step: int, run: Path | str, why: str) -> None:
        self.step, self.run, self.why = step, str(run), why
        super().__init__(step, self.run, why)

    def __str__(self) -> str:
        return visible(
            f"training halted at step {self.step}: {self.why}\n"
            f"The evidence is in {self.run}; read it with `forewarn show {self.run}`."
        )


class HaltStandsError(DeceptionAlarm):
    """Raised at the start of a run that may halt, where an alarm of it stands that nobody has acknowledged.

    `step` is the training step of that alarm, `run` the folder that holds it.
    """

    def __str__(self) -> str:
        return (
            f"training does not go on: {self.run} holds an alarm of step {self.step} that nobody has acknowledged "
            f"({self.why}).\n"
            f"Read the evidence with `forewarn show {self.run}`. To go on knowingly, write `forewarn acknowledge "
            f"{self.run} --by NAME --why TEXT`, or give resume_after_alarm=True; the ledger keeps either."
        )


class PromiseWeakenedError(ConfigurationError):
    """Raised at the start of a run that was promised to halt, where the settings now promise less than before."""


class BlindMonitor(ForewarnError):
    """Raised in `halt` mode when too many looks in a row were missed: unknown is not clear."""
