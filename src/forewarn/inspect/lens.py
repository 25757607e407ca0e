"""Lens trajectories of a snapshot."""

from __future__ import annotations

from forewarn.audit.traced import questions
from forewarn.inspect.opened import Opened
from forewarn.lenses.trajectory import TracedPrompt, TraceSettings, trace
from forewarn.records import Trajectories


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
        asked = questions(opened.inputs, opened.look.outcomes, fact, context)
    else:
        asked = (TracedPrompt(prompt, opened.wording.ids(prompt)),)
    lens_set = opened.lenses
    with opened.tell("reading through the lenses"):
        settings = TraceSettings(positions=positions)
        return trace(opened.subject, lens_set, asked, opened.wording.word, settings)
