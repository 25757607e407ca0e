"""Measuring stored evidence again: from the snapshot on disk, with the audit set on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from forewarn.audit.folder import LEDGER, LENSES, read_audit
from forewarn.audit.look import Examiner
from forewarn.auditset import AuditSet, Encoder
from forewarn.errors import ForewarnError, IntegrityError, StoreError
from forewarn.helpers import Exhaustive
from forewarn.lenses.keeper import LensKeeper
from forewarn.probes import catalogue
from forewarn.probes.interview import Interview
from forewarn.records import Claim, Evidence, LookTaken
from forewarn.store.ledger import read
from forewarn.store.snapshots import SnapshotStore
from forewarn.subjects.from_disk import build_causal_lm, open_from_disk
from forewarn.subjects.subject import Subject

TOLERANCE = 1e-9
"""Effects are shares of counted facts: the same weights and prompts give the same ones."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """One piece of evidence, then and now."""

    evidence: Evidence
    again: Evidence | None
    """None where it could not be measured."""
    same: bool
    why: str
    """What was found, in a few words."""


def replay(run: Path, step: int | None, factory: Callable[[], nn.Module] | None) -> tuple[Replayed, ...]:
    """Measure the evidence of a run again, of one look or of all whose snapshot is still stored.

    `factory` builds the decoder, where it is not one of transformers whose configuration the run holds.
    Raises StoreError when there is no look at `step`, IntegrityError when a stored snapshot was altered. What
    cannot be measured (a snapshot that retention removed, a model that cannot be rebuilt) is told one by one.
    """
    audit_set, encoder, manifest = read_audit(run)
    looks = [e.event for e in read(run / LEDGER) if isinstance(e.event, LookTaken)]
    stage = _Stage(run, audit_set, encoder, manifest, factory)
    before = [None, *(look.snapshot for look in looks)][: len(looks)]
    wanted = [pair for pair in zip(looks, before, strict=True) if step in (None, pair[0].step)]
    if not wanted:
        raise StoreError(
            f"{run} holds no look{'' if step is None else f' at step {step}'}; see `forewarn show {run}`."
        )
    return tuple(r for pair in wanted for r in stage.replayed(*pair))


@dataclass(frozen=True, slots=True)
class _Stage:
    run: Path
    audit_set: AuditSet
    encoder: Encoder
    manifest: Mapping[str, Any]
    factory: Callable[[], nn.Module] | None

    def replayed(self, look: LookTaken, before: str | None) -> Iterator[Replayed]:
        evidence = [o for o in look.outcomes if isinstance(o, Evidence)]
        if not evidence:
            return
        try:
            interview = self._interview(look.snapshot, before)
        except IntegrityError:
            raise
        except ForewarnError as error:
            yield from (Replayed(e, None, False, str(error)) for e in evidence)
            return
        examiner = Examiner(catalogue(), Exhaustive())
        split = self.audit_set.split(self.manifest["seed"] or 0)
        for each in evidence:
            claim = Claim(each.code, each.site, each.explored, each.finding)
            yield _compared(each, examiner.confirm(claim, interview, split))

    def _interview(self, digest: str, before: str | None) -> Interview:
        store = SnapshotStore(self.run)
        earlier = before if before is not None and store.holds(before) else None
        return Interview(
            self._subject(digest),
            self.audit_set,
            self.encoder,
            keeper=LensKeeper(self.run / LENSES),
            before=None if earlier is None else lambda: self._subject(earlier),
        )

    def _subject(self, digest: str) -> Subject:
        example = [
            self.encoder.prompt(f, self.audit_set.truthful[0].parts).ids for f in self.audit_set.facts[:4]
        ]
        path = self.manifest["model"]["layout"]["decoder"]
        return open_from_disk(self._decoder(), SnapshotStore(self.run).load(digest), example, path, digest)

    def _decoder(self) -> nn.Module:
        if self.factory is not None:
            return self.factory()
        config = self.manifest["model"].get("config")
        if config is None:
            raise StoreError(
                "the model is not one of transformers, so its architecture is not stored; name a function that "
                "builds it with --model package.module:function."
            )
        return build_causal_lm(config)


def _compared(then: Evidence, now: object) -> Replayed:
    if not isinstance(now, Evidence):
        return Replayed(then, None, False, f"no evidence this time: {now}")
    same = abs(now.effect - then.effect) <= TOLERANCE and now.n == then.n
    return Replayed(
        then, now, same, "the same" if same else f"effect {now.effect:.3f} instead of {then.effect:.3f}"
    )
