"""A training run that is killed at any of its file operations, and is started again.

What is promised: the run's folder is sound at once, but for a last line of the ledger that was cut short; it is
sound after the training has gone on from its own checkpoint; and the weights at the end are, bit for bit, those of
a run that nobody disturbed.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch

from faults_parts.operations import Moments, watched
from faults_parts.tally import Tally
from faults_parts.trainings import TRAININGS
from forewarn.errors import StoreError
from forewarn.report.whole import checks
from forewarn.store.ledger import look_over

KILLS = 200
"""Real kills at random times in the whole of it."""
_TORN = "the last line is torn"

_BEGUN = "the ledger holds no entry"
QUICKLY = 8
"""Moments of each training from which it is taken up again in a quick run."""

Train = Callable[[Path], str]


def run(quick: bool) -> Tally:
    """Kill at every file operation of two small runs; in the whole of it also `KILLS` times at random.

    A quick run checks what every kill leaves, and takes up only some of the runs again.
    """
    torch.set_num_threads(1)
    found: list[str] = []
    for name, train in TRAININGS.items():
        told = [*_sweep(train, QUICKLY if quick else None)]
        if not quick:
            told += _kills(train, KILLS // len(TRAININGS))
        found += [words and f"{name}, {words}" for words in told]
    broken = tuple(words for words in found if words)
    return Tally(len(found), len(found) - len(broken), broken)


def _sweep(train: Train, most: int | None) -> Iterator[str]:
    """One sentence for each operation, empty where all held; at most `most` folders are taken up again."""
    with tempfile.TemporaryDirectory() as folder:
        moments = Moments(Path(folder) / "run", Path(folder) / "kept")
        moments.root.mkdir()
        with watched(moments.root, moments.before):
            wanted = train(moments.root)
        places = list(dict.fromkeys(place for _, place in moments.found))
        taken_up = set(places if most is None else places[:: max(1, len(places) // most)])
        judged = {}
        for place in places:
            # A checkpoint remembers where the run's folder lies: the copy has to lie there too.
            shutil.rmtree(moments.root)
            place.rename(moments.root)
            judged[place] = _judged(moments.root, wanted, train if place in taken_up else None)
        for name, place in moments.found:
            yield judged[place] and f"{name}: {judged[place]}"


def _kills(train: Train, n: int) -> Iterator[str]:
    """One sentence for each real kill at a random time, empty where all held."""
    draw = random.Random(0)
    with tempfile.TemporaryDirectory() as folder:
        begun = time.monotonic()
        wanted = train(Path(folder) / "undisturbed")
        longest = time.monotonic() - begun
        for number in range(n):
            root, seconds = Path(folder) / str(number), draw.uniform(0, longest)
            _killed(train, root, seconds)
            words = _judged(root, wanted, train)
            yield words and f"killed after {seconds:.3f} s: {words}"
            shutil.rmtree(root, ignore_errors=True)


def _killed(train: Train, root: Path, seconds: float) -> None:
    """Train in another process, and kill that."""
    root.mkdir()
    child = os.fork()
    if not child:
        try:
            train(root)
        finally:
            os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def _judged(root: Path, wanted: str, train: Train | None) -> str:
    """What is wrong with a folder that a kill has left, and with what becomes of it; nothing where all holds."""
    if at_once := _problems(root):
        return f"at once: {at_once[0]}"
    if train is None:
        return ""
    try:
        found = train(root)
    except Exception as error:
        return f"cannot go on: {type(error).__name__}: {error}"
    if found != wanted:
        return "the weights at the end differ"
    afterwards = [*_problems(root), *_left_over(root)]
    return f"afterwards: {afterwards[0]}" if afterwards else ""


def _problems(root: Path) -> list[str]:
    """What `forewarn verify` says of each run, but for what a kill itself is told by.

    That are a last line that was cut short, and a ledger without its first line in a folder without snapshots: a
    run that was begun and saw nothing.
    """
    found: list[str] = []
    for run in sorted(path for path in (root / "runs").glob("*") if (path / "ledger.jsonl").exists()):
        try:
            told = checks(run, look_over(run / "ledger.jsonl"), None)
            problems = [f"{each.what}: {words}" for each in told for words in each.problems]
        except StoreError as error:
            problems = [str(error)]
        begun = not (run / "snapshots").exists()
        found += [words for words in problems if _TORN not in words and not (begun and _BEGUN in words)]
    return found


def _left_over(root: Path) -> Iterator[str]:
    """Unfinished files of the run that went on last, if it took a look."""
    last = max((root / "runs").glob("*/ledger.jsonl"), key=lambda path: path.stat().st_mtime_ns)
    kinds = [type(entry.event).__name__ for entry in look_over(last).entries]
    if "LookTaken" in kinds[max((i for i, kind in enumerate(kinds) if kind == "RunResumed"), default=0) :]:
        yield from (f"{path.relative_to(root)} was left behind" for path in last.parent.rglob(".*.tmp"))


if __name__ == "__main__":
    begun = time.monotonic()
    tally = run("--quick" in sys.argv)
    print(*tally.broken, sep="\n", file=sys.stderr)
    print(json.dumps({"tried": tally.tried, "held": tally.held, "seconds": round(time.monotonic() - begun)}))
