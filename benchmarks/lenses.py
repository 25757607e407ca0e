"""Do lenses help, how good are they, how long do they last, and what do they cost?

    python benchmarks/lenses.py [--quick] [--json] [--only PART] [--smollm2 DIR]

Parts: `planted` (rotations planted between layers, whose truth is known), `causal` (rank correlation of predicted
weights with measured causal effects, for each transport), `quality` (held-out KL and time beside the tuned-lens
package), `lasting` (a lens fitted at one step of a run, read at later ones), `cost` (in training steps; not
in --quick). The peer is needed for `quality`: pip install --no-deps tuned-lens==0.2.0
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any

from lens_parts import causal, cost, lasting, planted, quality
from lens_parts.tables import told

PARTS = {"planted": planted, "causal": causal, "quality": quality, "lasting": lasting, "cost": cost}
SEEDS = tuple(range(5))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--quick", action="store_true", help="fewer seeds and small models only; at most four minutes"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.add_argument("--only", choices=PARTS, action="append", help="a part, several times for several")
    parser.add_argument("--smollm2", metavar="DIR", help="SmolLM2-135M as a folder of transformers")
    options = parser.parse_args()
    parts = options.only or [name for name in PARTS if not (options.quick and name == "cost")]
    found = _with_summary({name: _measured(name, options) for name in parts})
    print(json.dumps(found, indent=1) if options.json else told(found))


def _measured(name: str, options: argparse.Namespace) -> dict[str, Any]:
    print(f"{name} …", end=" ", file=sys.stderr, flush=True)
    begun = time.perf_counter()
    found = PARTS[name].run(options.quick, SEEDS, options.smollm2)
    seconds = round(time.perf_counter() - begun, 1)
    print(f"{seconds} s", file=sys.stderr)
    return {**found, "seconds": seconds}


def _with_summary(found: dict[str, Any]) -> dict[str, Any]:
    """The figures that are asked for first, before all others."""
    first: dict[str, Any] = {}
    if "causal" in found:
        rows = found["causal"]["transports"].items()
        first["transports"] = {name: {k: row[k] for k in ("total", "direct")} for name, row in rows}
    if "quality" in found:
        first |= {k: found["quality"].get(k, "the peer is not installed") for k in ("kl_ratio", "speedup")}
    return {**first, **found}


if __name__ == "__main__":
    main()
