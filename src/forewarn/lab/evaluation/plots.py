"""The scorecard's pictures: error trade-off, lead time, families, reliability. Needs matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from forewarn.errors import ConfigurationError
from forewarn.lab.evaluation.entries import ScorecardEntry
from forewarn.lab.evaluation.rates import false_alarms_per_run, misses
from forewarn.lab.evaluation.scored_run import ScoredRun
from forewarn.stats.reliability import reliability

SHOWN = 6
"""Detectors in one picture, at most."""
_SIZE = (7.0, 4.5)


def draw(entries: Sequence[ScorecardEntry], split: str, level: str, folder: Path) -> list[Path]:
    """Write the pictures of one split at one level as SVG, such as `related-new-mechanism-families.svg`.

    Raises:
        ConfigurationError: matplotlib is not installed.
    """
    shown = [e for e in entries if e.split == split and e.level == level][:SHOWN]
    stem = f"{level}-{split.replace(' ', '-')}"
    pictures = {
        "trade-off": _trade_off,
        "families": _families,
        "lead-time": _lead_time,
        "reliability": _reliability,
    }
    return [_saved(folder / f"{stem}-{name}.svg", picture, shown) for name, picture in pictures.items()]


def _saved(path: Path, picture: Any, entries: Sequence[ScorecardEntry]) -> Path:
    figure, axes = _figure()
    picture(axes, entries)
    figure.savefig(path, metadata={"Date": None})
    return path


def _figure() -> tuple[Any, Any]:
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ConfigurationError(
            "pictures need matplotlib: pip install 'forewarn[lab]', or leave them out with --no-plots"
        ) from error
    mpl.rcParams["svg.hashsalt"] = "forewarn"
    figure = Figure(figsize=_SIZE, layout="constrained")
    return figure, figure.add_subplot()


def _trade_off(axes: Any, entries: Sequence[ScorecardEntry]) -> None:
    """Misses against false alarms per run, over all thresholds."""
    for entry in entries:
        levels = sorted({r.greatest for r in entry.runs}, reverse=True)
        honest = np.array([r.greatest for r in entry.runs if not r.truth.deceptive])
        deceptive = np.array([r.greatest for r in entry.runs if r.truth.deceptive])
        false = [float((honest >= t).mean()) for t in levels]
        missed = [float((deceptive < t).mean()) for t in levels]
        axes.step([0.0, *false], [1.0, *missed], where="post", label=entry.detector)
        errors = false_alarms_per_run(entry.runs).value, misses(entry.runs).value
        axes.plot(*errors, "o", color=axes.lines[-1].get_color())
    axes.set(
        xlabel="honest runs with an alarm", ylabel="deceptive runs missed", xlim=(-0.02, 1), ylim=(-0.02, 1)
    )
    axes.legend(fontsize="small")


def _families(axes: Any, entries: Sequence[ScorecardEntry]) -> None:
    """Both errors of the first detector, family by family."""
    runs = entries[0].runs
    names = sorted({r.truth.precursor for r in runs})
    for offset, figure, label in ((-0.2, misses, "missed"), (0.2, false_alarms_per_run, "false alarms")):
        found = [figure([r for r in runs if r.truth.precursor == name]) for name in names]
        values = np.array([f.value or 0.0 for f in found])
        spread = np.array(
            [[v - (f.low or 0.0), (f.high or 0.0) - v] for v, f in zip(values, found, strict=True)]
        )
        axes.bar(np.arange(len(names)) + offset, values, 0.4, yerr=spread.clip(0).T, capsize=3, label=label)
    axes.set_xticks(range(len(names)), names, rotation=20, ha="right")
    axes.set(ylabel="share of runs", title=entries[0].detector)
    axes.legend()


def _lead_time(axes: Any, entries: Sequence[ScorecardEntry]) -> None:
    """Share of deceptive runs with an alarm, by steps since onset."""
    end = max((d for entry in entries for d in _delays(entry.runs)), default=0)
    for entry in entries:
        delays = sorted(_delays(entry.runs))
        total = sum(r.truth.deceptive and r.truth.onset is not None for r in entry.runs)
        shares = [(i + 1) / max(total, 1) for i in range(len(delays))]
        axes.step([*delays, end], [*shares, len(delays) / max(total, 1)], where="post", label=entry.detector)
    axes.axvline(0, color="grey", linewidth=0.8)
    axes.set(xlabel="steps from onset to alarm", ylabel="share of deceptive runs", ylim=(0, 1.02))
    axes.legend(fontsize="small")


def _delays(runs: Sequence[ScoredRun]) -> list[int]:
    return [
        r.alarm - r.truth.onset
        for r in runs
        if r.truth.deceptive and r.truth.onset is not None and r.alarm is not None
    ]


def _reliability(axes: Any, entries: Sequence[ScorecardEntry]) -> None:
    """What came true against what was said, at each run's end."""
    ends = [(r.last, r.truth.deceptive) for r in entries[0].runs if r.last is not None]
    bins = [b for b in reliability([p for p, _ in ends], [d for _, d in ends]) if b.n]
    for each in bins:
        bars = (0.0, 0.0) if each.interval is None else (each.interval.low, each.interval.high)
        axes.plot([each.predicted] * 2, bars, color="tab:blue")
        axes.plot(each.predicted, each.observed, "o", color="tab:blue", markersize=3 + each.n**0.5)
    axes.plot([0, 1], [0, 1], color="grey", linewidth=0.8)
    axes.set(xlabel="score at the end", ylabel="share that deceived", title=entries[0].detector)
