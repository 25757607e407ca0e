"""Does the monitor bear the faults of real training?

    python benchmarks/faults.py [--quick] [--json] [--part NAME]

Parts: `kill_points` (a run killed at every file operation), `hostile` (files made to hang, fill or break a
reader), `flips` (one byte changed in each kind of file), `matrix` (kinds of wrapping, adapter, precision and
training loop: what is looked at is what is trained). `--quick` tries some of each and takes under three minutes.
The exit code is 1 where anything did not hold.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from importlib import import_module

from faults_parts.tally import Tally

PARTS = ("kill_points", "hostile", "flips", "matrix")


def main() -> int:
    """Try, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="some of each; under three minutes")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.add_argument("--part", choices=PARTS, action="append", help="a part, several times for several")
    options = parser.parse_args()
    found = {name: _tried(name, options.quick) for name in options.part or PARTS}
    print(json.dumps({n: _plain(t) for n, t in found.items()}) if options.json else told(found))
    return int(any(tally.held < tally.tried for tally in found.values()))


def told(found: dict[str, Tally]) -> str:
    """A table, and under it what did not hold."""
    rows = [f"{'part':<12} {'tried':>6} {'held':>6}"]
    rows += [f"{name:<12} {tally.tried:>6} {tally.held:>6}" for name, tally in found.items()]
    rows += [f"  {name}: {each}" for name, tally in found.items() for each in tally.broken]
    return "\n".join(rows)


def _tried(name: str, quick: bool) -> Tally:
    # Imported by name, so that one part can be tried where another cannot be imported.
    print(f"{name} …", end=" ", file=sys.stderr, flush=True)
    begun = time.perf_counter()
    tally: Tally = import_module(f"faults_parts.{name}").run(quick)
    print(f"{time.perf_counter() - begun:.1f} s", file=sys.stderr)
    return tally


def _plain(tally: Tally) -> dict[str, int]:
    return {"tried": tally.tried, "held": tally.held}


if __name__ == "__main__":
    sys.exit(main())
