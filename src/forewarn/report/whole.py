"""Everything in a run's folder, checked: what `forewarn verify` tells."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from forewarn.audit.gaps import is_cut
from forewarn.audit.heartbeat import HEARTBEAT, is_altered, sign_of_life
from forewarn.errors import IntegrityError, StoreError
from forewarn.reading import read_text
from forewarn.records import Event, LookTaken
from forewarn.report.manifest import OtherFormatError, read_manifest
from forewarn.report.run import LEDGER, MANIFEST, check_is_run
from forewarn.report.soundness import Checked, looks_of_one_mind, manifest_of, papers_of
from forewarn.report.words import count
from forewarn.store import ledger, traces
from forewarn.store.catalogue import META, SNAPSHOTS, Catalogue, unfinished
from forewarn.store.chain import Examined
from forewarn.store.digest import is_digest
from forewarn.store.kept import EXPLANATIONS, LENSES, PAPERS, changes, dropped, left_by, recorded

BELONGS: Final = frozenset(
    (
        MANIFEST,
        LEDGER,
        f"{LEDGER}.torn",
        HEARTBEAT,
        *PAPERS,
        SNAPSHOTS,
        LENSES,
        EXPLANATIONS,
        traces.TRACES,
        "report.html",
    )
)
"""What may stand in a run's folder. Hidden files are remarked upon, anything else is a problem."""
_LAST: Final = f"{LENSES}/last.json"


def checks(run: Path, found: Examined, head: str | None) -> Iterator[Checked]:
    """One value for each kind of file of a run, in the order in which they depend on each other.

    `found` is what the ledger's bytes gave. Raises StoreError where the folder is no run at all, OtherFormatError
    where another version wrote the run, so that nothing can be said of it.
    """
    yield from _lost(run)
    events = [entry.event for entry in found.entries]
    if (run / LEDGER).is_file():
        told = tuple(ledger.problems_of(found, head))
        yield Checked(f"ledger, {count(len(events), 'line')}", told)
        yield Checked("heartbeat", tuple(_sign(run, found)))
    yield from _manifest(run, events)
    yield _snapshots(run, events)
    yield from _beside(run, events)
    yield _traces(run)
    yield _others(run)


def _sign(run: Path, found: Examined) -> Iterator[str]:
    """Lines that the heartbeat remembers and the ledger has not."""
    beat = sign_of_life(run).beat
    if is_altered(run):
        yield f"{HEARTBEAT} was altered: it is not as a monitor writes it"
    if beat is not None and is_cut(found.entries, beat):
        yield (
            f"lines were cut off the ledger's end: it remembers line {beat.lines} with the hash {beat.head}, and "
            "the ledger does not hold it"
        )


def _lost(run: Path) -> Iterator[Checked]:
    """Manifest or ledger, where one is there without the other."""
    try:
        check_is_run(run)
    except IntegrityError as error:
        yield Checked("manifest and ledger", (str(error),))


def _manifest(run: Path, events: Sequence[Event]) -> Iterator[Checked]:
    """The manifest, and all that only it can tell."""
    if not (run / MANIFEST).exists():
        return
    try:
        manifest = read_manifest(run / MANIFEST)
    except OtherFormatError:
        raise
    except StoreError as error:
        yield Checked("manifest", (str(error),))
        return
    yield manifest_of(manifest, events)
    yield looks_of_one_mind(manifest, events)
    yield from papers_of(run, manifest, events)


def _snapshots(run: Path, events: Sequence[Event]) -> Checked:
    catalogue = Catalogue(run)
    looked = {event.snapshot for event in events if isinstance(event, LookTaken)}
    alone = sorted(set(catalogue.digests()) - looked)
    remarks = tuple(f"no look tells of the snapshot {digest[:12]}: a look was cut off" for digest in alone)
    problems = (*_missing(run, events), *catalogue.verify())
    return Checked(f"weights, {count(len(catalogue.digests()), 'snapshot')}", problems, remarks)


def _missing(run: Path, events: Sequence[Event]) -> Iterator[str]:
    gone = set(dropped(events))
    for event in events:
        if isinstance(event, LookTaken) and event.snapshot not in gone:
            if not (run / SNAPSHOTS / event.snapshot / META).is_file():
                yield f"the snapshot of the look at step {event.step} is missing: {event.snapshot}"
            gone.add(event.snapshot)


def _beside(run: Path, events: Sequence[Event]) -> Iterator[Checked]:
    """Lenses, pictures and explanations: what the ledger tells of, and what it does not."""
    kept = {name: sha for name, sha in recorded(events).items() if name not in PAPERS}
    for folder, what in ((LENSES, "lenses and pictures"), (EXPLANATIONS, "explanations")):
        told = {name: sha for name, sha in kept.items() if name.startswith(f"{folder}/")}
        problems = [*changes(run, told, dropped(events)), *_foreign(run, folder)]
        there = [name for name in _names(run, folder) if name != _LAST]
        bare = [name for name in there if name not in told]
        remarks = [f"no line of the ledger covers {name}: a change to it would not show" for name in bare]
        yield Checked(f"{what}, {count(len(there), 'file')}", tuple(problems), tuple(remarks))
    strange = [name for name in kept if name.split("/")[0] not in (LENSES, EXPLANATIONS)]
    if strange:
        yield Checked("other files", tuple(f"the ledger tells of a file {name!r}" for name in strange))


def _names(run: Path, folder: str) -> list[str]:
    """Files of a folder that are named as a look names them."""
    place = run / folder
    if place.is_symlink() or not place.is_dir():
        return []
    found = (each.name for each in sorted(place.iterdir()))
    return [f"{folder}/{name}" for name in found if _is_ours(folder, name)]


def _is_ours(folder: str, name: str) -> bool:
    digest = name.partition(".")[0]
    return f"{folder}/{name}" == _LAST or (is_digest(digest) and f"{folder}/{name}" in left_by(digest))


def _foreign(run: Path, folder: str) -> Iterator[str]:
    place = run / folder
    if place.is_symlink():
        yield f"{folder} is a link: what it leads to is not part of the run"
    elif place.is_dir():
        for each in sorted(place.iterdir()):
            if each.is_symlink() or not (_is_ours(folder, each.name) or unfinished(each.name)):
                yield f"{folder}/{each.name} does not belong to the run"
        if folder == LENSES and (run / _LAST).exists():
            yield from _last(run)


def _last(run: Path) -> Iterator[str]:
    """The file that says from which lenses the next look begins; it changes with every look."""
    try:
        text = read_text(run / _LAST, 10_000, run)
        owner = text[len('{"lenses": "') : -len('"}\n')]
        sound = is_digest(owner) and text == json.dumps({"lenses": owner}) + "\n"
        if not sound or not (run / LENSES / f"{owner}.safetensors").is_file():
            yield f"{_LAST} was altered: it names no lenses that are stored"
    except StoreError as error:
        yield str(error)


def _traces(run: Path) -> Checked:
    try:
        found = traces.read(run / traces.TRACES)
    except StoreError as error:
        return Checked("traces", (str(error),))
    return Checked(f"traces, {count(len(found), 'inspection')}")


def _others(run: Path) -> Checked:
    names = sorted(each.name for each in run.iterdir() if each.name not in BELONGS) if run.is_dir() else []
    hidden = tuple(f"{name} is not part of the run; nothing reads it" for name in names if name[0] == ".")
    strange = tuple(f"{name} does not belong to the run" for name in names if name[0] != ".")
    links = tuple(
        f"{each.name} is a link: what it leads to is not part of the run"
        for each in sorted(run.iterdir())
        if each.name in BELONGS and each.is_symlink()
    )
    return Checked("folder", (*strange, *links), hidden)
