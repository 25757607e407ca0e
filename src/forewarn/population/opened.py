"""A litter's model and audit set, opened at one snapshot after another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, final

from forewarn.auditset import Encoder
from forewarn.lenses.keeper import LensKeeper
from forewarn.organisms.levels import Level, audit_set
from forewarn.organisms.litter import draw_litter
from forewarn.organisms.models import build, tokenizer
from forewarn.population.folder import LitterFolder
from forewarn.population.verified import Kept, Verified
from forewarn.probes.interview import Interview
from forewarn.subjects.opening import Opener
from forewarn.subjects.subject import Subject

N_EXAMPLES: Final = 4


@final
class OpenedLitter:
    """Gives interviews; opening a snapshot closes the one that was opened before it."""

    def __init__(self, folder: LitterFolder, litter: Verified, level: Level) -> None:
        drawn = draw_litter(litter.mechanism, litter.seed)
        first = drawn.members[0]
        words = tokenizer(first.words)
        self.audit_set = audit_set(drawn.stage, level)
        self.split = self.audit_set.split()
        self._folder, self._encoder = folder, Encoder(words)
        context = self.audit_set.truthful[0].parts
        examples = [self._encoder.prompt(f, context).ids for f in self.audit_set.facts[:N_EXAMPLES]]
        self.opener = Opener(build(first.architecture, len(words), first.seed), examples)

    def interview(
        self,
        member: str,
        kept: Kept,
        keeper: LensKeeper | None = None,
        before: Callable[[], Subject | None] | None = None,
    ) -> Interview:
        """An interview with a snapshot of a member."""
        subject = self.opener.open(self._folder.weights(member, kept), kept.digest)
        return Interview(subject, self.audit_set, self._encoder, keeper=keeper, before=before)

    def beside(self, member: str, kept: Kept) -> Interview:
        """An interview that stays open while others are."""
        subject = self.opener.twin().open(self._folder.weights(member, kept), kept.digest)
        return Interview(subject, self.audit_set, self._encoder)
