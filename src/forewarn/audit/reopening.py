"""A stored run opened again for reading: its models, from its snapshots, with its audit set."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any, final

from torch import nn

from forewarn.audit.folder import LEDGER, LENSES, MANIFEST, read_audit
from forewarn.audit.wording import writer_of
from forewarn.auditset import AuditSet, Encoder, Split
from forewarn.errors import IntegrityError, StoreError
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.lenses.keeper import LensKeeper
from forewarn.records import Event, LookTaken, RunStarted, Status
from forewarn.store.catalogue import Catalogue
from forewarn.store.kept import PAPERS, changes, digest_within, recorded
from forewarn.store.ledger import read
from forewarn.store.snapshots import SnapshotStore
from forewarn.subjects.from_disk import Held, Reopener, build_causal_lm, recorded_opener
from forewarn.subjects.opening import Opener
from forewarn.subjects.prompts import Prompts
from forewarn.subjects.subject import Subject

Factory = Callable[[], nn.Module]
MOST_MEASURED = 3
"""Snapshots whose sizes are looked at before a model is built: all of a run have the same."""


@final
@dataclass(frozen=True, slots=True)
class StoredRun:
    """What a run keeps on disk, and how its models are built again."""

    run: Path
    audit_set: AuditSet
    encoder: Encoder
    manifest: Mapping[str, Any]
    looks: tuple[LookTaken, ...]
    """In the order of the ledger."""
    reopener: Reopener
    """Opens its snapshots."""
    kept: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of the files of which the ledger tells, by their names."""

    @staticmethod
    def open(run: Path, factory: Factory | None = None) -> StoredRun:
        """Read a run. StoreError where it is none, IntegrityError where it was altered.

        `factory` builds the decoder, where it is not one of transformers whose configuration the run holds.
        """
        events = tuple(entry.event for entry in read(run / LEDGER))
        kept = recorded(events)
        _refuse_changed(run, events, {name: kept[name] for name in PAPERS if name in kept})
        audit_set, encoder, manifest = read_audit(run)
        looks = tuple(event for event in events if isinstance(event, LookTaken))
        reopener = Reopener(
            lambda: _opener(run, manifest.get("model", {}), factory, _examples(audit_set, encoder))
        )
        return StoredRun(run, audit_set, encoder, manifest, looks, reopener, kept)

    @property
    def split(self) -> Split:
        """The explore and the confirm facts of its looks."""
        return self.audit_set.split(self.manifest.get("seed") or 0)

    def inputs(self, digest: str, before: str | None = None) -> ProbeInputs:
        """The model of a snapshot, ready to be asked; `before` is the snapshot of the look before.

        Raises:
            StoreError: the snapshot is not there any more, or nothing says how to build the model.
            IntegrityError: the snapshot was altered.
            SubjectError: the model cannot be built, or the snapshot is not its.
        """
        earlier, clear = self._held(before), self._held(self._clear_before(digest))
        return ProbeInputs(
            self.subject(digest),
            self.audit_set,
            self.encoder,
            keeper=LensKeeper(self.run / LENSES if self.has_lenses(digest) else None),
            before=None if earlier is None else lambda: self.subject(earlier),
            clear=None if clear == earlier else lambda: None if clear is None else self.subject(clear),
            words=writer_of(self.run),
        )

    def _held(self, digest: str | None) -> str | None:
        return digest if digest is not None and SnapshotStore(self.run).holds(digest) else None

    def _clear_before(self, digest: str) -> str | None:
        """Digest of the last clear look before the first one at this snapshot; None without one."""
        earlier = takewhile(lambda look: look.snapshot != digest, self.looks)
        clear = [look.snapshot for look in earlier if look.status is Status.CLEAR]
        return clear[-1] if clear else None

    def has_lenses(self, digest: str) -> bool:
        """Whether lenses are stored for a snapshot.

        Where they are not they are fitted from scratch and not stored: to read a run is not to change it, and a
        lens left there would be the one that the run's next look begins from. IntegrityError where they are not
        what the ledger tells of.
        """
        if not (self.run / LENSES / f"{digest}.json").is_file():
            return False
        owner = LensKeeper(self.run / LENSES).owner(digest)
        names = (f"{LENSES}/{digest}.json", f"{LENSES}/{owner}.safetensors")
        _refuse(self.run, changes(self.run, {name: self.kept[name] for name in names if name in self.kept}))
        return True

    def subject(self, digest: str) -> Subject:
        """The model of a snapshot; raises what `inputs` does."""
        return self.reopener.open(SnapshotStore(self.run).load(digest), digest)


def _refuse_changed(run: Path, events: Sequence[Event], papers: Mapping[str, str]) -> None:
    """IntegrityError that names what of a run's manifest, audit set and words is not what was written."""
    begun = [event.manifest for event in events if isinstance(event, RunStarted)]
    found = digest_within(run, MANIFEST)
    altered = () if not begun or found in begun else (f"{MANIFEST} was altered: its SHA-256 is {found}",)
    _refuse(run, (*altered, *changes(run, papers)))


def _refuse(run: Path, changed: Iterable[str]) -> None:
    if told := "; ".join(changed):
        raise IntegrityError(f"{run} is not what was written: {told}. Nothing can be measured again from it.")


def _opener(run: Path, model: Mapping[str, Any], factory: Factory | None, example: Prompts) -> Opener:
    decoder = _decoder(model.get("config"), held_in(run)) if factory is None else factory()
    return recorded_opener(decoder, model.get("layout"), example)


def held_in(run: Path) -> Held:
    """How many tensors and numbers the largest snapshot of a run holds. StoreError where it holds none."""
    catalogue = Catalogue(run)
    metas = [catalogue.meta(digest) for digest in catalogue.digests()[:MOST_MEASURED]]
    if not metas:
        raise StoreError(f"{run} holds no snapshot any more")
    tensors = [[math.prod(held.shape) for held in meta.tensors.values()] for meta in metas]
    aliases = max(len(meta.aliases) for meta in metas)
    return Held(max(map(len, tensors)) + aliases, max(map(sum, tensors)))


def _examples(audit_set: AuditSet, encoder: Encoder) -> Prompts:
    context = audit_set.truthful[0].parts
    return [encoder.prompt(fact, context).ids for fact in audit_set.facts[:4]]


def _decoder(config: object, held: Held) -> nn.Module:
    if config is None:
        raise StoreError(
            "the model is not one of transformers, so its architecture is not stored; name a function that "
            "builds it with --model package.module:function."
        )
    if not isinstance(config, dict):
        raise IntegrityError(f"the model's configuration should be an object; found {type(config).__name__}")
    return build_causal_lm(config, held=held)
