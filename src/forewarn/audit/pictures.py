"""Pictures that a look leaves for the page about its run. They are no evidence: a look goes on without them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from forewarn.audit.folder import TOKENS
from forewarn.audit.traced import questions
from forewarn.audit.wording import Wording
from forewarn.auditset import Split
from forewarn.auditset.vocabulary import Vocabulary
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.lenses.trajectory import trace
from forewarn.records import Outcome, Trajectories
from forewarn.store import explanations, trajectories

log = logging.getLogger("forewarn")


def keep_pictures(run: Path, inputs: ProbeInputs, split: Split, outcomes: Sequence[Outcome]) -> None:
    """Write the lens trajectories of a look whose probes read through lenses; a warning where that fails."""
    if not inputs.has_lenses(split):
        return
    try:
        draw(run, inputs, split, outcomes)
    except Exception as error:
        log.warning("forewarn could not keep the lens pictures of a look in %s: %s", run, error)


def draw(run: Path, inputs: ProbeInputs, split: Split, outcomes: Sequence[Outcome]) -> None:
    """Write the lens trajectories of a look. Raises what `of_look` raises, and StoreError from the disk."""
    trajectories.write(run, of_look(inputs, split, outcomes, _words(run)))


def of_look(
    inputs: ProbeInputs,
    split: Split,
    outcomes: Sequence[Outcome],
    word: Callable[[int], str] | None = None,
) -> Trajectories:
    """What the look's lenses read of one fact, in every context and in the condition of every claim.

    `word` gives a token's word; by default the audit set's phrases tell. Raises NotApplicableError where the model
    can have no lenses.
    """
    if word is None:
        word = Vocabulary.from_table(inputs.encoder.table(inputs.audit_set)).word
    asked = questions(inputs, outcomes)
    return trace(inputs.subject, inputs.lenses(split), asked, word)


def _words(run: Path) -> Callable[[int], str] | None:
    """Words of a run's folder; None, and so those of the audit set alone, where there is none."""
    return Wording.of(run).word if (run / TOKENS).is_file() else None


def drop_pictures(run: Path, digest: str) -> None:
    """Remove what was drawn and asked for people of a snapshot that retention removed.

    StoreError when the system refuses.
    """
    trajectories.drop(run, digest)
    explanations.drop(run, digest)
