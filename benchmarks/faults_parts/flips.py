"""Flipped bytes: in every kind of file, each must be noticed by `verify` and by the reader that uses the file."""

from __future__ import annotations

import logging
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from faults_parts.tally import Tally
from forewarn.audit.reopening import StoredRun
from forewarn.errors import ForewarnError
from forewarn.helpers.stored import load
from forewarn.judges.calibration import Calibration
from forewarn.records import LookTaken
from forewarn.report.run import read_run
from forewarn.report.whole import checks
from forewarn.store import explanations, ledger, traces, trajectories
from forewarn.store.kept import recorded
from forewarn.store.snapshots import SnapshotStore

FULL, QUICK = 200, 12


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file."""

    name: str
    path: Path
    read: Callable[[], object]
    """The reader that uses it; raises where it notices."""
    verified: bool = True
    """Whether it lies in a run, which `verify` checks."""


def run(quick: bool) -> Tally:
    """Flip one byte at a time and put it back; `quick` tries fewer."""
    logging.getLogger("forewarn").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        maker = Path(__file__).with_name("sample.py")
        subprocess.run([sys.executable, str(maker), folder], check=True, capture_output=True)
        broken = [
            f"{kind.name}, byte {at} {before:#04x} to {after:#04x}: not seen by {by}"
            for kind in kinds(Path(folder))
            for at, before, after in places(kind.path, QUICK if quick else FULL)
            if (by := unseen(kind, Path(folder) / "run", at, after))
        ]
        tried = len(list(kinds(Path(folder)))) * (QUICK if quick else FULL)
    return Tally(tried, tried - len(broken), tuple(broken))


def kinds(folder: Path) -> Iterator[Kind]:
    """Every kind of file that forewarn reads again after it wrote it."""
    place, helper = folder / "run", folder / "helper"
    events = [entry.event for entry in ledger.read(place / "ledger.jsonl")]
    digest = [event.snapshot for event in events if isinstance(event, LookTaken)][-1]
    kept, weights = recorded(events), place / "snapshots" / digest
    lenses = place / "lenses" / digest
    yield Kind("manifest", place / "run.json", lambda: opened(place))
    yield Kind("ledger", place / "ledger.jsonl", lambda: ledger.read(place / "ledger.jsonl"))
    for name in ("auditset.jsonl", "tokens.json", "tokenizer.json"):
        yield Kind(name, place / name, lambda: (opened(place), StoredRun.open(place)))
    for name in ("weights.safetensors", "meta.json"):
        yield Kind(name, weights / name, lambda: SnapshotStore(place).load(digest))
    for ending in (".json", ".safetensors"):
        yield Kind(
            f"lenses{ending}",
            lenses.with_name(digest + ending),
            lambda: StoredRun.open(place).has_lenses(digest),
        )
    yield Kind(
        "trajectories",
        lenses.with_name(f"{digest}.trajectory.json"),
        lambda: trajectories.read(place, digest, kept),
    )
    yield Kind(
        "explanation", explanations.place(place, digest), lambda: explanations.read(place, digest, kept)
    )
    yield Kind("traces", place / "traces.jsonl", lambda: traces.read(place / "traces.jsonl"))
    for name in ("helper.json", "helper.safetensors"):
        yield Kind(name, helper / name, lambda: load(helper), verified=False)
    path = helper / "calibration.json"
    yield Kind("calibration", path, lambda: Calibration.load(path), verified=False)


def opened(place: Path) -> None:
    """Read a run as `show` does. Raises where anything is told to have changed."""
    if told := read_run(place).changed:
        raise ForewarnError(told[0])


def places(path: Path, n: int) -> Iterator[tuple[int, int, int]]:
    """Where to flip what into what: the first byte, the last, and others by a seed; bits and whole bytes."""
    raw, draw = path.read_bytes(), random.Random(path.name)
    chosen = [0, len(raw) - 1, *(draw.randrange(len(raw)) for _ in range(n - 2))]
    for k, at in enumerate(chosen):
        mask = 1 << draw.randrange(8) if k % 2 else draw.randrange(1, 256)
        yield at, raw[at], raw[at] ^ mask


def unseen(kind: Kind, place: Path, at: int, value: int) -> str:
    """Who does not notice the flip; empty where all do. The file is put back."""
    raw = kind.path.read_bytes()
    kind.path.write_bytes(raw[:at] + bytes([value]) + raw[at + 1 :])
    try:
        blind = [] if noticed(kind.read) else ["its reader"]
        if kind.verified and not noticed(lambda: verified(place)):
            blind.append("verify")
        return " and ".join(blind)
    finally:
        kind.path.write_bytes(raw)


def verified(place: Path) -> None:
    """What `forewarn verify` does. Raises where it finds a problem."""
    found = checks(place, ledger.look_over(place / "ledger.jsonl"), None)
    if problems := [problem for each in found for problem in each.problems]:
        raise ForewarnError(problems[0])


def noticed(read: Callable[[], object]) -> bool:
    """Whether a reader refuses, with an error of forewarn's own."""
    try:
        read()
    except ForewarnError:
        return True
    return False
