"""How many decisions a second the helper's game gives, beside the same game behind Gymnasium's vector interface.

    python benchmarks/game.py [--quick] [--json] [--processes N]

Recorded runs of the shipped table at level K1, rules and prices by default. A decision is one question or one stop
in one game, with its price, its reward and what is seen next. Random choices among what is open; then those of an
untrained network of the default width. Peer: `gymnasium.vector.SyncVectorEnv` over as many `HelperEnv`, random
choices. Each of `--processes` processes plays by itself on one thread at the same time; rates are summed. Median
of the repetitions, in brackets the least and the greatest.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
import torch
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from reinforcement_parts.setting import Setting

from forewarn.helpers.network import Network, Sizes
from forewarn.lab.game.batch_policies import BatchPolicy, NetworkPolicy, RandomPolicy
from forewarn.lab.game.environment import HelperEnv
from forewarn.lab.game.rewarded_env import RewardedEnv

GAMES = (64, 512, 2048)
AIM = 50_000
"""Decisions a second on two cores that the project wants at least."""
Rates = Mapping[str, list[float]]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="one short repetition")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    seconds, n = (0.5, 1) if options.quick else (3.0, 5)
    with ProcessPoolExecutor(options.processes) as pool:
        rows = list(pool.map(partial(measured, seconds, n), range(options.processes)))
    found = {
        name: [sum(rates) for rates in zip(*(row[name] for row in rows), strict=True)] for name in rows[0]
    }
    print(json.dumps(found) if options.json else told(found, options.processes))


def measured(seconds: float, n: int, seed: int) -> Rates:
    """Decisions a second of this process, `n` times each."""
    torch.set_num_threads(1)
    setting = Setting.shipped()
    network = NetworkPolicy(Network(Sizes(setting.learning.codes), seed))
    arms: dict[str, Callable[[], float]] = {}
    for games in GAMES:
        arms[f"random, {games} games"] = partial(
            rate, setting.learned(games, seed), RandomPolicy(seed), seconds
        )
        arms[f"network, {games} games"] = partial(rate, setting.learned(games, seed), network, seconds)
    arms[f"Gymnasium, {GAMES[0]} games"] = partial(peer, setting, GAMES[0], seed, seconds)
    return {name: [arm() for _ in range(n)] for name, arm in arms.items()}


def rate(play: RewardedEnv, policy: BatchPolicy, seconds: float) -> float:
    """Of the batched game."""
    seen, done, begun = play.reset(0), 0, time.perf_counter()
    while time.perf_counter() - begun < seconds:
        seen = play.step(policy.choose(seen)).seen
        done += play.n
    return done / (time.perf_counter() - begun)


def peer(setting: Setting, games: int, seed: int, seconds: float) -> float:
    """Of as many environments one after the other."""
    made = [lambda: HelperEnv(setting.learned(1, seed)) for _ in range(games)]
    every, draw = SyncVectorEnv(made, autoreset_mode=AutoresetMode.SAME_STEP), np.random.default_rng(seed)
    seen, _ = every.reset(seed=seed)
    done, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < seconds:
        seen, *_ = every.step((draw.random(seen["open"].shape) * seen["open"]).argmax(1))
        done += games
    return done / (time.perf_counter() - begun)


def told(found: Rates, processes: int) -> str:
    """A table for people; ratios are to the peer."""
    least = statistics.median(found[f"Gymnasium, {GAMES[0]} games"])
    lines = [f"decisions a second, {processes} processes of one thread; aimed at: {AIM:,}"]
    for name, rates in found.items():
        middle = statistics.median(rates)
        spread = f"[{min(rates):,.0f}, {max(rates):,.0f}]"
        lines.append(f"  {name:<22} {middle:>9,.0f} {spread:<20} {middle / least:6.1f} times the peer")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
