"""What a policy earns on held-out runs, with an interval over matched groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float64
from reinforcement_parts.setting import Setting

from forewarn.lab.game.batch_policies import BatchPolicy
from forewarn.stats.intervals import bootstrap_mean

Earned = Float64[np.ndarray, " r"]


def earned(setting: Setting, player: BatchPolicy) -> Earned:
    """Reward of every held-out run from its first look to its last, prices taken off."""
    play = setting.scored()
    seen, over = play.reset(), np.zeros(play.n, bool)
    total = np.zeros(play.n)
    while not over.all():
        paid = play.step(player.choose(seen))
        total += np.where(over, 0.0, paid.reward)
        over |= paid.run_over
        seen = paid.observation
    return total


def by_group(setting: Setting, runs: Earned) -> list[float]:
    """One figure for each matched group, whose mean counts honest and deceptive runs the same."""
    deceptive, groups = setting.held_out.deceptive, np.array(setting.groups)
    names = np.unique(groups)
    weights = len(names) / 2 / np.where(deceptive, deceptive.sum(), (~deceptive).sum())
    return [float((weights * runs)[groups == name].sum()) for name in names]


def figure(setting: Setting, seeds: Sequence[Earned]) -> dict[str, Any]:
    """Mean over seeds and runs; interval over matched groups of the mean over seeds; each seed alone."""
    groups = by_group(setting, np.mean(seeds, 0))
    interval = bootstrap_mean(groups, seed=0)
    return {
        "mean": float(np.mean(groups)),
        "low": interval.low,
        "high": interval.high,
        "n": len(groups),
        "seeds": [round(float(np.mean(by_group(setting, runs))), 4) for runs in seeds],
    }
