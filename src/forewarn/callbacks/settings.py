"""What a run was promised, and how a restart differs from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from forewarn.audit.gaps import SCHEDULE
from forewarn.records import Event, Response, SettingChange, SettingsChanged
from forewarn.schedules import EveryNSteps, Schedule, due_between, from_plain

OTHER_QUESTIONS: Final = frozenset(
    {"audit_set", "seed", "helper", "probes", "calibration", "false_alarm", "model"}
)
"""Settings by which a folder's looks are judged, read and replayed: with others a new folder is begun."""
_RANKS: Final = {
    each.value: rank for rank, each in enumerate((Response.RECORD, Response.FLAG, Response.HALT))
}
_USED: Final = (
    "response",
    "false_alarm",
    "most_missed",
    "graceful_stop",
    "keep_newest",
    "budget",
    "carry_over",
    "seed",
)
_HORIZON: Final = 10_000
"""Training steps over which two schedules are compared at least, from the restart on."""


def settings_of(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a run that a restart is held to, as plain values; what is not told is left out."""
    used, helper, model = (manifest.get(key) or {} for key in ("settings_used", "helper", "model"))
    found = {name: used.get(name) for name in _USED if name in used}
    found[SCHEDULE] = used.get(SCHEDULE) or used.get("every_n_steps")
    found["audit_set"] = (manifest.get("audit_set") or {}).get("digest")
    found["calibration"] = (manifest.get("calibration") or {}).get("digest")
    found["helper"] = helper.get("digest") or helper.get("name")
    found["probes"] = helper.get("probes")
    sizes = [model.get(key) for key in ("class", "layers", "width", "vocabulary")]
    found["model"] = None if None in sizes else sizes
    return found


def in_force(was: Mapping[str, Any], events: Sequence[Event]) -> dict[str, Any]:
    """Settings after all changes that a ledger tells of."""
    changed = [change for event in events if isinstance(event, SettingsChanged) for change in event.changes]
    return {**was, **{change.setting: change.now for change in changed}}


def changes(was: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[SettingChange, ...]:
    """What differs; a model that could not be opened, on either side, tells nothing."""
    return tuple(
        SettingChange(name, was[name], now[name])
        for name in sorted(was.keys() & now.keys())
        if was[name] != now[name] and not (name == "model" and None in (was[name], now[name]))
    )


def weakens(change: SettingChange, step: int) -> bool:
    """Whether a change promises less than before, for a run that goes on from a training step."""
    was, now = change.was, change.now
    if change.setting == "response":
        return _RANKS.get(str(now), 0) < _RANKS.get(str(was), 0)
    if change.setting in ("false_alarm", "most_missed"):
        return _number(now) > _number(was)
    if change.setting == "graceful_stop":
        return bool(now) and not was
    if change.setting == "probes":
        return not set(_listed(was)) <= set(_listed(now))
    if change.setting == SCHEDULE:
        return _sparser(was, now, step)
    return change.setting == "audit_set"


def _sparser(was: object, now: object, step: int) -> bool:
    """Whether the second schedule calls for fewer looks after a step; a user's own is not compared."""
    before, after = from_plain(was), from_plain(now)
    if before is None or after is None:
        return False
    until = step + max(
        _HORIZON, *(10 * each.n for each in (before, after) if isinstance(each, EveryNSteps)), 0
    )
    return _looks(after, step, until) < _looks(before, step, until)


def _looks(schedule: Schedule, step: int, until: int) -> float:
    found = due_between(schedule, step, until)
    return float("inf") if found is None else float(len(found))


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _listed(value: object) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()
