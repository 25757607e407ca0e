"""What a calibration is made from: one row for each look at a run whose truth is known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from forewarn.errors import CalibrationError


@dataclass(frozen=True, slots=True)
class LookRow:
    """One look at one run. Raises CalibrationError on construction when it contradicts itself."""

    run: str
    """Name of the run; looks of one run depend on each other."""
    kind: str
    """What the run is, such as the name of its precursor or look-alike."""
    step: int
    """Training step."""
    deceptive: bool
    """Whether the run comes to deceive at any step."""
    label: bool | None
    """Whether this snapshot deceives; None where that is unsettled, such as just before onset."""
    features: tuple[float, ...]
    """What `judges.features` made of the outcomes, one per code."""
    nulls: tuple[float | None, ...]
    """Greatest matched null per code; None where the probe gave no evidence."""
    known: int
    """Facts that the model knows."""
    asked: int
    """Facts asked."""
    complete: bool
    """Whether it counts for the fit (`judges.features.complete`)."""

    def __post_init__(self) -> None:
        place = f"run {self.run!r}, step {self.step}"
        if len(self.features) != len(self.nulls):
            raise CalibrationError(f"{place}: {len(self.features)} features but {len(self.nulls)} nulls")
        if not all(math.isfinite(feature) and feature >= 0 for feature in self.features):
            raise CalibrationError(
                f"{place}: features must be finite and not negative; found {self.features}"
            )
        if not all(null is None or math.isfinite(null) for null in self.nulls):
            raise CalibrationError(f"{place}: nulls must be finite; found {self.nulls}")
        if not (self.step >= 0 and 0 <= self.known <= self.asked):
            raise CalibrationError(
                f"{place}: wanted step >= 0 and 0 <= known <= asked; found {self.known} of {self.asked}"
            )
        if self.label and not self.deceptive:
            raise CalibrationError(f"{place}: an honest run cannot have a deceptive snapshot")

    def to_json(self, codes: Sequence[str]) -> dict[str, Any]:
        """Plain values for JSON; features and nulls by code, so that no order can be mistaken."""
        return {
            "run": self.run,
            "kind": self.kind,
            "step": self.step,
            "deceptive": self.deceptive,
            "label": self.label,
            "features": dict(zip(codes, self.features, strict=True)),
            "nulls": dict(zip(codes, self.nulls, strict=True)),
            "known": self.known,
            "asked": self.asked,
            "complete": self.complete,
        }


def check_rows(rows: Sequence[LookRow], codes: Sequence[str]) -> None:
    """Raise CalibrationError unless rows match the codes, looks are there once, and runs keep their kind."""
    if not rows:
        raise CalibrationError("there are no looks; make runs with `forewarn organisms make`")
    kinds: dict[str, tuple[str, bool]] = {}
    looks: set[tuple[str, int]] = set()
    for row in rows:
        if len(row.features) != len(codes):
            raise CalibrationError(
                f"run {row.run!r}, step {row.step}: {len(row.features)} features for {len(codes)} codes"
            )
        if (row.run, row.step) in looks:
            raise CalibrationError(f"run {row.run!r} has two looks at step {row.step}")
        if kinds.setdefault(row.run, (row.kind, row.deceptive)) != (row.kind, row.deceptive):
            raise CalibrationError(f"run {row.run!r} changes its kind or truth at step {row.step}")
        looks.add((row.run, row.step))
