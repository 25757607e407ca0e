"""A litter's model and audit set, opened at one snapshot after another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final, final

from torch import Tensor

from forewarn.auditset import AuditSet, Encoder
from forewarn.instruments.interview import Interview
from forewarn.lab.organisms.levels import Level, audit_set
from forewarn.lab.organisms.litter import draw_litter
from forewarn.lab.population.folder import LitterFolder
from forewarn.lab.population.verified import Kept, Verified
from forewarn.lenses.keeper import LensKeeper
from forewarn.subjects.opening import Opener
from forewarn.subjects.subject import Subject

N_EXAMPLES: Final = 4


@final
class OpenedLitter:
    """Gives interviews; opening a snapshot closes the one that was opened before it."""

    def __init__(self, folder: LitterFolder, litter: Verified, level: Level, share: float = 1.0) -> None:
        """`share`: of the audit set's facts that are asked. AuditSetError where too few are left."""
        drawn = draw_litter(litter.mechanism, litter.seed, litter.start)
        first = drawn.members[0]
        self.audit_set = _cut(audit_set(drawn.stage, level), share)
        self.split = self.audit_set.split()
        self._folder, self._encoder = folder, Encoder(litter.start.tokenizer(first))
        context = self.audit_set.truthful[0].parts
        examples = [self._encoder.prompt(f, context).ids for f in self.audit_set.facts[:N_EXAMPLES]]
        model = litter.start.model(first)
        self._left = {n: p.data for n, p in model.named_parameters() if not p.requires_grad}
        self.opener = Opener(model, examples)

    def weights(self, member: str, kept: Kept) -> dict[str, Tensor]:
        """A snapshot's tensors, with those that training left alone."""
        return {**self._left, **self._folder.weights(member, kept)}

    def interview(
        self,
        member: str,
        kept: Kept,
        keeper: LensKeeper | None = None,
        before: Callable[[], Subject | None] | None = None,
    ) -> Interview:
        """An interview with a snapshot of a member."""
        subject = self.opener.open(self.weights(member, kept), kept.digest)
        return Interview(subject, self.audit_set, self._encoder, keeper=keeper, before=before)

    def beside(self, member: str, kept: Kept) -> Interview:
        """An interview that stays open while others are."""
        subject = self.opener.twin().open(self.weights(member, kept), kept.digest)
        return Interview(subject, self.audit_set, self._encoder)


def _cut(whole: AuditSet, share: float) -> AuditSet:
    """The first facts alone."""
    n = round(share * len(whole.facts))
    return whole if n >= len(whole.facts) else replace(whole, facts=whole.facts[:n])
