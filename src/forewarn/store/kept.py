"""The files beside a ledger whose digests the ledger holds, and whether they are still what was written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from forewarn.errors import StoreError
from forewarn.reading import AbsentError, refuse_links
from forewarn.records import Event, FilesKept, SnapshotDropped
from forewarn.store.digest import file_digest
from forewarn.store.shard import open_shard

PAPERS: Final = ("auditset.jsonl", "tokens.json", "tokenizer.json")
"""What a run is begun with, beside its manifest."""
_TENSORS: Final = ".safetensors"
MOST_BYTES: Final = 2**28
"""Of a file that is no weights; the size of those stands in their header."""
LENSES: Final = "lenses"
EXPLANATIONS: Final = "explanations"


def left_by(digest: str) -> tuple[str, ...]:
    """Names of the files that a look at a snapshot may leave beside the ledger."""
    lenses = (f"{LENSES}/{digest}{ending}" for ending in (".json", ".safetensors", ".trajectory.json"))
    return (*lenses, f"{EXPLANATIONS}/{digest}.json")


def digests_of(run: Path, names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Name and SHA-256 of those files that are there. Raises StoreError where one cannot be read."""
    return tuple((name, file_digest(run / name)) for name in names if (run / name).is_file())


def recorded(events: Iterable[Event]) -> dict[str, str]:
    """SHA-256 of every file that the ledger tells of, by its name: of several mentions the last."""
    return {name: sha for event in events if isinstance(event, FilesKept) for name, sha in event.files}


def changes(run: Path, kept: Mapping[str, str], gone: frozenset[str] = frozenset()) -> Iterator[str]:
    """What is no longer as the ledger tells it, in a sentence each.

    `gone`: digests of snapshots that retention removed; what was left by their looks may be gone as well.
    """
    for name, sha in kept.items():
        try:
            found = digest_within(run, name)
        except AbsentError:
            if Path(name).name.partition(".")[0] not in gone:
                yield f"{name} is missing: the ledger tells of it"
        except StoreError as error:
            yield f"{name} cannot be read: {error}"
        else:
            if found != sha:
                yield f"{name} was altered: its SHA-256 is {found}, the ledger says {sha}"


def digest_within(run: Path, name: str) -> str:
    """SHA-256 of a file of the run.

    Raises StoreError where a link or `..` leads out of it, or it is no file; and where it is larger than such a
    file may be, so that nobody waits for a file of holes.
    """
    path = run / name
    refuse_links(path, run)
    if path.suffix == _TENSORS and path.exists() and (odd := open_shard(path).odd()):
        raise StoreError(odd)
    return file_digest(path, None if path.suffix == _TENSORS else MOST_BYTES)


def dropped(events: Iterable[Event]) -> frozenset[str]:
    """Digests of the snapshots that retention removed."""
    return frozenset(event.snapshot for event in events if isinstance(event, SnapshotDropped))
