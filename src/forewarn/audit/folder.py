"""The folder of one run: manifest, audit set, ledger, snapshots."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from forewarn.auditset import AuditSet, Encoder
from forewarn.errors import IntegrityError, StoreError
from forewarn.lenses.keeper import LensKeeper
from forewarn.reading import read_json, refuse_links
from forewarn.records import Event, FilesKept
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
    """Where a monitor writes. One process writes at a time."""

    def __init__(self, path: Path, ledger: Ledger) -> None:
        self.path, self.ledger = path, ledger
        self.snapshots = SnapshotStore(path)
        self.lenses = LensKeeper(path / LENSES)

    @classmethod
    def create(
        cls, path: Path, manifest: Mapping[str, Any], audit_set: AuditSet, tokens: Mapping[str, Any]
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
        write_atomically(path / TOKENS, json.dumps(tokens) + "\n")
        write_atomically(path / MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
        return cls(path, Ledger.create(path / LEDGER))

    @classmethod
    def resume(cls, path: Path) -> RunFolder:
        """Go on with an earlier run's ledger."""
        return cls(path, Ledger.resume(path / LEDGER))

    def events(self) -> tuple[Event, ...]:
        """All events in the ledger, in order. IntegrityError where it was altered."""
        return tuple(entry.event for entry in read(self.path / LEDGER))

    def remembers(self, head: str) -> bool:
        """Whether some line has this hash: then all lines up to it are what they were."""
        return any(entry.hash == head for entry in read(self.path / LEDGER))

    def append(self, event: Event) -> str:
        """Write one event; the new head hash."""
        return self.ledger.append(event)

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


def free_folder(parent: Path, name: str) -> Path:
    """`parent/name`, or with a number behind it if that exists."""
    candidates = [parent / name, *(parent / f"{name}-{i}" for i in range(2, 10_000))]
    return next(path for path in candidates if not path.exists())


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
    bos, pieces = (table.get("bos"), table.get("pieces")) if isinstance(table, dict) else (None, None)
    if not _is_ids(bos) or not isinstance(pieces, list) or not all(map(_is_piece, pieces)):
        raise IntegrityError(f"{path / TOKENS} is no table of token ids as a monitor writes it")
    return dict(table)


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
