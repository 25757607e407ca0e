"""Pictures that a look leaves for its report. They are no evidence: a look goes on without them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from forewarn.audit.folder import TOKENS
from forewarn.audit.traced import questions
from forewarn.audit.wording import Wording
from forewarn.auditset import Split
from forewarn.auditset.vocabulary import Vocabulary
from forewarn.errors import ForewarnError
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.lenses.trajectory import trace
from forewarn.records import Outcome, Trajectories
from forewarn.store.files import refused
from forewarn.store.trajectories import place, write

log = logging.getLogger("forewarn")


def keep_pictures(run: Path, inputs: ProbeInputs, split: Split, outcomes: Sequence[Outcome]) -> None:
    """Write the lens trajectories of a look whose probes read through lenses; a warning where that fails."""
    if not inputs.has_lenses(split):
        return
    try:
        write(run, of_look(inputs, split, outcomes, _words(run)))
    except ForewarnError as error:
        log.warning("forewarn could not keep the lens pictures of a look in %s: %s", run, error)


def of_look(
    inputs: ProbeInputs,
    split: Split,
    outcomes: Sequence[Outcome],
    word: Callable[[int], str] | None = None,
) -> Trajectories:
    """What a look keeps for its report: the lenses that its probes used, on one fact in every context.

    `word` gives a token's word; by default the audit set's phrases tell. Raises what `trajectories` does.
    """
    if word is None:
        word = Vocabulary.from_table(inputs.encoder.table(inputs.audit_set)).word
    asked = questions(inputs, outcomes)
    return trace(inputs.subject, inputs.lenses(split), asked, word)


def _words(run: Path) -> Callable[[int], str] | None:
    """Words of a run's folder; None, and so those of the audit set alone, where there is none."""
    return Wording.of(run).word if (run / TOKENS).is_file() else None


def drop_pictures(run: Path, digest: str) -> None:
    """Remove the trajectories of a snapshot that retention removed. StoreError when the system refuses."""
    path = place(run, digest)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise refused(path, error) from error
