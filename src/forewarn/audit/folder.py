"""The folder of one run: manifest, audit set, ledger, snapshots, heartbeat."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from forewarn.audit.claim import Claim
from forewarn.audit.heartbeat import Heartbeat, sign_of_life
from forewarn.auditset import AuditSet, Encoder
from forewarn.errors import IntegrityError, StoreError
from forewarn.lenses.keeper import LensKeeper
from forewarn.reading import read_json, refuse_links
from forewarn.records import (
    AlarmAcknowledged,
    AlarmRaised,
    Event,
    FilesKept,
    LookMissed,
    LookTaken,
    RunEnded,
    RunResumed,
    RunStarted,
)
from forewarn.store.digest import file_digest
from forewarn.store.files import make_folder, sync, write_atomically
from forewarn.store.kept import digests_of, recorded
from forewarn.store.ledger import Ledger, read
from forewarn.store.snapshots import SnapshotStore

log = logging.getLogger("forewarn")

MANIFEST, LEDGER, AUDIT_SET, TOKENS = "run.json", "ledger.jsonl", "auditset.jsonl", "tokens.json"
MOST_BYTES = 2**26
"""A larger manifest or table of tokens is not read."""
LENSES = "lenses"


class RunFolder:
    """Where a monitor writes. Mutable: it holds the run until its end is written, and nobody else writes there."""

    def __init__(self, path: Path, ledger: Ledger, claim: Claim) -> None:
        self.path, self.ledger = path, ledger
        self.snapshots = SnapshotStore(path)
        self.lenses = LensKeeper(path / LENSES)
        self._claim, self._looking = claim, False
        self._lacking: list[Event] = []

    @classmethod
    def create(
        cls,
        path: Path,
        manifest: Mapping[str, Any],
        audit_set: AuditSet,
        tokens: Mapping[str, Any],
        job: str = "",
    ) -> RunFolder:
        """A new run. StoreError if the folder holds one already, or cannot be written."""
        if (path / LEDGER).exists():
            raise StoreError(
                f"{path} holds a run already; choose another folder, or resume from its checkpoint."
            )
        try:
            make_folder(path)
            audit_set.to_jsonl(path / AUDIT_SET)
            sync(path / AUDIT_SET)
        except OSError as error:
            raise StoreError(f"cannot write the run folder {path}: {error}") from error
        claim = Claim.take(path)
        try:
            write_atomically(path / TOKENS, json.dumps(tokens) + "\n")
            write_atomically(path / MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
            claim.give(Heartbeat(job=job))
            return cls(path, Ledger.create(path / LEDGER), claim)
        except BaseException:
            claim.release()
            raise

    @classmethod
    def resume(cls, path: Path, job: str = "") -> RunFolder:
        """Go on with an earlier run's ledger. TakenError where another process writes it."""
        if not (path / LEDGER).is_file():
            raise StoreError(
                f"cannot read the ledger {path / LEDGER}: there is none. Check the run's folder."
            )
        earlier, claim = sign_of_life(path).beat or Heartbeat(), Claim.take(path)
        try:
            folder = cls(path, Ledger.resume(path / LEDGER), claim)
        except BaseException:
            claim.release()
            raise
        claim.beat = replace(earlier, job=job, ended=False)
        return folder

    @property
    def beat(self) -> Heartbeat:
        """What the run's monitor has done so far."""
        return self._claim.beat

    def events(self) -> tuple[Event, ...]:
        """All events in the ledger, in order. IntegrityError where it was altered."""
        return tuple(entry.event for entry in read(self.path / LEDGER))

    def told(self, step: int, stride: int) -> None:
        """Note that a training step was told, so many steps after the one told before."""
        beat = self.beat
        self._claim.beat = replace(beat, step=max(step, beat.step), stride=max(stride, beat.stride))

    def begin_look(self, step: int) -> None:
        """Note that a look begins, so that one that is cut short is known of."""
        beat = self.beat
        unwritten = beat.unwritten + (beat.unfinished if self._looking else 0)
        self._looking = True
        self._claim.give(replace(beat, due=beat.due + 1, unwritten=unwritten, step=max(step, beat.step)))

    def append(self, event: Event) -> str:
        """Write one event; the new head hash. What cannot be written is kept in the heartbeat."""
        try:
            head = self.ledger.append(event)
        except Exception:
            self._note(event, written=False)
            raise
        self._note(event, written=True)
        return head

    def release(self) -> None:
        """Let another process have the run."""
        self._claim.release()

    def _note(self, event: Event, *, written: bool) -> None:
        again = any(each is event for each in self._lacking)
        beat = _again(self.beat, written=written) if again else self._first_noted(event, written=written)
        self._lacking = [each for each in self._lacking if not (written and each is event)]
        self._looking &= not (isinstance(event, LookMissed) or (written and isinstance(event, LookTaken)))
        self._claim.give(replace(beat, lines=self.ledger.length, head=self.ledger.head))
        if isinstance(event, RunEnded):
            self.release()

    def _first_noted(self, event: Event, *, written: bool) -> Heartbeat:
        """A missed look that cannot be written is tried again later, and is one look all the same."""
        if not written and isinstance(event, LookMissed):
            self._lacking.append(event)
        return _noted(self.beat, event, looking=self._looking, written=written)

    def seal(self, step: int, names: Sequence[str]) -> None:
        """Write the digests of those files that are there into the ledger, so that any later change shows.

        Where that fails a warning is all that comes of it: `verify` then says that nothing covers them.
        """
        try:
            if found := digests_of(self.path, names):
                self.append(FilesKept(step, found))
        except StoreError as error:
            log.warning("forewarn could not write down the digests of files of %s: %s", self.path, error)

    def seal_missing(self, step: int, names: Sequence[str]) -> None:
        """The same for those files of which the ledger does not tell: a run may end before it was written."""
        told = recorded(self.events())
        self.seal(step, [name for name in names if name not in told])

    @property
    def manifest_digest(self) -> str:
        """SHA-256 of run.json."""
        return file_digest(self.path / MANIFEST)


def _again(beat: Heartbeat, *, written: bool) -> Heartbeat:
    """The heartbeat after another attempt to write a look that was counted as unwritten."""
    return replace(beat, answered=beat.answered + written, unwritten=max(beat.unwritten - written, 0))


def _noted(beat: Heartbeat, event: Event, *, looking: bool, written: bool) -> Heartbeat:
    """The heartbeat after an event, which may or may not stand in the ledger."""
    if isinstance(event, RunStarted | RunResumed):
        kept = Heartbeat(job=beat.job, alarmed=beat.alarmed)
        return replace(kept, segment=event.segment, start=event.step, step=event.step)
    if isinstance(event, LookMissed) or (written and isinstance(event, LookTaken)):
        beat = replace(beat, due=beat.due + (not looking), step=max(beat.step, event.step))
        if written:
            return replace(beat, answered=beat.answered + 1)
        return replace(beat, unwritten=beat.unwritten + 1)
    if isinstance(event, AlarmRaised | AlarmAcknowledged):
        return replace(beat, alarmed=isinstance(event, AlarmRaised))
    return replace(beat, ended=True) if isinstance(event, RunEnded) else beat


def read_audit(path: Path) -> tuple[AuditSet, Encoder, dict[str, Any]]:
    """Audit set, encoder and manifest of a stored run, for replays.

    StoreError where a file is missing, IntegrityError where one is not what was written, and says which.
    """
    try:
        manifest = read_json(path / MANIFEST, MOST_BYTES, path, loose=True)
        tokens = read_table(path)
        refuse_links(path / AUDIT_SET, path)
    except StoreError as error:
        kind = IntegrityError if isinstance(error, IntegrityError) else StoreError
        raise kind(f"{path} is not a run that can be replayed: {error}") from error
    _check_manifest(path / MANIFEST, manifest)
    audit_set = AuditSet.from_jsonl(path / AUDIT_SET)
    wanted = manifest.get("audit_set", {}).get("digest", audit_set.digest)
    if audit_set.digest != wanted:
        raise IntegrityError(
            f"{path / AUDIT_SET} is not the audit set that was asked: its digest is {audit_set.digest}, the "
            f"manifest says {wanted}"
        )
    return audit_set, Encoder.from_table(tokens), manifest


def read_table(path: Path) -> dict[str, Any]:
    """The table of token ids of a run. AbsentError where there is none, IntegrityError where it is none."""
    table = read_json(path / TOKENS, MOST_BYTES, path)
    if not _is_table(table):
        raise IntegrityError(f"{path / TOKENS} is no table of token ids as a monitor writes it")
    return dict(table)


def _is_table(table: object) -> bool:
    if not isinstance(table, dict) or not isinstance(table.get("pieces"), list):
        return False
    around = all(_is_ids(table.get(name)) for name in ("before", "after", "breaks", "ends"))
    return around and _is_chat(table.get("chat")) and all(map(_is_piece, table["pieces"]))


def _is_chat(value: object) -> bool:
    texts = isinstance(value, list) and len(value) == 2 and all(isinstance(each, str) for each in value)
    return value is None or texts


def _is_piece(value: object) -> bool:
    if not isinstance(value, list) or len(value) != 3:
        return False
    return isinstance(value[0], str) and isinstance(value[1], bool) and _is_ids(value[2])


def _is_ids(value: object) -> bool:
    return isinstance(value, list) and all(type(each) is int and 0 <= each < 2**31 for each in value)


def _check_manifest(path: Path, manifest: object) -> None:
    """What a replay takes from the manifest; the report's reader checks the rest."""
    if not isinstance(manifest, dict):
        raise IntegrityError(f"{path} should hold one JSON object; found a {type(manifest).__name__}")
    for key, kinds in (("model", dict), ("audit_set", dict), ("seed", int | None)):
        if key in manifest and not isinstance(manifest[key], kinds):
            raise IntegrityError(f"{path}: {key!r} is not what a monitor writes")
