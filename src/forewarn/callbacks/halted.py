"""A halt stays a halt: a run whose alarm nobody has acknowledged does not go on when it is started again."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from torch import Tensor

from forewarn.audit.acknowledging import acknowledge, standing_alarms
from forewarn.audit.claim import TakenError
from forewarn.audit.folder import LEDGER, MANIFEST, MOST_BYTES
from forewarn.audit.gaps import is_cut
from forewarn.audit.heartbeat import sign_of_life
from forewarn.audit.origin import GOES_ON_FROM
from forewarn.callbacks.job import Job
from forewarn.errors import HaltStandsError, StoreError
from forewarn.reading import read_json
from forewarn.store.ledger import look_over

log = logging.getLogger("forewarn")
Stepped: TypeAlias = tuple[Tensor, ...]
"""Parameters that the optimisers hold."""
BY_OPTION: Final = "resume_after_alarm=True was given"


@dataclass(frozen=True, slots=True)
class Start:
    """What is known when a monitor begins its watch."""

    path: Path
    """Where its folder is wanted; a number is added if it is taken."""
    name: str | None
    """The name that the user gave; None where the time stands for one."""
    step: int
    """Training step."""
    state: Mapping[str, Any] | None
    """What a checkpoint remembers; None for a run that begins."""
    before: Path | None
    """Folder of the run that the same monitor watched before."""
    job: Job
    """What started this process."""
    halts: bool
    """Whether the monitor may halt the run."""
    knowingly: bool
    """Whether the user gave `resume_after_alarm`."""
    stepped: Stepped = ()
    """What the optimisers hold; nothing where that is not known."""


def check_alarms(start: Start) -> None:
    """HaltStandsError where an alarm stands, unless the user goes on knowingly: then the ledger is told.

    A monitor that only records or flags never stops a run.
    """
    if not start.halts:
        return
    for run in dict.fromkeys(_places(start)):
        alarms = standing_alarms(run)
        if alarms and not start.knowingly:
            raise HaltStandsError(alarms[0].step, run, alarms[0].why)
        if alarms:
            _acknowledge(run)
    if start.state is not None and not start.knowingly:
        _check_state(start.state)


def is_whole(run: Path, head: str) -> bool:
    """Whether a ledger can be read, and holds the line that a checkpoint and its own heartbeat remember."""
    try:
        found = look_over(run / LEDGER)
    except StoreError:
        return False
    known = any(entry.hash == head for entry in found.entries)
    return known and not found.problems and not is_cut(found.entries, sign_of_life(run).beat)


def _check_state(state: Mapping[str, Any]) -> None:
    """Where the ledger is not what the checkpoint left, the checkpoint's own word stands."""
    stands = bool(state.get("alarm_stands", state.get("flagged")))
    run = Path(str(state["folder"]))
    if stands and not is_whole(run, str(state["head"])):
        step = (state.get("alarm") or {}).get("alarm_step") or 0
        why = "the checkpoint remembers it, and the ledger that told of it is gone or damaged"
        raise HaltStandsError(int(step), run, why)


def _acknowledge(run: Path) -> None:
    try:
        acknowledge(run, why=BY_OPTION)
    except TakenError as error:
        log.warning("forewarn could not write that the alarm of %s is acknowledged: %s", run, error)


def _places(start: Start) -> Iterator[Path]:
    """Folders in which the run, or an earlier start of it, may have left an alarm."""
    if start.state is not None:
        yield from _family(Path(str(start.state["folder"])), None)
    if start.name is not None:
        yield from _family(start.path, start.name)
    if start.before is not None:
        yield start.before
    if start.job.restarted:
        yield from _of_job(start.path.parent, start.job)


def _family(path: Path, name: str | None) -> Iterator[Path]:
    """A folder, and those beside it that were made for the same name or go on from one of them."""
    yield path
    known, numbered = {str(path.resolve())}, re.compile(re.escape(path.name) + r"(-[0-9]{1,5})+")
    beside = (run for run in _folders(path.parent) if numbered.fullmatch(run.name))
    for run in sorted(beside, key=lambda run: (len(run.name), run.name)):
        if _belongs(run, name, known):
            known.add(str(run.resolve()))
            yield run


def _belongs(run: Path, name: str | None, known: set[str]) -> bool:
    """A manifest that cannot be read excuses nobody."""
    try:
        manifest = read_json(run / MANIFEST, MOST_BYTES, loose=True)
        given, came_from = manifest["settings_given"].get("name"), manifest.get(GOES_ON_FROM)
    except (StoreError, KeyError, AttributeError, TypeError):
        return True
    return bool(name is not None and given == name) or came_from in known


def _of_job(parent: Path, job: Job) -> Iterator[Path]:
    for run in _folders(parent):
        beat = sign_of_life(run).beat
        if beat is not None and beat.job == job.identity:
            yield run


def _folders(parent: Path) -> list[Path]:
    try:
        return sorted(path for path in parent.iterdir() if path.is_dir())
    except OSError:
        return []
