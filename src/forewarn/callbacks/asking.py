"""Who asks, and what it may spend: what a user gave, or what the helper's folder says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from forewarn.audit.questions import Questions
from forewarn.errors import CalibrationError, ConfigurationError
from forewarn.helpers import Exhaustive, Helper
from forewarn.helpers.sheet import identity
from forewarn.helpers.stored import StoredHelper, load, shipped
from forewarn.judges.calibration import Calibration
from forewarn.probes import Probe
from forewarn.probes.follow_up import FollowUp

Given = Calibration | Path | str | None


@dataclass(frozen=True, slots=True)
class Asking:
    """A helper with its budget, and the calibration that turns what it finds into a probability."""

    helper: Helper
    budget: float
    carry_over: float
    calibration: Calibration

    @classmethod
    def of(
        cls,
        helper: Helper | Path | str | None,
        budget: float | None,
        carry_over: float | None,
        calibration: Given,
    ) -> Asking:
        """What was given; the rest by the helper's folder, or unbounded and shipped.

        Without a helper it is the shipped one. A calibration that was given and names no helper was made from
        looks at which everything was asked; so everything is. Raises StoreError or CalibrationError for files that
        cannot be read.
        """
        given = None if calibration is None else calibrated(calibration)
        found = _helper(helper, given)
        stored = found if isinstance(found, StoredHelper) else None
        usual = (float("inf"), 0.0) if stored is None else (stored.sheet.budget, stored.sheet.carry_over)
        return cls(
            found,
            usual[0] if budget is None else budget,
            usual[1] if carry_over is None else carry_over,
            calibrated(None if stored is None else stored.calibration) if given is None else given,
        )


def calibrated(given: Given) -> Calibration:
    """The calibration, loaded; the shipped one for None."""
    if isinstance(given, Calibration):
        return given
    return Calibration.default() if given is None else Calibration.load(given)


def digest_of(helper: Helper, budget: float, carry_over: float, calibration: Calibration) -> str:
    """Digest of who asks; CalibrationError where the calibration was made from looks of another helper."""
    found, wanted = identity(helper, budget, carry_over), calibration.provenance.helper
    if wanted and found != wanted:
        raise CalibrationError(
            f"the calibration {calibration.digest[:12]} was made from looks of the helper {wanted[:12]}; this "
            f"monitor asks with {helper.name!r}, {found[:12] or 'which has no digest'}, budget {budget:g} and "
            f"carry_over {carry_over:g}. Give that helper and leave both as they are, or make a calibration with "
            "`forewarn helper calibrate`."
        )
    return found


def check_installed(helper: Helper, probes: Sequence[Probe], follow_ups: Sequence[FollowUp]) -> None:
    """ConfigurationError where a stored helper asks for a probe that is not there."""
    if not isinstance(helper, StoredHelper):
        return
    there = Questions(tuple(probes), tuple(follow_ups)).codes
    if absent := [code for code in helper.sheet.policy.codes if code not in there]:
        raise ConfigurationError(
            f"the helper {helper.name!r} asks {', '.join(absent)}, which is not installed; there are "
            f"{', '.join(there)}. Install what it was made with, pass it as `probes`, or give another helper."
        )


def _helper(helper: Helper | Path | str | None, given: Calibration | None) -> Helper:
    if isinstance(helper, str | Path):
        return load(Path(helper))
    if helper is not None:
        return helper
    return Exhaustive() if given is not None and not given.provenance.helper else shipped()
