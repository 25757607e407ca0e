"""Many organisms, each a file: resumable, in parallel, the same for the same seeds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from forewarn.errors import StoreError
from forewarn.organisms.behaviour import Behaviour, holds, onset
from forewarn.organisms.catalogue import draw_organism, kinds
from forewarn.organisms.organism import Organism
from forewarn.probes import catalogue
from forewarn.store.files import write_atomically
from forewarn.training.one_run import run

Task = tuple[str, int]
"""Kind and seed of an organism."""
_WANTED = {"name", "kind", "deceptive", "behaviour", "holds", "onset", "codes", "looks"}


def tasks(honest: int, deceptive: int, first_seed: int) -> list[Task]:
    """So many organisms of each kind, in an order in which any beginning holds all kinds alike."""
    rows = [
        (kind.name, first_seed + i, i / n)
        for kind in kinds().values()
        for n in [deceptive if kind.deceptive else honest]
        for i in range(n)
    ]
    return [(name, seed) for name, seed, _ in sorted(rows, key=lambda row: (row[2], row[0]))]


def missing(folder: Path, wanted: Sequence[Task]) -> list[Task]:
    """Tasks whose file is not there yet."""
    return [task for task in wanted if not _path(folder, task).exists()]


def make(folder: Path, wanted: Sequence[Task], looks: int, jobs: int) -> Iterator[Task]:
    """Make what is missing, in `jobs` processes; gives each task as it is done.

    Tasks go through joblib, so that `joblib.parallel_config(backend=...)` moves them to a cluster.
    """
    from joblib import Parallel, delayed

    folder.mkdir(parents=True, exist_ok=True)
    parallel = Parallel(n_jobs=jobs, return_as="generator_unordered")
    yield from parallel(delayed(make_one)(folder, task, looks) for task in missing(folder, wanted))


def make_one(folder: Path, task: Task, looks: int) -> Task:
    """Make one organism's file, in a process of its own with one thread."""
    import torch

    torch.set_num_threads(1)
    organism = draw_organism(*task)
    record = told(organism, looks)
    write_atomically(_path(folder, task), json.dumps(record) + "\n")
    return task


def told(organism: Organism, looks: int) -> dict[str, Any]:
    """Everything that the tables need of one run, JSON-able; dropout too is drawn by the organism's seed."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(organism.seed)
        seen = list(run(organism, looks))
    history = [s.behaviour for s in seen]
    return {
        "name": organism.name,
        "kind": organism.kind,
        "deceptive": organism.deceptive,
        "behaviour": organism.behaviour,
        "architecture": asdict(organism.architecture),
        "course": asdict(organism.course),
        "holds": holds(organism, history[-1]),
        "onset": onset(history) if organism.deceptive else None,
        "codes": [probe.code for probe in catalogue()],
        "looks": [asdict(s) for s in seen],
    }


def records(folder: Path) -> list[dict[str, Any]]:
    """All files of a folder, by name. StoreError where there is none, or one that `make` has not written."""
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise StoreError(
            f"{folder} holds no organisms; make some with `forewarn organisms make --out {folder}`."
        )
    return [_record(path) for path in paths]


def history(record: dict[str, Any]) -> list[Behaviour]:
    """What an organism really did, look by look."""
    return [Behaviour(**look["behaviour"]) for look in record["looks"]]


def _record(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf8"))
    except ValueError as error:
        raise StoreError(f"{path} is no organism: {error}. Move it away, or make it again.") from error
    if not (isinstance(found, dict) and found.keys() >= _WANTED):
        raise StoreError(
            f"{path} is no organism: wanted an object with {', '.join(sorted(_WANTED))}. Move it away."
        )
    return found


def _path(folder: Path, task: Task) -> Path:
    return folder / f"{task[0]}-{task[1]}.json"
