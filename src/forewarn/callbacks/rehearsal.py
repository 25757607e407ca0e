"""The first look of a run, taken at its start: what it found and cost, in one line."""

from __future__ import annotations

import logging
import mmap
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, final

import torch

from forewarn.callbacks.messages import knows_too_little
from forewarn.records import Failed, LookTaken
from forewarn.schedules import EveryNSteps, Schedule


def rehearsed(
    taken: LookTaken,
    schedule: Schedule,
    least: int,
    memory: int | None,
    notes: Sequence[str] = (),
    waits: float | None = None,
) -> tuple[int, str]:
    """The level at which a first look is told, and the line.

    `least`: facts that a model must know before a look can tell. `memory`: bytes. `notes`: what the training loop
    adds. `waits`: seconds for which other processes wait for a look; None where there are none.
    """
    failed = [outcome for outcome in taken.outcomes if isinstance(outcome, Failed)]
    few = knows_too_little(taken)
    said = [
        f"forewarn at step {taken.step}: {taken.known} of {taken.asked} facts known, the look took "
        f"{taken.seconds:.1f} s{_size(memory)}",
        _times(schedule),
        *notes,
    ]
    if few:
        said.append(f"no look can tell anything before the model knows {max(least, 1)} facts")
    slow = waits is not None and taken.seconds > waits / 3
    if slow:
        said.append(
            f"the other processes wait at most {waits:.0f} s for a look, and a longer one would end the run: give "
            "the strategy a longer `timeout` (a Watch more `patience`), or the monitor a smaller audit set"
        )
    if failed:
        said.append(f"{len(failed)} of {len(taken.outcomes)} questions failed, the first: {failed[0].error}")
    return (logging.WARNING if few or failed or slow else logging.INFO), "; ".join(said)


def _size(memory: int | None) -> str:
    """Less than half a megabyte cannot be told from what the process does otherwise."""
    return "" if memory is None or memory < 5e5 else f" and {memory / 1e6:.0f} MB"


def _times(schedule: Schedule) -> str:
    if isinstance(schedule, EveryNSteps):
        return "looks every step" if schedule.n == 1 else f"looks every {schedule.n} steps"
    try:
        return f"looks by {schedule!r}"
    except Exception:
        return f"looks by a {type(schedule).__name__}"


@final
class Memory:
    """What a look needs beyond what the process held before it, as far as the system tells.

    On a CUDA device that is device memory, and the device's own peak is not reset: it is the user's to read. Else
    it is the memory of the process. A look that stays below an earlier peak is counted by what it left behind.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._before, self._peak = self._held(), self._highest()

    def used(self) -> int | None:
        """Bytes since this was made; None where the system does not tell."""
        if self._before is None or self._peak is None:
            return None
        peak, now = self._highest() or 0, self._held() or 0
        return max((peak if peak > self._peak else now) - self._before, 0)

    def _held(self) -> int | None:
        if self._device.type == "cuda":
            return int(torch.cuda.memory_allocated(self._device))
        try:
            pages = int(Path("/proc/self/statm").read_text().split()[1])
        except (OSError, ValueError, IndexError):
            return self._highest()
        return pages * mmap.PAGESIZE

    def _highest(self) -> int | None:
        if self._device.type == "cuda":
            return int(torch.cuda.max_memory_allocated(self._device))
        try:
            import resource
        except ImportError:
            return None
        usage: Any = resource.getrusage(resource.RUSAGE_SELF)
        return int(usage.ru_maxrss) * (1 if sys.platform == "darwin" else 1024)
