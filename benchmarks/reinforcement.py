"""Does the trainer of helpers learn as well as a known library, on the same game and as many choices?

    python benchmarks/reinforcement.py [--quick] [--json] [--seeds N]

Recorded runs at level K1, reward `calibrated`, rules and prices by default, one judge for all, fitted to
questions drawn at random. Matched groups with an even seed are learned from; on those with an odd seed every
policy plays each run once, greedily. Figures: mean reward of a run, honest and deceptive ones counting the
same, with a bootstrap interval over matched groups; choices a second of this process. Null: asking nothing.
What can be had at least: the two searches at the last look alone. Predictions stand in
docs/research/reinforcement.md.
The peer, and what it imports: pip install --no-deps stable-baselines3==2.9.2 cloudpickle pandas python-dateutil
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from reinforcement_parts import library, ours
from reinforcement_parts.players import references
from reinforcement_parts.scoring import Earned, earned, figure
from reinforcement_parts.setting import Setting

from forewarn.lab.game.batch_policies import BatchPolicy
from forewarn.lab.training.actor_critic import ReinforceSettings

CHOICES, LONGER = 65_536, 9
LONG = "ours, nine times as long"
Arm = Callable[[Setting, int, int], BatchPolicy]
"""From the setting, the number of choices and the seed."""


def as_shipped(choices: int, seed: int) -> ReinforceSettings:
    """The defaults, for as many updates as the choices make."""
    return ReinforceSettings(updates=choices // (ours.GAMES * ReinforceSettings().turns), seed=seed)


ARMS: Mapping[str, Arm] = {
    "ours": lambda s, n, seed: ours.learn(s, as_shipped(n, seed)),
    LONG: lambda s, n, seed: ours.learn(s, as_shipped(LONGER * n, seed)),
    "A2C, our network and settings": lambda s, n, seed: library.a2c_as_ours(
        s, as_shipped(n, seed), ours.GAMES
    ),
    "A2C, as it comes": library.a2c,
    "PPO, as it comes": library.ppo,
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a sixteenth of the choices, one seed")
    parser.add_argument("--seeds", type=int, default=3, help="seeds that each policy is learned from")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    options = parser.parse_args()
    torch.set_num_threads(1)
    choices, seeds = (CHOICES // 16, 1) if options.quick else (CHOICES, options.seeds)
    found = measured(Setting.shipped(), choices, range(seeds))
    print(json.dumps(found, indent=1) if options.json else told(found))


def measured(setting: Setting, choices: int, seeds: Sequence[int]) -> dict[str, Any]:
    """All policies, those that learn nothing first."""
    names = references(setting.learning.codes, 0)
    plain = {n: [earned(setting, references(setting.learning.codes, s)[n]) for s in seeds] for n in names}
    learned = {name: [taught(setting, name, choices, seed) for seed in seeds] for name in ARMS}
    every = {**plain, **{name: [run for run, _ in rows] for name, rows in learned.items()}}
    return {
        "runs": len(setting.held_out.names),
        "choices": choices,
        "reward": {name: figure(setting, runs) for name, runs in every.items()},
        "difference from ours": {
            name: figure(setting, [a - b for a, b in zip(every["ours"], runs, strict=True)])
            for name, runs in every.items()
            if name != "ours"
        },
        "speed": {name: speed([row for _, row in rows]) for name, rows in learned.items()},
    }


def taught(setting: Setting, name: str, choices: int, seed: int) -> tuple[Earned, Mapping[str, float]]:
    """What one policy earns after it has learned, and what learning took."""
    print(f"{name}, seed {seed}", file=sys.stderr, flush=True)
    wall, processor = time.perf_counter(), time.process_time()
    player = ARMS[name](setting, choices, seed)
    made = LONGER * choices if name == LONG else choices
    took = {"processor": time.process_time() - processor, "wall": time.perf_counter() - wall, "choices": made}
    return earned(setting, player), took


def speed(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Sums over seeds."""
    total = {key: sum(row[key] for row in rows) for key in rows[0]}
    rate = total["choices"] / total["processor"]
    return {"choices_per_second": rate, **{k: round(v / len(rows), 1) for k, v in total.items()}}


def told(found: Mapping[str, Any]) -> str:
    """A table for people."""
    ours_rate = found["speed"]["ours"]["choices_per_second"]
    lines = [
        f"{found['choices']} choices to learn; {found['runs']} held-out runs; interval over matched groups"
    ]
    for name, row in found["reward"].items():
        lines.append(f"  {name:<34} {estimate(row)}, seeds {row['seeds']}, n = {row['n']}")
    lines.append("ours less the other")
    lines += [f"  {name:<34} {estimate(row)}" for name, row in found["difference from ours"].items()]
    lines.append("choices a second of this process, seconds a course")
    for name, row in found["speed"].items():
        rate, seconds = (
            row["choices_per_second"],
            f"{row['processor']:.0f} s ({row['wall']:.0f} s on the clock)",
        )
        lines.append(f"  {name:<34} {rate:8.0f}  ours makes {ours_rate / rate:4.1f} times as many; {seconds}")
    return "\n".join(lines)


def estimate(row: Mapping[str, Any]) -> str:
    return f"{row['mean']:+.3f} [{row['low']:+.3f}, {row['high']:+.3f}]"


if __name__ == "__main__":
    main()
