"""What a run is audited with: a user's options, made ready for use."""

from __future__ import annotations

from dataclasses import dataclass, field

from forewarn.alarms import RunLevel
from forewarn.audit.decision import ResponsePolicy
from forewarn.audit.look import Examiner
from forewarn.auditset import AuditSet
from forewarn.judges.judge import CalibratedJudge
from forewarn.store.retention import KEEP_FLAGGED


@dataclass(frozen=True, slots=True)
class Equipment:
    """The same for all looks of a run."""

    audit_set: AuditSet
    """What may be asked."""
    examiner: Examiner
    """Who asks it, and what may be spent."""
    judge: CalibratedJudge
    """How likely deception is, by what was found."""
    rule: RunLevel
    """When to speak."""
    policy: ResponsePolicy = field(default_factory=ResponsePolicy)
    """What is done about an alarm, or about missed looks."""
    keep_newest: int = 3
    """Snapshots kept besides the flagged ones, the first and the last clear one."""
    seed: int = 0
    """Decides which facts are explored and which confirm."""
    keep_flagged: int = KEEP_FLAGGED
    """Flagged snapshots kept; where there are more, those in the middle go."""
    look_limit: float | None = None
    """Seconds that one look may take, and as many again for the explanation of an alarm; None for no limit."""
