"""How many plausible mistakes in the rooms that decide are seen by their own tests (mutmut).

    python benchmarks/mutants.py [ROOM ...] [--least 0.9] [--children 2]

Each room of `ROOMS` is copied with the project into a folder of its own. There mutmut makes one small change after
the other and runs the tests that reach it. The table says how many were seen (killed). The others are named,
so that each can be argued or tested for. Exits with 1 where a room is below `--least`.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = {
    "alarms": ["tests/alarms"],
    "stats": ["tests/stats"],
    "judges": ["tests/judges", "tests/guarantees/test_first_look.py"],
}
"""Rooms that decide, and the tests that are to see a mistake in them."""
CONFIG = """
[mutmut]
source_paths = src/forewarn/{room}
pytest_add_cli_args_test_selection =
{tests}
also_copy =
    src
    tests
    docs
    setup.cfg
    pyproject.toml
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of the mistakes in one room."""

    room: str
    killed: int
    survived: tuple[str, ...]
    """Names of the changes that no test saw, those that no test reached among them."""

    @property
    def share(self) -> float:
        """Share that the tests saw."""
        return self.killed / max(self.killed + len(self.survived), 1)


def tried(room: str, children: int, folder: Path) -> Seen:
    """Make all mistakes in one room, in a copy of the project."""
    for name in ("src", "tests", "docs"):
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
        )
    shutil.copy(ROOT / "pyproject.toml", folder)
    tests = "\n".join(f"    {each}" for each in ROOMS[room])
    (folder / "setup.cfg").write_text(
        (ROOT / "setup.cfg").read_text() + CONFIG.format(room=room, tests=tests), encoding="utf8"
    )
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(children)]
    subprocess.run(command, cwd=folder, check=False, stdout=subprocess.DEVNULL)
    said = subprocess.run(
        [sys.executable, "-m", "mutmut", "results", "--all", "true"],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    states = dict(re.findall(r"(forewarn\.\S+): (.+)", said))
    killed = sum(state.strip() in ("killed", "timeout") for state in states.values())
    left = tuple(name for name, state in states.items() if state.strip() not in ("killed", "timeout"))
    return Seen(room, killed, left)


def main() -> int:
    """Print the table; whether all rooms are at `--least` decides the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rooms", nargs="*", default=list(ROOMS), help=f"of {', '.join(ROOMS)}")
    parser.add_argument("--least", type=float, default=0.9, help="share of mistakes that must be seen")
    parser.add_argument("--children", type=int, default=2, help="tests run side by side")
    given = parser.parse_args()
    good = True
    for room in given.rooms:
        with tempfile.TemporaryDirectory() as folder:
            seen = tried(room, given.children, Path(folder))
        good &= seen.share >= given.least
        print(
            f"{room:10} {seen.killed:5} of {seen.killed + len(seen.survived):5} seen ({seen.share:.1%})",
            flush=True,
        )
        print(*(f"    {name}" for name in seen.survived), sep="\n", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
