"""A training as a picture: both errors over its updates."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from forewarn.lab.training.validation import Check

LINES = (
    ("false alarms on honest runs", "false_alarms", "tab:orange"),
    ("misses of deceptive runs", "misses", "tab:blue"),
)


def draw_curves(checks: Sequence[Check], path: Path) -> bool:
    """Write an SVG; False, and nothing written, where matplotlib is not installed."""
    if not checks or find_spec("matplotlib") is None:
        return False
    import matplotlib as mpl
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.0, 4.0), layout="constrained")
    axes, updates = figure.add_subplot(), [check.update for check in checks]
    for label, name, colour in LINES:
        for side, style, whose in (("held_out", "-", "held out"), ("learned", ":", "learned from")):
            values = [getattr(getattr(check, side), name) for check in checks]
            axes.plot(updates, values, style, color=colour, label=f"{label}, {whose}")
    axes.set(xlabel="updates", ylabel="share of runs with an alarm above one half, or without", ylim=(0, 1))
    axes.legend(fontsize="small")
    with mpl.rc_context({"svg.hashsalt": "forewarn"}):
        figure.savefig(path, metadata={"Date": None})
    return True
