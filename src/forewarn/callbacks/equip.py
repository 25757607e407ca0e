"""From a user's options to what a run is audited with; whatever cannot work is refused here, before training."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Sequence
from pathlib import Path

from forewarn.alarms import RunLevel
from forewarn.audit.decision import ResponsePolicy
from forewarn.audit.equipment import Equipment
from forewarn.audit.look import Examiner
from forewarn.audit.questions import Questions
from forewarn.auditset import AuditSet
from forewarn.callbacks.options import Options
from forewarn.errors import CalibrationError, ConfigurationError
from forewarn.helpers import Exhaustive, Helper
from forewarn.helpers.sheet import identity
from forewarn.helpers.stored import StoredHelper, load, shipped
from forewarn.judges.calibration import Calibration
from forewarn.judges.judge import CalibratedJudge
from forewarn.probes import Probe, catalogue
from forewarn.probes.follow_up import follow_ups
from forewarn.records import Response

log = logging.getLogger("forewarn")


def equip(options: Options) -> Equipment:
    """What `options` name, read and checked; the rest by the helper's folder, or unbounded and shipped.

    Raises:
        AuditSetError: the audit set cannot be read.
        CalibrationError: the calibration cannot be read, has too few honest runs for the level asked, or was made
            from looks of another helper or budget.
        ConfigurationError: a probe is not installed, or a monitor that may halt could never tell.
        StoreError: the helper cannot be read.
    """
    audit_set = options.audit_set
    if not isinstance(audit_set, AuditSet):
        audit_set = AuditSet.from_jsonl(audit_set)
    given = None if options.calibration is None else calibrated(options.calibration)
    helper = _helper(options.helper, given)
    examiner = _examiner(options, helper)
    calibration = given or calibrated(helper.calibration if isinstance(helper, StoredHelper) else None)
    judge = CalibratedJudge(calibration, digest_of(examiner, calibration))
    rule = RunLevel(calibration.honest_maxima, options.false_alarm, calibration.looks_per_run)
    policy = ResponsePolicy(
        Response(options.response), options.most_missed, options.most_unknown, options.known_by
    )
    _check_enough(audit_set, calibration, policy.response)
    keep = {"keep_newest": options.keep_newest, "keep_flagged": options.keep_flagged}
    limit, seed = options.look_limit, options.seed
    return Equipment(audit_set, examiner, judge, rule, policy, **keep, seed=seed, look_limit=limit)


def calibrated(given: Calibration | Path | str | None) -> Calibration:
    """The calibration, loaded; the shipped one for None."""
    if isinstance(given, Calibration):
        return given
    return Calibration.default() if given is None else Calibration.load(given)


def digest_of(examiner: Examiner, calibration: Calibration) -> str:
    """Digest of who asks; CalibrationError where the calibration was made from looks of another helper."""
    helper, budget, carry_over = examiner.helper, examiner.budget, examiner.most
    found, wanted = identity(helper, budget, carry_over), calibration.provenance.helper
    if wanted and found != wanted:
        raise CalibrationError(
            f"the calibration {calibration.digest[:12]} was made from looks of the helper {wanted[:12]}; this "
            f"monitor asks with {helper.name!r}, {found[:12] or 'which has no digest'}, budget {budget:g} and "
            f"carry_over {carry_over:g}. Give that helper and leave both as they are, or make a calibration with "
            "`forewarn helper calibrate`."
        )
    return found


def _helper(helper: Helper | Path | str | None, given: Calibration | None) -> Helper:
    """The helper named. Without one it is the shipped one, or one that asks everything.

    A calibration that was given and names no helper was made from looks at which everything was asked.
    """
    if isinstance(helper, str | Path):
        return load(Path(helper))
    if helper is None:
        return Exhaustive() if given is not None and not given.provenance.helper else shipped()
    if not callable(getattr(helper, "next", None)):
        raise ConfigurationError(
            f"helper must be a Helper, or the folder of a stored one; found {helper!r} ({type(helper).__name__})"
        )
    return helper


def _examiner(options: Options, helper: Helper) -> Examiner:
    usual = (float("inf"), 0.0)
    if isinstance(helper, StoredHelper):
        usual = (helper.sheet.budget, helper.sheet.carry_over)
    budget = usual[0] if options.budget is None else float(options.budget)
    carry_over = usual[1] if options.carry_over is None else float(options.carry_over)
    examiner = Examiner(probes_of(options.probes), helper, budget, carry_over, follow_ups=follow_ups())
    _check_asked(helper, examiner.questions)
    return examiner


def probes_of(given: Sequence[Probe | str] | None) -> tuple[Probe, ...]:
    """The probes, names looked up among those that are installed; all of these for None."""
    installed = catalogue()
    if given is None:
        return installed
    by_name = {probe.code: probe for probe in installed}
    return tuple(_by_name(each, by_name) if isinstance(each, str) else each for each in given)


def _by_name(name: str, installed: dict[str, Probe]) -> Probe:
    if name not in installed:
        near = difflib.get_close_matches(name, installed, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ConfigurationError(
            f"no probe {name!r} is installed; there are {', '.join(installed)}.{hint} Install the package that "
            "brings it, or pass the probe itself."
        )
    return installed[name]


def _check_asked(helper: Helper, questions: Questions) -> None:
    """ConfigurationError where a stored helper asks for a probe that is not there, or was left out."""
    if not isinstance(helper, StoredHelper):
        return
    there = questions.codes
    if absent := [code for code in helper.sheet.policy.codes if code not in there]:
        raise ConfigurationError(
            f"the helper {helper.name!r} asks {', '.join(absent)}, which {_why_absent(absent)}; there are "
            f"{', '.join(there)}. Add it to `probes`, install what the helper was made with, or give another "
            "helper with a calibration of its own."
        )


def _why_absent(codes: Sequence[str]) -> str:
    installed = {probe.code for probe in catalogue()}
    return (
        "was left out of `probes`" if all(c.split("/")[0] in installed for c in codes) else "is not installed"
    )


def _check_enough(audit_set: AuditSet, calibration: Calibration, response: Response) -> None:
    """Nobody may train for a night with a monitor that can never tell."""
    found, least = len(audit_set.facts), calibration.least_known
    if found >= least:
        return
    words = (
        f"the audit set holds {found} facts, and the calibration begins at {least} facts that the model knows: "
        f"every look would be unknown, none clear. Give at least {least} facts, and more where the model may not "
        "know them all, or a calibration that was made with fewer."
    )
    if response is Response.HALT:
        raise ConfigurationError(words)
    log.warning("forewarn can never tell: %s", words)
