"""Measuring one snapshot: it is opened, asked, judged and held against the alarm rule. Nothing is written."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

from forewarn.alarms import AlarmState
from forewarn.audit.equipment import Equipment
from forewarn.audit.folder import RunFolder
from forewarn.audit.previous import EarlierSnapshots
from forewarn.audit.wording import writer_of
from forewarn.auditset import Encoder
from forewarn.errors import SubjectError
from forewarn.helpers import History
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.judges.claims import leading
from forewarn.judges.features import first_measured
from forewarn.records import Alarm, LookTaken, Outcome, Snapshot
from forewarn.store.staging import Frozen
from forewarn.subjects.opening import Opener


@dataclass(frozen=True, slots=True)
class Known:
    """What a run's earlier looks leave to the next one."""

    alarm: AlarmState
    """Of the alarm rule."""
    history: History
    """Of the helper."""
    last_clear: str | None
    """Digest of the last clear snapshot."""
    first: tuple[Outcome, ...] | None = ()
    """What the run's first look found: the null of every look. Empty before it, None where it is lost."""


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """All that one look came to, before any of it is written."""

    taken: LookTaken
    alarm: Alarm | None
    """What the rule said at this look; None where it was silent."""
    state: AlarmState
    """Of the alarm rule, with this look counted in."""
    history: History
    """Of the helper, with this look counted in."""
    first: tuple[Outcome, ...] | None
    """What the run's first look found; of this look, where there was none before it that measured anything."""
    claim: str | None
    """The claim that the look is told by, in a sentence; None where the judge counts none of its claims."""
    inputs: ProbeInputs
    """The model that was asked, for what is asked of it afterwards."""


@final
class Measuring:
    """Mutable: measures the snapshots of one run, each beside the one before it."""

    def __init__(
        self, equipment: Equipment, encoder: Encoder, folder: RunFolder, opener: Opener | None
    ) -> None:
        self._equipment, self._encoder, self._folder, self._opener = equipment, encoder, folder, opener
        self.split = equipment.audit_set.split(equipment.seed)
        """The facts that are explored, and those that confirm."""
        self._earlier = None if opener is None else EarlierSnapshots(opener, folder.snapshots)

    def remember(self, digest: str) -> None:
        """The next look may compare itself with this one, if its snapshot is kept so long."""
        if self._earlier is not None:
            self._earlier.remember(digest)

    def __call__(
        self, frozen: Frozen, snapshot: Snapshot, known: Known, begun: float, weights: str = ""
    ) -> Measured:
        """Measure a snapshot. `begun` is when the look began, by the monotonic clock.

        `weights` names weights that are not the model's own.

        Raises what the opening raises: SubjectError for weights that are not finite, or do not fit.
        """
        tools, inputs = self._equipment, self._inputs(frozen, snapshot, known.last_clear)
        look = tools.examiner.look(inputs, self.split, known.history)
        n_known, n = len(inputs.known(tools.audit_set.facts)), len(tools.audit_set.facts)
        first = known.first
        if first is not None:
            first = first_measured((first, look.outcomes), tools.judge.codes)
        verdict = tools.judge.verdict(look.outcomes, n_known, n, first)
        state, status, alarm = tools.rule.update(known.alarm, verdict, snapshot.step, snapshot.digest)
        seconds = round(time.monotonic() - begun, 3)
        taken = LookTaken(
            snapshot.step, snapshot.digest, look.outcomes, verdict, status, n_known, n, seconds, weights
        )
        claim = _claim(look.outcomes, tools.judge.codes, first or ())
        return Measured(taken, alarm, state, look.history, first, claim, inputs)

    def _inputs(self, frozen: Frozen, snapshot: Snapshot, last_clear: str | None) -> ProbeInputs:
        if self._opener is None or self._earlier is None:
            raise SubjectError("the model could not be opened when the run began")
        return ProbeInputs(
            self._opener.open({**frozen.tensors, **_shared(frozen)}, snapshot.digest),
            self._equipment.audit_set,
            self._encoder,
            keeper=self._folder.lenses,
            before=self._earlier.open_before,
            clear=self._earlier.clear(last_clear),
            words=writer_of(self._folder.path),
        )


def _claim(outcomes: Sequence[Outcome], codes: Sequence[str], first: Sequence[Outcome]) -> str | None:
    found = leading([outcome for outcome in outcomes if outcome.code in codes], codes, first)
    return None if found is None else found.claim


def _shared(frozen: Frozen) -> dict[str, Any]:
    return {name: frozen.tensors[target] for name, target in frozen.aliases.items()}
