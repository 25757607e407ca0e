"""Both errors of trainings over their updates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from forewarn.lab.training.validation import Check

LINES = (("false_alarms", "false alarms", "tab:orange"), ("misses", "misses", "tab:blue"))


@dataclass(frozen=True, slots=True)
class Curve:
    """The trainings of one reward."""

    start: str
    reward: str
    ways: Sequence[Sequence[Check]]
    """By seed."""


def draw(curves: Sequence[Curve], path: Path) -> None:
    """A panel for each reward, a row for each start; the mean over seeds, and from the least to the greatest."""
    starts, rewards = (list(dict.fromkeys(getattr(c, name) for c in curves)) for name in ("start", "reward"))
    figure = Figure(figsize=(3.0 * len(rewards), 2.6 * len(starts)), layout="constrained")
    panels = figure.subplots(len(starts), len(rewards), sharex=True, sharey=True, squeeze=False)
    for curve in curves:
        _panel(panels[starts.index(curve.start), rewards.index(curve.reward)], curve)
    for row, start in enumerate(starts):
        panels[row, 0].set_ylabel(f"{start}\nshare of runs held out")
    for axes in panels[-1]:
        axes.set_xlabel("updates")
    panels[0, 0].legend(fontsize="small", frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context({"svg.hashsalt": "forewarn"}):
        figure.savefig(path, metadata={"Date": None})


def _panel(axes: Axes, curve: Curve) -> None:
    updates = [check.update for check in curve.ways[0]]
    for name, label, colour in LINES:
        values = np.array([[getattr(check.held_out, name) for check in way] for way in curve.ways])
        axes.plot(updates, values.mean(0), color=colour, label=label)
        axes.fill_between(updates, values.min(0), values.max(0), color=colour, alpha=0.2, linewidth=0)
    axes.set(ylim=(-0.02, 1.02), title=curve.reward)
