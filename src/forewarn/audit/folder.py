"""The folder of one run: manifest, audit set, ledger, snapshots."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from forewarn.auditset import AuditSet, Encoder
from forewarn.errors import StoreError
from forewarn.lenses.keeper import LensKeeper
from forewarn.records import Event
from forewarn.store.digest import file_digest
from forewarn.store.files import make_folder, sync, write_atomically
from forewarn.store.ledger import Ledger, read
from forewarn.store.snapshots import SnapshotStore

MANIFEST, LEDGER, AUDIT_SET, TOKENS = "run.json", "ledger.jsonl", "auditset.jsonl", "tokens.json"
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

    @property
    def manifest_digest(self) -> str:
        """SHA-256 of run.json."""
        return file_digest(self.path / MANIFEST)


def free_folder(parent: Path, name: str) -> Path:
    """`parent/name`, or with a number behind it if that exists."""
    candidates = [parent / name, *(parent / f"{name}-{i}" for i in range(2, 10_000))]
    return next(path for path in candidates if not path.exists())


def read_audit(path: Path) -> tuple[AuditSet, Encoder, dict[str, Any]]:
    """Audit set, encoder and manifest of a stored run, for replays."""
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf8"))
        tokens = json.loads((path / TOKENS).read_text(encoding="utf8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"{path} is not a run that can be replayed: {error}") from error
    return AuditSet.from_jsonl(path / AUDIT_SET), Encoder.from_table(tokens), manifest
