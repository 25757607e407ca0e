"""What run.json says: what was asked for, what was used, and by which versions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from forewarn._version import __version__
from forewarn.alarms import RunLevel
from forewarn.auditset import AuditSet, describe
from forewarn.helpers import Helper
from forewarn.judges.calibration import Calibration
from forewarn.probes import Probe

FORMAT = 2
PACKAGES = ("torch", "numpy", "safetensors", "transformers", "pytorch-lightning", "lightning")


def manifest(
    name: str,
    settings: Mapping[str, Mapping[str, Any]],
    audit_set: AuditSet,
    promise: tuple[Calibration, RunLevel],
    asking: tuple[Helper, str, tuple[Probe, ...]],
    model: Mapping[str, Any],
) -> dict[str, Any]:
    """Plain values for run.json.

    `settings` holds those `given` and those `used`; `asking` the helper, its digest (empty for one of the user's
    own making) and the probes.
    """
    helper, digest, probes = asking
    return {
        "format": FORMAT,
        "name": name,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "forewarn": __version__,
        "settings_given": dict(settings["given"]),
        "settings_used": dict(settings["used"]),
        "audit_set": _audit_set(audit_set),
        "calibration": _calibration(*promise),
        "helper": {"name": helper.name, "digest": digest or None, "probes": [p.code for p in probes]},
        "model": dict(model),
        "packages": _packages(),
        "seed": settings["used"].get("seed"),
    }


def _audit_set(audit_set: AuditSet) -> dict[str, Any]:
    contexts = [
        {"name": c.name, "text": describe(c.parts), "licenses": c.licenses} for c in audit_set.contexts
    ]
    return {"digest": audit_set.digest, "facts": len(audit_set.facts), "contexts": contexts}


def _calibration(calibration: Calibration, rule: RunLevel) -> dict[str, Any]:
    return {
        "digest": calibration.digest,
        "codes": list(calibration.codes),
        "honest_runs": len(calibration.honest_maxima),
        "deceptive_runs": calibration.provenance.deceptive_fit,
        "false_alarm": rule.false_alarm,
        "threshold": rule.threshold,
        "looks_per_run": calibration.looks_per_run,
        "helper": calibration.provenance.helper or None,
        "promise_from": calibration.provenance.promise_from or None,
    }


def _packages() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
