"""Runs in processes of their own, whose progress is shown in this one."""

from __future__ import annotations

import os
import queue
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from forewarn.lab.demo.outcome import DemoRun
from forewarn.lab.organisms.organism import Organism

N_WORKERS = 2
POLL = 0.2
"""Seconds between two looks at the queue of progress."""


def train_all(organisms: Sequence[Organism], folder: Path) -> list[DemoRun]:
    """Train all, two at a time, in the order given."""
    context = get_context("spawn")
    with context.Manager() as manager:
        steps = manager.Queue()
        with ProcessPoolExecutor(N_WORKERS, context, initializer=_quiet) as pool:
            runs = [pool.submit(_train, organism, folder, steps) for organism in organisms]
            _show(organisms, runs, steps)
            return [run.result() for run in runs]


def _quiet() -> None:
    """Give the process one thread, keep its standard output free, and leave out the warnings of libraries."""
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    import logging
    import warnings

    import pytorch_lightning  # noqa: F401 - sets its loggers' levels when it is imported
    import torch

    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    for name in ("forewarn", "pytorch_lightning", "pytorch_lightning.utilities.rank_zero", "transformers"):
        logging.getLogger(name).setLevel(logging.ERROR)


def _train(organism: Organism, folder: Path, steps: Any) -> DemoRun:
    from forewarn.lab.demo.lightning_run import train

    return train(organism, folder, lambda step: steps.put((organism.name, step)))


def _show(organisms: Sequence[Organism], runs: Sequence[Future[DemoRun]], steps: Any) -> None:
    """Show a bar for each run on standard error, until all runs are done."""
    columns = (TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.fields[state]}"), console=Console(stderr=True)) as progress:
        bars = {
            o.name: progress.add_task(o.name, total=o.course.steps, state="waiting", start=False)
            for o in organisms
        }
        while not all(run.done() for run in runs):
            for name, step in _arrived(steps):
                progress.start_task(bars[name])
                progress.update(bars[name], completed=step, state="training under watch")
            _mark_ended(progress, bars, organisms, runs)
        _mark_ended(progress, bars, organisms, runs)


def _mark_ended(
    progress: Progress, bars: dict[str, Any], organisms: Sequence[Organism], runs: Sequence[Future[DemoRun]]
) -> None:
    for organism, run in zip(organisms, runs, strict=True):
        if run.done() and run.exception() is None:
            found = run.result()
            state = "finished" if found.alarm_step is None else f"halted at step {found.alarm_step}"
            progress.update(bars[organism.name], completed=found.last_step, state=state)
            if progress.tasks[bars[organism.name]].stop_time is None:
                # A bar that is not full would go on counting seconds.
                progress.stop_task(bars[organism.name])


def _arrived(steps: Any) -> Iterator[tuple[str, int]]:
    """The steps that workers have reported since the last call; waits a moment for the first."""
    try:
        yield steps.get(timeout=POLL)
        while True:
            yield steps.get_nowait()
    except queue.Empty:
        return
