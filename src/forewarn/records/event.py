"""What a ledger holds, one event a line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from forewarn.records.outcome import Outcome
from forewarn.records.reason import Reason
from forewarn.records.response import Cause, Ending, FoundLedger, Response, Status, Target
from forewarn.records.verdict import Alarm, Verdict


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A monitor took up its watch."""

    step: int
    """Training step at that moment."""
    manifest: str
    """SHA-256 of run.json: configuration, digests, versions."""
    segment: int = 1
    """Number of the segment that begins here. A segment is a stretch between two restarts: at most one alarm."""


@dataclass(frozen=True, slots=True)
class RunResumed:
    """A monitor took up its watch again after a checkpoint was loaded."""

    step: int
    """Training step restored."""
    head: str
    """Head hash that the checkpoint remembered; tells whether lines were lost or added since."""
    found: FoundLedger
    """In what state the earlier ledger was found."""
    reason: str
    """The same in words, for people."""
    segment: int
    """Number of the segment that begins here."""
    flagged: bool = False
    """Whether the checkpoint remembers an alarm. Such a run stays flagged, whatever became of its ledger."""
    missed: int = 0
    """Looks that were missed up to the checkpoint."""


@dataclass(frozen=True, slots=True)
class LookTaken:
    """One audit of one snapshot, whatever came of it."""

    step: int
    """Training step looked at."""
    snapshot: str
    """Digest of what was looked at."""
    outcomes: tuple[Outcome, ...]
    """One for each inquiry: the empty and failed ones too."""
    verdict: Verdict
    """What the judge made of it."""
    status: Status
    """Where this look stands: clear, flagged (over the threshold) or unknown."""
    known: int
    """Facts that the model reports truly in at least half of the contexts that license truth."""
    asked: int
    """Facts asked."""
    seconds: float
    """Wall time of the look."""
    weights: str = ""
    """Where the weights were found that were looked at, such as "EMAWeightAveraging._average_model"; empty for the
    model's own."""

    def __repr__(self) -> str:
        return (
            f"<LookTaken step {self.step}, snapshot {self.snapshot[:12]}: {self.status}, "
            f"{len(self.outcomes)} outcomes, {self.known} of {self.asked} facts known>"
        )


@dataclass(frozen=True, slots=True)
class LookMissed:
    """A look was due and nothing came of it. Counts as unknown, never as clear."""

    step: int
    """Training step at which it was due."""
    reason: Reason
    """Why; its words hold the exception's type and message."""


@dataclass(frozen=True, slots=True)
class AlarmRaised:
    """The alarm rule spoke."""

    step: int
    """Training step."""
    alarm: Alarm
    """What it said."""
    segment: int = 1
    """Segment of the run in which it spoke."""


@dataclass(frozen=True, slots=True)
class ResponseGiven:
    """What was decided about an alarm, or about too many missed looks; written before it is carried out."""

    step: int
    """Training step."""
    response: Response
    """The decision."""
    why: str
    """In one sentence, for people."""
    cause: Cause
    """What it answers."""
    target: Target
    """What it is about."""


@dataclass(frozen=True, slots=True)
class SnapshotDropped:
    """Retention removes a snapshot's weights next; its digest and its evidence remain."""

    step: int
    """Training step that the snapshot had been taken at."""
    snapshot: str
    """Digest."""


@dataclass(frozen=True, slots=True)
class FilesKept:
    """Files were written beside the ledger: from now on any change to them shows."""

    step: int
    """Training step."""
    files: tuple[tuple[str, str], ...]
    """Name within the run's folder and SHA-256 of each. Of several events that name a file the last counts."""


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The monitor was told that the run is over."""

    step: int
    """Last training step."""
    status: Status
    """Where the run stands as a whole."""
    reason: Ending
    """How it ended."""
    error: str = ""
    """Name of the exception that ended it, such as "RuntimeError"; empty where none did."""

    @property
    def why(self) -> str:
        """How it ended, for people: "finished", or "failed (RuntimeError)"."""
        return f"{self.reason.value} ({self.error})" if self.error else self.reason.value


@dataclass(frozen=True, slots=True)
class SettingChange:
    """One setting that differs from what a run was watched with before."""

    setting: str
    """Its name, such as "response"."""
    was: object
    """What it was: a plain value, or a digest."""
    now: object
    """What it is from here on."""

    @property
    def words(self) -> str:
        """For people: "response halt → flag"; digests are cut short."""
        return f"{self.setting} {_short(self.was)} → {_short(self.now)}"


def _short(value: object) -> str:
    if isinstance(value, Mapping):
        rest = ", ".join(f"{key}={each}" for key, each in value.items() if key != "kind")
        return f"{value.get('kind')}({rest})"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(str, value))}]"
    return value[:12] if isinstance(value, str) else str(value)


@dataclass(frozen=True, slots=True)
class SettingsChanged:
    """A run was taken up again with other settings; written before any look is taken with them."""

    step: int
    """Training step restored."""
    segment: int
    """Number of the segment that they hold for."""
    changes: tuple[SettingChange, ...]
    """What differs."""
    knowingly: bool
    """Whether `resume_after_alarm` was given, so that even a weaker promise was taken."""


@dataclass(frozen=True, slots=True)
class AlarmAcknowledged:
    """A person has seen an alarm, so that the run may go on. The run stays flagged, and may alarm again."""

    step: int
    """Training step of the alarm."""
    segment: int
    """Segment of the run in which it spoke."""
    by: str
    """Who."""
    why: str
    """In their words; empty where they gave none."""
    wrong: bool = False
    """Whether they call the alarm wrong."""


Event = (
    RunStarted
    | RunResumed
    | LookTaken
    | LookMissed
    | AlarmRaised
    | ResponseGiven
    | SnapshotDropped
    | FilesKept
    | SettingsChanged
    | AlarmAcknowledged
    | RunEnded
)
