"""The folder of a run: a new one, or the earlier one that a checkpoint remembers."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forewarn.audit.folder import LEDGER, RunFolder, free_folder
from forewarn.audit.wording import TOKENIZER
from forewarn.auditset import AuditSet
from forewarn.errors import StoreError
from forewarn.records import FoundLedger, RunResumed, RunStarted
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


def begin(papers: Papers, step: int, segment: int = 1) -> RunFolder:
    """A new folder, with the first line of its ledger. StoreError where it cannot be written."""
    path = free_folder(papers.path.parent, papers.path.name)
    manifest = {**papers.manifest, "name": path.name}
    folder = RunFolder.create(path, manifest, papers.audit_set, papers.tokens)
    folder.append(RunStarted(step, folder.manifest_digest, segment))
    keep_tokenizer(path, papers.tokenizer)
    folder.seal(step, PAPERS)
    return folder


def go_on(papers: Papers, step: int, state: Mapping[str, Any], *, strict: bool) -> RunFolder:
    """The folder that a checkpoint remembers, or a new one where that is gone, with a line that says which.

    IntegrityError for a damaged one where `strict`.
    """
    head, earlier = str(state["head"]), Path(state["folder"])
    folder, found, words = _earlier(earlier, head, strict=strict)
    segment = int(state["segment"]) + 1
    if folder is None:
        log.warning("forewarn begins a new ledger for a resumed run: %s (%s)", words, earlier)
        folder = begin(papers, step, segment)
    else:
        segment = max(segment, _last_segment(folder) + 1)
    flagged, missed = bool(state["flagged"]), int(state["missed_looks"])
    folder.append(RunResumed(step, head, found, words, segment, flagged, missed))
    folder.seal_missing(step, PAPERS)
    return folder


def _earlier(path: Path, head: str, *, strict: bool) -> tuple[RunFolder | None, FoundLedger, str]:
    if not (path / LEDGER).exists():
        return None, FoundLedger.MISSING, "the earlier ledger was not found"
    try:
        folder = RunFolder.resume(path)
        return folder, *_found(folder, head)
    except StoreError as error:
        if strict:
            raise
        return None, FoundLedger.DAMAGED, f"the earlier ledger is damaged: {error}"


def _found(folder: RunFolder, head: str) -> tuple[FoundLedger, str]:
    if folder.ledger.head == head:
        return FoundLedger.AS_LEFT, "the earlier ledger was found as the checkpoint left it"
    if folder.remembers(head):
        return FoundLedger.LONGER, "the earlier ledger was found with lines added since the checkpoint"
    return FoundLedger.CUT, (
        "the earlier ledger was found without the line that the checkpoint remembers: lines were lost, or it is "
        "another run's"
    )


def _last_segment(folder: RunFolder) -> int:
    """A run may have been taken up from the same checkpoint before."""
    begun = [event.segment for event in folder.events() if isinstance(event, RunStarted | RunResumed)]
    return max(begun, default=0)


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
