"""A matched group's model and audit set, opened at one snapshot after another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final, final

from torch import Tensor

from forewarn.auditset import AuditSet, Encoder
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.lab.organisms.levels import Level, audit_set
from forewarn.lab.organisms.matched_group import draw_group
from forewarn.lab.population.folder import GroupFolder
from forewarn.lab.population.verified import Kept, Verified
from forewarn.lenses.keeper import LensKeeper
from forewarn.subjects.opening import Opener
from forewarn.subjects.subject import Subject

N_EXAMPLES: Final = 4


@final
class OpenedGroup:
    """Gives probe inputs; opening a snapshot closes the one that was opened before it."""

    def __init__(self, folder: GroupFolder, group: Verified, level: Level, share: float = 1.0) -> None:
        """`share`: of the audit set's facts that are asked. AuditSetError where too few are left."""
        drawn = draw_group(group.mechanism, group.seed, group.start)
        first = drawn.members[0]
        self.audit_set = _cut(audit_set(drawn.stage, level), share)
        self.split = self.audit_set.split()
        self._folder, self._encoder = folder, Encoder(group.start.tokenizer(first))
        context = self.audit_set.truthful[0].parts
        examples = [self._encoder.prompt(f, context).ids for f in self.audit_set.facts[:N_EXAMPLES]]
        model = group.start.model(first)
        self._left = {n: p.data for n, p in model.named_parameters() if not p.requires_grad}
        self.opener = Opener(model, examples)

    def weights(self, member: str, kept: Kept) -> dict[str, Tensor]:
        """A snapshot's tensors, with those that training left alone."""
        return {**self._left, **self._folder.weights(member, kept)}

    def inputs(
        self,
        member: str,
        kept: Kept,
        keeper: LensKeeper | None = None,
        before: Callable[[], Subject | None] | None = None,
    ) -> ProbeInputs:
        """The inputs of a probe with a snapshot of a member."""
        subject = self.opener.open(self.weights(member, kept), kept.digest)
        return ProbeInputs(subject, self.audit_set, self._encoder, keeper=keeper, before=before)

    def beside(self, member: str, kept: Kept) -> ProbeInputs:
        """The inputs of a probe that stays open while others are."""
        subject = self.opener.twin().open(self.weights(member, kept), kept.digest)
        return ProbeInputs(subject, self.audit_set, self._encoder)


def _cut(whole: AuditSet, share: float) -> AuditSet:
    """The first facts alone."""
    n = round(share * len(whole.facts))
    return whole if n >= len(whole.facts) else replace(whole, facts=whole.facts[:n])
