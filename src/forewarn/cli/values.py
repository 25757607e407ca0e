"""Looks and runs as JSON: the values behind --json."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from forewarn.cli.answers import leading_value
from forewarn.report.caveats import caveats
from forewarn.report.featured import leading_claim
from forewarn.report.looks import LookSummary
from forewarn.report.next_steps import next_steps
from forewarn.report.people import Inspections
from forewarn.report.summary import RunSummary
from forewarn.store.codec import encode


def counts_value(summary: RunSummary) -> dict[str, Any]:
    """Count looks by what came of them; `expected` is null where the settings do not tell."""
    return {
        "taken": len(summary.taken),
        "missed": len(summary.missed),
        "unknown": len(summary.unknown),
        "saving": len(summary.saving),
        "expected": summary.expected,
        "absent": summary.absent,
    }


def brief_value(folder: Path, summary: RunSummary) -> dict[str, Any]:
    """Tell one run in a line of `list`."""
    return {
        "run": str(folder),
        "name": summary.manifest.name,
        "status": summary.status.value,
        "finished": summary.finished,
        "last_step": summary.last_step,
        "looks": counts_value(summary),
        "alarm_step": summary.alarm.step if summary.alarm else None,
        "alarm_steps": [alarm.step for alarm in summary.alarms],
        "error": None,
        "changed": list(summary.changed),
    }


def run_value(folder: Path, summary: RunSummary, asked: Inspections) -> dict[str, Any]:
    """Tell one run in full, its looks without their outcomes."""
    return {
        **brief_value(folder, summary),
        "why": summary.standing.why,
        "created": summary.manifest.created,
        "alarm": encode(summary.alarm),
        "alarms": [encode(alarm) for alarm in summary.alarms],
        "acknowledged": [encode(said) for said in summary.acknowledged],
        "settings_changed": [encode(change) for change in summary.settings_changed],
        "response": encode(summary.response),
        "ended": encode(summary.ended),
        "promise": encode(summary.manifest.promise),
        "helper": dict(summary.manifest.helper),
        "asked_in": summary.manifest.asked or None,
        "outside_calibration": [look.step for look in summary.outside],
        "curve": [look_value(look) for look in summary.looks],
        "leading": leading_value(leading_claim(summary)),
        "evidence": [
            {"step": look.step, **encode(evidence)} for look in summary.looks for evidence in look.evidence
        ],
        "caveats": list(caveats(summary)),
        "asked_by_people": {"traces": encode(asked.traces), "problem": asked.problem or None},
        "next": [{"why": step.why, "command": step.command} for step in next_steps(summary, folder)],
        "head": summary.head,
    }


def look_value(look: LookSummary) -> dict[str, Any]:
    """Tell one look; without a verdict, probability and interval are null."""
    return {
        "step": look.step,
        "state": look.state.value,
        "probability": look.probability,
        "interval": [look.interval.low, look.interval.high] if look.interval else None,
        "reason": look.reason,
        "snapshot": look.snapshot,
        "weights": look.weights or None,
        "stored": look.stored,
        "known": look.known,
        "asked": look.asked,
        "seconds": encode(look.seconds),
    }


def full_look_value(look: LookSummary) -> dict[str, Any]:
    """Tell one look with every outcome."""
    return {**look_value(look), "outcomes": [encode(outcome) for outcome in look.outcomes]}
