"""Whether a run is what was written: its manifest, its papers and its looks, against what its ledger tells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from forewarn.errors import IntegrityError, StoreError
from forewarn.reading import AbsentError
from forewarn.records import Event, LookTaken, RunStarted, Status
from forewarn.report.manifest import Manifest
from forewarn.report.words import likely, percent
from forewarn.store.kept import PAPERS, changes, digest_within, recorded

AUDIT_SET = PAPERS[0]


@dataclass(frozen=True, slots=True)
class Checked:
    """One kind of file of a run, and what came of checking it."""

    what: str
    """Such as "audit set"."""
    problems: tuple[str, ...] = ()
    """What is not as it was written, in a sentence each."""
    remarks: tuple[str, ...] = ()
    """What could not be checked, or lies there without being part of the run."""


def changed(run: Path, manifest: Manifest, events: Sequence[Event]) -> tuple[str, ...]:
    """What of a run's manifest and papers is not what was written; quick enough for a list of runs.

    Weights, lenses, pictures and traces are not read: `forewarn verify` reads them all.
    """
    return tuple(
        problem
        for each in (manifest_of(manifest, events), *papers_of(run, manifest, events))
        for problem in each.problems
    )


def manifest_of(manifest: Manifest, events: Sequence[Event]) -> Checked:
    """The manifest, whose digest the ledger's first line holds."""
    wanted = [event.manifest for event in events if isinstance(event, RunStarted)]
    if not wanted or manifest.digest in wanted:
        return Checked("manifest")
    altered = f"run.json was altered: its hash is {manifest.digest}, the ledger was begun with {wanted[0]}"
    return Checked("manifest", (altered,))


def papers_of(run: Path, manifest: Manifest, events: Sequence[Event]) -> Iterator[Checked]:
    """Audit set, token table and tokenizer."""
    kept = recorded(events)
    audit = _audit_set(run, manifest)
    for name, what in zip(PAPERS, ("audit set", "token table", "tokenizer"), strict=True):
        problems: tuple[str, ...] = tuple(changes(run, {name: kept[name]})) if name in kept else ()
        remarks: tuple[str, ...] = () if name in kept or not (run / name).exists() else (_uncovered(name),)
        if name == AUDIT_SET:
            problems, remarks = problems or audit.problems, audit.remarks
        yield Checked(what, problems, remarks)


def _audit_set(run: Path, manifest: Manifest) -> Checked:
    """The audit set, whose digest the manifest holds."""
    try:
        found = digest_within(run, AUDIT_SET)
    except AbsentError:
        return Checked("", (), (f"there is no {AUDIT_SET}: nothing can be measured again",))
    except StoreError as error:
        return Checked("", (str(error),))
    if found != manifest.audit_digest:
        return Checked(
            "",
            (f"{AUDIT_SET} was altered: its SHA-256 is {found}, the manifest says {manifest.audit_digest}",),
        )
    return Checked("")


def _uncovered(name: str) -> str:
    return f"no line of the ledger covers {name}: a change to it would not show"


def looks_of_one_mind(manifest: Manifest, events: Sequence[Event]) -> Checked:
    """Every look's status must be what its probability and the threshold make it."""
    threshold = manifest.promise.threshold
    looks = [event for event in events if isinstance(event, LookTaken) and event.status is Status.CLEAR]
    return Checked(
        "looks",
        tuple(
            f"the look at step {look.step} is called clear at {likely(look.verdict.probability)}, "
            f"above the threshold of {percent(threshold)}"
            for look in looks
            if threshold is not None
            and look.verdict.probability is not None
            and look.verdict.calibration == manifest.promise.digest
            and look.verdict.probability > threshold
        ),
    )


def refuse_contradictions(run: Path, manifest: Manifest, events: Sequence[Event]) -> None:
    """IntegrityError where a look is called clear above the threshold: no reader may repeat it."""
    if found := looks_of_one_mind(manifest, events).problems:
        raise IntegrityError(f"{run} contradicts itself: {found[0]}. See `forewarn verify {run}`.")
