"""Lens trajectories of a snapshot."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from forewarn.audit.inspection.opened import Opened
from forewarn.audit.inspection.questions import questions
from forewarn.auditset import Split
from forewarn.auditset.vocabulary import Vocabulary
from forewarn.lenses.trajectory import Question, TraceSettings, trace
from forewarn.probes.interview import Interview
from forewarn.records import Outcome, Trajectories


def trajectories(
    opened: Opened,
    fact: str | None = None,
    context: str | None = None,
    prompt: str | None = None,
    positions: int = TraceSettings().positions,
) -> Trajectories:
    """Trace a prompt of one's own, or the questions of the audit set.

    Raises:
        AuditSetError: no such fact or context, or a prompt that the model cannot take.
        NotApplicableError: the model can have no lens.
    """
    if prompt is None:
        asked = questions(opened.interview, opened.look.outcomes, fact, context)
    else:
        asked = (Question(prompt, opened.wording.ids(prompt)),)
    lens_set = opened.lenses
    with opened.tell("reading through the lenses"):
        settings = TraceSettings(positions=positions)
        return trace(opened.subject, lens_set, asked, opened.wording.word, settings)


def of_look(
    interview: Interview,
    split: Split,
    outcomes: Sequence[Outcome],
    word: Callable[[int], str] | None = None,
) -> Trajectories:
    """What a look keeps for its report: the lenses that its probes used, on one fact in every context.

    `word` gives a token's word; by default the audit set's phrases tell. Raises what `trajectories` does.
    """
    if word is None:
        word = Vocabulary.from_table(interview.encoder.table(interview.audit_set)).word
    asked = questions(interview, outcomes)
    return trace(interview.subject, interview.lenses(split), asked, word)
