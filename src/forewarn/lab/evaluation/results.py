"""Everything that `forewarn bench` finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from forewarn.lab.evaluation.by_looks import AlarmsByLooks
from forewarn.lab.evaluation.cost import Cost
from forewarn.lab.evaluation.entries import Progress, ScorecardEntry, alarms_at_levels, costs, score_all
from forewarn.lab.population.table import Table


@dataclass(frozen=True, slots=True)
class Results:
    """A scorecard."""

    false_alarm: float
    """The stated operating point: chance of any alarm over an honest run."""
    entries: tuple[ScorecardEntry, ...]
    promises: Mapping[str, Sequence[AlarmsByLooks]]
    costs: Mapping[str, Cost]
    discarded: tuple[str, ...]
    """Runs that do not hold their behaviour."""
    command: str
    """What makes the table again."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Levels at which nothing can be promised, and why."""

    def as_json(self) -> dict[str, Any]:
        """Plain values: level, split, detector, figure."""
        levels: dict[str, Any] = {}
        for entry in self.entries:
            levels.setdefault(entry.level, {}).setdefault(entry.split, {})[entry.detector] = entry.as_json()
        return {
            "false_alarm": self.false_alarm,
            "levels": levels,
            "promise": {knows: [_alarms(p) for p in found] for knows, found in self.promises.items()},
            "cost": {knows: _cost(found) for knows, found in self.costs.items()},
            "discarded": list(self.discarded),
            "command": self.command,
            "left_out": dict(self.left_out),
        }


def score_table(table: Table, *, false_alarm: float, seeds: int, progress: Progress) -> Results:
    """Score every detector on every split at every level."""
    scored = score_all(table, level=false_alarm, seeds=seeds, progress=progress)
    return Results(
        false_alarm,
        scored.entries,
        alarms_at_levels(table, false_alarm, scored.left_out),
        costs(table),
        table.discarded,
        table.command,
        scored.left_out,
    )


def _alarms(found: AlarmsByLooks) -> dict[str, Any]:
    return {
        "looks": found.looks,
        "run_level": found.run_level.as_json(),
        "per_look": found.per_look.as_json(),
    }


def _cost(found: Cost) -> dict[str, Any]:
    return {"passes": found.passes.as_json(), "seconds": found.seconds.as_json()}
