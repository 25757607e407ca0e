"""`forewarn verify`: is what stands on disk what was written?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from forewarn.audit.gaps import is_cut
from forewarn.audit.heartbeat import HEARTBEAT, is_altered, sign_of_life
from forewarn.cli.options import AsJson, RunFolder
from forewarn.cli.result import Code, Result, printing, said
from forewarn.errors import ConfigurationError, IntegrityError
from forewarn.records import LookTaken, RunStarted, SnapshotDropped
from forewarn.report.manifest import OtherFormatError, read_manifest
from forewarn.report.run import LEDGER, MANIFEST, check_is_run
from forewarn.report.words import count
from forewarn.store import ledger
from forewarn.store.catalogue import META, SNAPSHOTS, Catalogue
from forewarn.store.chain import Examined
from forewarn.store.digest import is_digest

_Head = Annotated[
    str | None,
    typer.Option(
        "--head", metavar="HASH", help="Head hash that the run printed when it ended, all 64 digits."
    ),
]


@printing
def verify(run: RunFolder, head: _Head = None, as_json: AsJson = False) -> Result:
    """Check that a run's ledger, manifest and snapshots are as they were written.

    Exits with 0 if they are and 3 if not. Lines cut off the ledger's end show only with --head.

    For example:

    forewarn verify runs/liar

    forewarn verify runs/liar --head HASH
    """
    if head is not None and not is_digest(head):
        raise ConfigurationError(
            f"--head wants the whole hash, 64 hexadecimal digits as `show` and `verify` print it; found {head!r}"
        )
    problems = tuple(problems_of(run, head))
    examined = ledger.look_over(run / LEDGER) if (run / LEDGER).is_file() else Examined((), (), b"")
    entries = len(examined.entries)
    value = {"run": str(run), "sound": not problems, "problems": list(problems), "entries": entries}
    value["head"] = examined.head
    if problems:
        text = [
            said(f"{run} is not as it was written:", "bold red"),
            *(said(f"- {each}") for each in problems),
        ]
        return Result(value, tuple(text), Code.BROKEN)
    advice = "" if head else " Give --head to show that no line was cut off the end."
    text = [said(f"{run} is sound: {count(entries, 'line')}, head {examined.head}.{advice}", "green")]
    return Result(value, tuple(text))


def problems_of(run: Path, head: str | None) -> Iterator[str]:
    """Every problem, in a plain sentence each.

    Raises StoreError where the folder is no run at all, OtherFormatError where another version wrote the run, so
    that nothing can be said of it.
    """
    try:
        check_is_run(run)
    except IntegrityError as error:
        yield str(error)
    if (run / MANIFEST).is_file():
        yield from _manifest(run)
    if (run / LEDGER).is_file():
        yield from ledger.verify(run / LEDGER, head)
        yield from _missing_snapshots(run)
        yield from _cut(run)
    yield from Catalogue(run).verify()


def _manifest(run: Path) -> Iterator[str]:
    try:
        found = read_manifest(run / MANIFEST).digest
    except OtherFormatError:
        raise
    except IntegrityError as error:
        yield str(error)
        return
    entries = ledger.look_over(run / LEDGER).entries if (run / LEDGER).is_file() else ()
    wanted = [entry.event.manifest for entry in entries if isinstance(entry.event, RunStarted)]
    if wanted and found not in wanted:
        yield f"{MANIFEST} was altered: its hash is {found}, the ledger was begun with {wanted[0]}"


def _cut(run: Path) -> Iterator[str]:
    """Lines that the heartbeat remembers and the ledger has not."""
    beat = sign_of_life(run).beat
    if is_altered(run):
        yield f"{HEARTBEAT} was altered: it is not as a monitor writes it"
    if beat is not None and is_cut(ledger.look_over(run / LEDGER).entries, beat):
        yield (
            f"lines were cut off the ledger's end: the run's heartbeat remembers line {beat.lines} with the hash "
            f"{beat.head}, and the ledger does not hold it"
        )


def _missing_snapshots(run: Path) -> Iterator[str]:
    events = [entry.event for entry in ledger.look_over(run / LEDGER).entries]
    dropped = {event.snapshot for event in events if isinstance(event, SnapshotDropped)}
    for event in events:
        if isinstance(event, LookTaken) and event.snapshot not in dropped:
            if not (run / SNAPSHOTS / event.snapshot / META).is_file():
                yield f"the snapshot of the look at step {event.step} is missing: {event.snapshot}"
            dropped.add(event.snapshot)
