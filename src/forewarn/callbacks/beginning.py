"""From a model to a run that is watched, and how a watch ends."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn

from forewarn.audit.equipment import Equipment
from forewarn.audit.run import Audit
from forewarn.audit.scribe import attempt, warn
from forewarn.callbacks.freezing import Freezer
from forewarn.callbacks.halted import Start, check_alarms
from forewarn.callbacks.messages import at_the_end, tell
from forewarn.callbacks.opening import open_model, papers_of
from forewarn.callbacks.options import Options
from forewarn.callbacks.settings import settings_of
from forewarn.callbacks.taking_up import take_up
from forewarn.records import Ending
from forewarn.store.files import check_local

log = logging.getLogger("forewarn")


@dataclass(frozen=True, slots=True, eq=False)
class Begun:
    """A run whose folder is there."""

    audit: Audit
    """Takes its looks, and writes its ledger."""
    freezer: Freezer | None
    """Copies its model's weights; None where the model cannot be read."""
    error: Exception | None
    """What keeps the model from being asked; None where nothing does."""
    remembered: Mapping[str, Any]
    """What a checkpoint keeps besides the audit's own state."""


def begin_watch(
    options: Options, equipment: Equipment, module: nn.Module, tokenizer: Any | None, start: Start
) -> Begun:
    """Open a model, and the folder of its run. A model that cannot be read has a folder too.

    Raises:
        HaltStandsError: an alarm of this run stands, and nobody has acknowledged it.
        PromiseWeakenedError: the settings promise less than the run was begun with.
        ConfigurationError: the folder is on no local file system.
        StoreError: the folder cannot be written, or the earlier one read.
    """
    check_local(start.path)
    check_alarms(start)
    earlier = start.state or {}
    # A run goes on asking as it began: what is known would change with the way of asking.
    chat = earlier.get("chat") if options.chat is None else options.chat
    opened = open_model(module, equipment.audit_set, tokenizer, options.overrides, chat, start.stepped)
    papers = papers_of(options, equipment, module, tokenizer, start, opened)
    audit = Audit(equipment, opened.encoder, take_up(papers, start), opened.opener)
    if start.state is not None:
        audit.restore(start.state)
    freezer = None if opened.opener is None else Freezer(module, opened.opener)
    told = {"settings": settings_of(papers.manifest), "chat": opened.encoder.frame.chat is not None}
    return Begun(audit, freezer, opened.error, told)


def end_watch(audit: Audit, step: int, reason: Ending, error: str, *, quiet: bool) -> None:
    """Ask what the last alarm is about, write how the run ended, and say where it stands."""
    try:
        audit.settle()
    except (KeyboardInterrupt, SystemExit):
        # A halt is on its way already, and must not be exchanged for an interruption.
        if reason is not Ending.HALTED:
            raise
    finally:
        _close(audit, step, reason, error)
        tell(at_the_end(audit), quiet=quiet)


def _close(audit: Audit, step: int, reason: Ending, error: str) -> None:
    try:
        audit.end(step, reason, error)
    except Exception as failed:
        warn("forewarn could not write the end of the run: %s", failed)
    head = audit.folder.ledger.head
    attempt("log the end", lambda: log.info("forewarn: %s, %s, ledger head %s", reason, audit.status, head))
