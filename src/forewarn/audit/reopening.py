"""A stored run opened again for reading: its models, from its snapshots, with its audit set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any, final

from torch import nn

from forewarn.audit.folder import LEDGER, LENSES, read_audit
from forewarn.audit.wording import writer_of
from forewarn.auditset import AuditSet, Encoder, Split
from forewarn.errors import StoreError
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.lenses.keeper import LensKeeper
from forewarn.records import LookTaken, Status
from forewarn.store.ledger import read
from forewarn.store.snapshots import SnapshotStore
from forewarn.subjects.from_disk import Reopener, build_causal_lm, recorded_opener
from forewarn.subjects.opening import Opener
from forewarn.subjects.prompts import Prompts
from forewarn.subjects.subject import Subject

Factory = Callable[[], nn.Module]


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

    @staticmethod
    def open(run: Path, factory: Factory | None = None) -> StoredRun:
        """Read a run. StoreError where it is none, IntegrityError where it was altered.

        `factory` builds the decoder, where it is not one of transformers whose configuration the run holds.
        """
        audit_set, encoder, manifest = read_audit(run)
        looks = tuple(e.event for e in read(run / LEDGER) if isinstance(e.event, LookTaken))
        reopener = Reopener(lambda: _opener(manifest["model"], factory, _examples(audit_set, encoder)))
        return StoredRun(run, audit_set, encoder, manifest, looks, reopener)

    @property
    def split(self) -> Split:
        """The explore and the confirm facts of its looks."""
        return self.audit_set.split(self.manifest["seed"] or 0)

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
        lens left there would be the one that the run's next look begins from.
        """
        return (self.run / LENSES / f"{digest}.json").is_file()

    def subject(self, digest: str) -> Subject:
        """The model of a snapshot; raises what `inputs` does."""
        return self.reopener.open(SnapshotStore(self.run).load(digest), digest)


def _opener(model: Mapping[str, Any], factory: Factory | None, example: Prompts) -> Opener:
    decoder = _decoder(model.get("config")) if factory is None else factory()
    return recorded_opener(decoder, model.get("layout"), example)


def _examples(audit_set: AuditSet, encoder: Encoder) -> Prompts:
    context = audit_set.truthful[0].parts
    return [encoder.prompt(fact, context).ids for fact in audit_set.facts[:4]]


def _decoder(config: Mapping[str, Any] | None) -> nn.Module:
    if config is None:
        raise StoreError(
            "the model is not one of transformers, so its architecture is not stored; name a function that "
            "builds it with --model package.module:function."
        )
    return build_causal_lm(config)
