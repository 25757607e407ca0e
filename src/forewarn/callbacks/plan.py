"""What a monitor is told once: checked at construction, the same for every training loop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from forewarn.alarms import RunLevel
from forewarn.audit.look import Examiner
from forewarn.audit.manifest import manifest
from forewarn.audit.run import Equipment
from forewarn.audit.settings import Settings
from forewarn.auditset import AuditSet, Encoder
from forewarn.callbacks.asking import calibrated, check_installed, digest_of
from forewarn.errors import AuditSetError
from forewarn.helpers import Exhaustive, Helper
from forewarn.judges.calibration import Calibration
from forewarn.judges.judge import CalibratedJudge
from forewarn.probes import Probe, catalogue
from forewarn.probes.follow_up import follow_ups
from forewarn.schedules import Schedule, parse_schedule
from forewarn.subjects.layout import Overrides


@dataclass(frozen=True)
class Plan:
    """Everything that a monitor needs besides the model. Raises for settings that cannot work."""

    audit_set: AuditSet
    settings: Settings
    every_n_steps: int | Schedule = 100
    calibration: Calibration | Path | str | None = None
    """A calibration, the path of one, or None for the one that is shipped."""
    helper: Helper = field(default_factory=Exhaustive)
    probes: tuple[Probe, ...] | None = None
    """None: all that are installed."""
    overrides: Overrides | None = None
    """Names of the model's parts, where they cannot be found or are found wrongly."""
    given: Mapping[str, Any] = field(default_factory=dict)
    """The settings as the user gave them, for the manifest."""

    def __post_init__(self) -> None:
        if not isinstance(self.audit_set, AuditSet):
            raise AuditSetError(
                f"audit_set must be an AuditSet; found {type(self.audit_set).__name__}. "
                "Read one with AuditSet.from_jsonl(path)."
            )
        self.schedule, self.rule, self.digest  # noqa: B018 - all raise for what cannot be kept
        check_installed(self.helper, self.asked, follow_ups())

    @cached_property
    def schedule(self) -> Schedule:
        """When to look."""
        return parse_schedule(self.every_n_steps)

    @cached_property
    def calibrated(self) -> Calibration:
        """The calibration, loaded."""
        return calibrated(self.calibration)

    @cached_property
    def digest(self) -> str:
        """Of the helper with its budget. CalibrationError when the calibration was made for another."""
        return digest_of(self.helper, self.settings.budget, self.settings.carry_over, self.calibrated)

    @cached_property
    def rule(self) -> RunLevel:
        """The alarm rule. CalibrationError when the honest runs are too few for the level asked."""
        found = self.calibrated
        return RunLevel(found.honest_maxima, self.settings.false_alarm, found.looks_per_run)

    @cached_property
    def asked(self) -> tuple[Probe, ...]:
        """The probes."""
        return catalogue() if self.probes is None else self.probes

    def equipment(self, encoder: Encoder) -> Equipment:
        """What a run is audited with."""
        spending = (self.settings.budget, self.settings.carry_over)
        examiner = Examiner(self.asked, self.helper, *spending, follow_ups=follow_ups())
        judge = CalibratedJudge(self.calibrated, self.digest)
        return Equipment(self.audit_set, encoder, examiner, judge, self.rule)

    def manifest(self, name: str, model: Mapping[str, Any]) -> dict[str, Any]:
        """What run.json says."""
        used = {**self.settings.as_json(), "every_n_steps": _told(self.every_n_steps)}
        settings = {"given": self.given, "used": used}
        asking = (self.helper, self.digest, self.asked)
        return manifest(name, settings, self.audit_set, (self.calibrated, self.rule), asking, model)


def _told(every: int | Schedule) -> int | str:
    return every if isinstance(every, int) else repr(every)
