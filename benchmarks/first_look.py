"""What it costs, and what it saves, that a run's first look is the null of every later one.

    python benchmarks/first_look.py [--json] [--seeds FIRST LAST] [--table FILE]

The recorded runs of some seeds (205 to 209 by default; 200 to 204 served to choose the rule) at related cues (K1)
are scored by the two probes that ship, on mechanisms not met before: once each look by itself, once with what was
found at the first look that measured anything as the null. Both learn from the same looks. Runs that are missed
are named with the way in which they were taught: "scratch" from the first step on.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from forewarn.lab.evaluation.detectors.evidence import EvidenceDetector
from forewarn.lab.evaluation.entries import entries_of
from forewarn.lab.evaluation.scorecard import score
from forewarn.lab.evaluation.scored_run import ScoredRun
from forewarn.lab.evaluation.shipped import load
from forewarn.lab.training.dataset import seed_of

CODES = ("latent-policy", "withheld-answer")
LEVEL, SPLIT = 0.05, "new mechanism"
HEAD = """| | AUROC | misses | false alarms per run | warned before onset | n deceptive, honest |
|---|---|---|---|---|---|"""
WAYS = {"each look by itself": False, "since the first look": True}


def main() -> None:
    """Score and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs=2, default=(205, 209), metavar=("FIRST", "LAST"))
    parser.add_argument("--table", type=Path, help="another recorded table")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    options = parser.parse_args()
    first, last = options.seeds
    recorded = load(options.table).runs["related"]
    runs = [run for run in recorded if first <= seed_of(run.truth) <= last]
    found = {}
    for name, since in WAYS.items():
        detector = EvidenceDetector(CODES, name, since_first=since)
        entry = next(e for e in entries_of(detector, runs, "related", LEVEL, 0) if e.split == SPLIT)
        found[name] = figures(entry.runs)
    print(json.dumps(found) if options.json else told(found))


def figures(runs: Sequence[ScoredRun]) -> dict[str, Any]:
    """Both errors and the lead, and who is missed or falsely alarmed at."""
    missed = [run.truth for run in runs if run.truth.deceptive and run.alarm is None]
    return {
        **score(runs).as_json(),
        "missed": {truth.name: truth.implant for truth in missed},
        "false alarms": [r.truth.name for r in runs if not r.truth.deceptive and r.alarm is not None],
        "deceptive": sum(run.truth.deceptive for run in runs),
        "honest": sum(not run.truth.deceptive for run in runs),
    }


def told(found: dict[str, Any]) -> str:
    """A table, and the names below it."""
    return "\n".join(
        [HEAD, *(_line(*row) for row in found.items()), *(_names(*row) for row in found.items())]
    )


def _line(name: str, row: dict[str, Any]) -> str:
    figures = (row["auroc"], row["misses"], row["false_alarms_per_run"], row["lead_time"]["before"])
    return f"| {name} | {' | '.join(map(cell, figures))} | {row['deceptive']}, {row['honest']} |"


def _names(name: str, row: dict[str, Any]) -> str:
    median = f"median lead {row['lead_time']['value']} steps"
    return f"{name}: {median}; missed {row['missed']}; false alarms {row['false alarms']}"


def cell(figure: dict[str, Any]) -> str:
    """A figure with its interval."""
    return f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"


if __name__ == "__main__":
    main()
