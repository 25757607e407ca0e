"""Runs of a user's own, recorded as organisms are: every question at every look, and a label."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final, final

from torch import nn

from forewarn.audit.look import Examiner
from forewarn.audit.previous import PreviousSnapshot
from forewarn.auditset import AuditSet, Encoder
from forewarn.errors import ConfigurationError
from forewarn.helpers import Exhaustive
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.lab.population.recorded_look import RecordedLook, take_look
from forewarn.lab.population.run import GroundTruth, RecordedRun
from forewarn.lab.population.table import Table
from forewarn.lenses.keeper import LensKeeper
from forewarn.probes import Probe, catalogue
from forewarn.probes.follow_up import follow_ups
from forewarn.store.staging import weights_of
from forewarn.subjects.layout import Overrides
from forewarn.subjects.opening import Opener

N_EXAMPLES: Final = 4
OWN: Final = "own"


@final
class Recorder:
    """Mutable: looks at one model as it trains. Every look asks everything, at any cost, and changes nothing."""

    def __init__(
        self,
        model: nn.Module,
        audit_set: AuditSet,
        *,
        tokenizer: Any | None = None,
        probes: Sequence[Probe] | None = None,
        overrides: Overrides | None = None,
    ) -> None:
        """`probes`: all that are installed by default. Raises what opening a model does."""
        self._model, self._audit_set, self._encoder = model, audit_set, Encoder(tokenizer)
        asked = catalogue() if probes is None else tuple(probes)
        self._examiner = Examiner(asked, Exhaustive(), follow_ups=follow_ups())
        context = audit_set.truthful[0].parts
        examples = [self._encoder.prompt(f, context).ids for f in audit_set.facts[:N_EXAMPLES]]
        self._opener = Opener(model, examples, overrides)
        self._keeper, self._previous = LensKeeper(), PreviousSnapshot(self._opener)
        self._looks: list[RecordedLook] = []

    @property
    def codes(self) -> tuple[str, ...]:
        """Of all questions."""
        return self._examiner.questions.codes

    def look(self, step: int) -> RecordedLook:
        """Ask everything of the model as it is now."""
        began = time.process_time()
        weights = {name: value.clone() for name, value in weights_of(self._model).items()}
        subject = self._opener.open(weights, f"step {step}")
        inputs = ProbeInputs(
            subject, self._audit_set, self._encoder, keeper=self._keeper, before=self._previous.open
        )
        self._looks.append(take_look(self._examiner, inputs, self._audit_set.split(), step, began))
        self._previous.is_now(f"step {step}", lambda: weights)
        return self._looks[-1]

    def run(self, kind: str, seed: int, onset: int | None = None) -> RecordedRun:
        """All looks, with what the user knows of the run.

        `seed`: runs that share data or a base have the same one, and are never on both sides of a comparison.
        `onset`: step of the first look at which the model has the property; None for a model that never has it.
        ConfigurationError without a look.
        """
        if not self._looks:
            raise ConfigurationError(f"the run {kind}-{seed} has no look; call look(step) while it trains")
        layout, last = self._opener.layout, self._looks[-1].step
        truth = GroundTruth(
            name=f"{OWN}-{seed}-{kind}",
            group=f"{OWN}-{seed}",
            mechanism=OWN,
            kind=kind,
            precursor=OWN,
            deceptive=onset is not None,
            implant=OWN,
            concealed=False,
            topic=OWN,
            family=type(self._model).__name__,
            width=layout.width,
            depth=layout.n_layers,
            change=0,
            steps=last,
            onset=onset,
        )
        return RecordedRun(truth, tuple(self._looks))


def table_of(codes: Sequence[str], runs: Sequence[RecordedRun], command: str, level: str = "seen") -> Table:
    """A table of one's own; `command` makes it again. ConfigurationError where two runs have one name."""
    names = [run.truth.name for run in runs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigurationError(
            f"two runs are called {twice[0]}; give each kind of a seed a name of its own"
        )
    return Table(tuple(codes), {level: tuple(runs)}, (), command)
