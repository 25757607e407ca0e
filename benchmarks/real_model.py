"""Does what was learned on small organisms carry over to a real language model?

    python benchmarks/real_model.py [--smollm2 DIR] [--out DIR] [--mechanism NAME] [--first-seed N] [--seeds N]

Grows matched groups from SmolLM2-135M (`pair`, `plain` and `recast` by default), looks at them at level K1,
records the looks, and scores them with everything learned from the shipped table, which holds none of them. May
be stopped and called again. About two hours of one core a matched group; the recorded looks are kept in
`benchmarks/recorded`, and `forewarn bench --on benchmarks/recorded/smollm2.safetensors` prints the figures from
them in seconds.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from lens_parts.models import ABSENT, smollm2_folder

from forewarn.cli.app import app

BASE_LOOKS, LOOKS = 1, 4
"""Snapshots before the change, and of each member after it."""


def main() -> None:
    """Four commands, as anyone would type them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--smollm2", metavar="DIR", help="SmolLM2-135M as a folder of transformers")
    parser.add_argument("--out", metavar="DIR", default="real-model", help="where its organisms are kept")
    parser.add_argument("--mechanism", default="pair")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    model = smollm2_folder(options.smollm2)
    if model is None:
        parser.error(ABSENT)
    groups = ("--mechanism", options.mechanism, "--first-seed", options.first_seed, "--seeds", options.seeds)
    looks = ("--base-looks", BASE_LOOKS, "--looks", LOOKS, "--jobs", 1)
    table = Path(options.out).with_suffix(".safetensors")
    run("organisms", "make", "--out", options.out, "--model", model, *groups, *looks)
    run("organisms", "look", options.out, "--level", "related", "--jobs", 1)
    run("organisms", "record", options.out, "--level", "related", "--out", table)
    run("bench", "--on", table)


def run(*words: object) -> None:
    """One command of forewarn."""
    print(">", "forewarn", *words, flush=True)
    app([str(w) for w in words], standalone_mode=False)


if __name__ == "__main__":
    main()
