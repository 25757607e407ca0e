"""The folder of a run: a new one, or the earlier one that a checkpoint remembers."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from forewarn.audit.acknowledging import acknowledgements, standing_among
from forewarn.audit.claim import TakenError, claim_folder
from forewarn.audit.folder import RunFolder
from forewarn.audit.origin import GOES_ON_FROM
from forewarn.audit.wording import TOKENIZER
from forewarn.auditset import AuditSet
from forewarn.callbacks.earlier import Earlier, find_earlier
from forewarn.callbacks.halted import BY_OPTION, Start
from forewarn.callbacks.settings import OTHER_QUESTIONS, changes, settings_of, weakens
from forewarn.errors import PromiseWeakenedError, StoreError
from forewarn.records import (
    AlarmAcknowledged,
    Response,
    RunResumed,
    RunStarted,
    SettingChange,
    SettingsChanged,
)
from forewarn.store.files import write_atomically
from forewarn.store.kept import PAPERS

log = logging.getLogger("forewarn")


@dataclass(frozen=True, slots=True)
class Papers:
    """What a new folder is begun with."""

    path: Path
    """Where it is wanted; a number is added if it is taken."""
    manifest: Mapping[str, Any]
    audit_set: AuditSet
    tokens: Mapping[str, Any]
    tokenizer: Any | None
    job: str = ""
    """The cluster's job that the process belongs to; empty outside of one."""


def take_up(papers: Papers, start: Start) -> RunFolder:
    """The folder that a run is written into from here on.

    Raises:
        StoreError: it cannot be written.
        IntegrityError: the earlier one is damaged, and the monitor may halt the run.
        PromiseWeakenedError: the settings promise less than the run was begun with.
    """
    if start.state is None:
        return begin(papers, start.step)
    return go_on(papers, start, start.state)


def begin(papers: Papers, step: int, segment: int = 1) -> RunFolder:
    """A new folder, with the first line of its ledger. StoreError where it cannot be written."""
    path = claim_folder(papers.path.parent, papers.path.name)
    manifest = {**papers.manifest, "name": path.name}
    folder = RunFolder.create(path, manifest, papers.audit_set, papers.tokens, papers.job)
    folder.append(RunStarted(step, folder.manifest_digest, segment))
    keep_tokenizer(path, papers.tokenizer)
    folder.seal(step, PAPERS)
    return folder


def go_on(papers: Papers, start: Start, state: Mapping[str, Any]) -> RunFolder:
    """The folder that a checkpoint remembers, or a new one, with lines that say which and why."""
    earlier = find_earlier(state, start.step, strict=start.halts)
    changed = changes(earlier.settings, settings_of(papers.manifest))
    _check_promise(changed, start, earlier)
    folder, earlier = _folder(papers, start, earlier, changed)
    segment = earlier.segment + 1
    folder.append(
        RunResumed(
            start.step,
            str(state["head"]),
            earlier.found,
            earlier.words,
            segment,
            earlier.flagged,
            earlier.missed,
        )
    )
    if changed:
        told = ", ".join(change.words for change in changed)
        log.warning("forewarn goes on at step %d with other settings: %s", start.step, told)
        folder.append(SettingsChanged(start.step, segment, changed, start.knowingly))
    _acknowledge_here(folder, start, earlier)
    folder.seal_missing(start.step, PAPERS)
    return folder


def _check_promise(changed: Sequence[SettingChange], start: Start, earlier: Earlier) -> None:
    """A run that was promised to halt goes on with less only where somebody says so."""
    weaker = [change for change in changed if weakens(change, start.step)]
    if not weaker or start.knowingly or earlier.settings.get("response") != Response.HALT:
        return
    raise PromiseWeakenedError(
        f"the run {earlier.path} was begun in halt mode, and would go on with less than it promised: "
        f"{', '.join(change.words for change in weaker)}. Give the settings that it was begun with, or "
        "resume_after_alarm=True to go on knowingly; the ledger keeps the change."
    )


def _folder(
    papers: Papers, start: Start, earlier: Earlier, changed: Sequence[SettingChange]
) -> tuple[RunFolder, Earlier]:
    """The earlier folder, where the run can go on in it; else a new one, and why."""
    others = [change.setting for change in changed if change.setting in OTHER_QUESTIONS]
    why = f"the run goes on in a new folder, since it is asked otherwise ({', '.join(others)})"
    if earlier.usable and not others:
        try:
            return RunFolder.resume(earlier.path, papers.job), earlier
        except TakenError as error:
            why = f"the run goes on in a new folder, since {error}"
    if earlier.usable:
        earlier = earlier.left_behind(why)
    log.warning("forewarn begins a new ledger for a resumed run: %s (%s)", earlier.words, earlier.path)
    manifest = {**papers.manifest, GOES_ON_FROM: str(earlier.path.resolve())}
    path = papers.path if start.name is not None else papers.path.with_name(earlier.path.name)
    folder = begin(replace(papers, path=path, manifest=manifest), start.step, earlier.segment + 1)
    return folder, earlier


def _acknowledge_here(folder: RunFolder, start: Start, earlier: Earlier) -> None:
    """Alarms that the earlier ledger, or the option, says are acknowledged are so in this ledger too."""
    standing = standing_among(folder.events())
    if start.halts and start.knowingly:
        acknowledged = acknowledgements(standing, why=BY_OPTION)
    elif earlier.acknowledged is not None and folder.path != earlier.path:
        kept = earlier.acknowledged
        acknowledged = tuple(
            AlarmAcknowledged(a.step, a.segment, kept.by, kept.why, kept.wrong) for a in standing
        )
    else:
        return
    for event in acknowledged:
        folder.append(event)


def keep_tokenizer(run: Path, tokenizer: Any | None) -> None:
    """Write the fast tokenizer inside a tokenizer of transformers as RUN/tokenizer.json; leave others aside.

    So that whoever looks into the run later reads words. Nothing that is measured needs it: where the system
    refuses, a warning is all that comes of it.
    """
    to_str = getattr(getattr(tokenizer, "backend_tokenizer", None), "to_str", None)
    if to_str is None or (run / TOKENIZER).exists():
        return
    try:
        write_atomically(run / TOKENIZER, to_str())
    except StoreError as error:
        log.warning("forewarn could not keep the tokenizer: %s", error)
