"""What run.json says: what was asked for, what was used, and by which versions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from torch import nn

from forewarn._version import __version__
from forewarn.audit.equipment import Equipment
from forewarn.auditset import AuditSet, describe
from forewarn.probes import Probe
from forewarn.probes.follow_up import FollowUp
from forewarn.subjects.configuration import entry
from forewarn.subjects.copying.live import part_at
from forewarn.subjects.opening import Opener

FORMAT: Final = 2
PACKAGES = ("torch", "numpy", "safetensors", "transformers", "pytorch-lightning", "lightning")


def manifest(
    name: str,
    given: Mapping[str, Any],
    used: Mapping[str, Any],
    equipment: Equipment,
    model: Mapping[str, Any],
) -> dict[str, Any]:
    """Plain values for run.json.

    `given` are the options of the user; `used` those that only the training loop knows, beside what the equipment
    says. `model` is a `model_card`.
    """
    examiner, judge = equipment.examiner, equipment.judge
    return {
        "format": FORMAT,
        "name": name,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "forewarn": __version__,
        "settings_given": dict(given),
        "settings_used": {**_used(equipment), **used},
        "audit_set": _audit_set(equipment.audit_set),
        "calibration": _calibration(equipment),
        "helper": {
            "name": examiner.helper.name,
            # None for a helper of the user's own making.
            "digest": judge.helper or None,
            "probes": [probe.code for probe in examiner.probes],
        },
        "questions": [*_questions(equipment)],
        "model": dict(model),
        "packages": _packages(),
        "seed": equipment.seed,
    }


def model_card(module: nn.Module, opener: Opener | None) -> dict[str, Any]:
    """What a replay must know of the model: class, sizes, layout, and a transformers model's configuration.

    Sizes are null where the model could not be opened.
    """
    if opener is None:
        unread = dict.fromkeys(("layers", "width", "vocabulary", "config"))
        return {"class": type(module).__name__, **unread}
    layout = opener.layout
    decoder = part_at(module, layout.decoder)
    return {
        "class": type(decoder).__name__,
        "layers": layout.n_layers,
        "width": layout.width,
        "vocabulary": layout.vocab,
        "layout": layout.as_json(),
        "config": _config(decoder),
    }


def _used(equipment: Equipment) -> dict[str, Any]:
    """What was used, whatever was given; null for what is unbounded."""
    examiner, policy = equipment.examiner, equipment.policy
    return {
        "false_alarm": equipment.rule.false_alarm,
        "response": policy.response.value,
        "budget": _bounded(examiner.budget),
        "carry_over": _bounded(examiner.most),
        "keep_newest": equipment.keep_newest,
        "keep_flagged": equipment.keep_flagged,
        "most_missed": policy.most_missed,
        "most_unknown": policy.most_unknown,
        "known_by": policy.known_by,
        "look_limit": equipment.look_limit,
        "seed": equipment.seed,
    }


def _bounded(passes: float) -> float | None:
    return None if passes == float("inf") else passes


def _audit_set(audit_set: AuditSet) -> dict[str, Any]:
    contexts = [
        {"name": c.name, "text": describe(c.parts), "licenses": c.licenses} for c in audit_set.contexts
    ]
    return {"digest": audit_set.digest, "facts": len(audit_set.facts), "contexts": contexts}


def _calibration(equipment: Equipment) -> dict[str, Any]:
    calibration, rule = equipment.judge.calibration, equipment.rule
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


def _questions(equipment: Equipment) -> Iterator[dict[str, Any]]:
    """What names each probe and follow-up, a third party's too, and where a replay finds its code."""
    for probe in equipment.examiner.probes:
        yield {"kind": "probe", **_question(probe)}
    for follow_up in equipment.examiner.follow_ups:
        yield {"kind": "follow-up", **_question(follow_up), "follows": list(follow_up.follows)}


def _question(source: Probe | FollowUp) -> dict[str, Any]:
    home = type(source)
    path = f"{home.__module__}:{home.__qualname__}"
    behaviour = getattr(source, "behaviour", "deceives")
    return {
        "code": source.code,
        "title": source.title,
        "unit": source.unit,
        "behaviour": behaviour,
        "path": path,
    }


def _config(decoder: nn.Module) -> dict[str, Any] | None:
    """The configuration of a model that has one with `to_dict`; None where that is not plain JSON."""
    to_dict = entry(entry(decoder, "config"), "to_dict")
    if not callable(to_dict):
        return None
    try:
        found = dict(to_dict())
        json.dumps(found)
    except Exception:  # Whatever a configuration of the user's own does, the run is watched.
        return None
    return found


def _packages() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
