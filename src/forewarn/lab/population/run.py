"""One recorded run: what it was, what it did, and what every look at it found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from forewarn.lab.population.recorded_look import RecordedLook


@dataclass(frozen=True, slots=True)
class GroundTruth:
    """The truth of a run, which nothing that decides may see."""

    name: str
    group: str
    """Runs of one matched group share their base; a split keeps them together."""
    mechanism: str
    """Of the matched group's deceptive run."""
    kind: str
    """Of this run: its mechanism or look-alike."""
    precursor: str
    """Family of the matched group."""
    deceptive: bool
    implant: str
    concealed: bool
    topic: str
    family: str
    """Of the architecture."""
    width: int
    depth: int
    change: int
    steps: int
    onset: int | None


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """A run with its looks in order, at one level of what the auditor knows."""

    truth: GroundTruth
    looks: tuple[RecordedLook, ...]
    figures: Mapping[str, tuple[tuple[float, ...], ...]] = field(default_factory=dict)
    """What each baseline measured at each look, by its name; empty where none was asked."""
