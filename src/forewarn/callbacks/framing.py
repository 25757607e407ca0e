"""Whether a model is asked in its tokenizer's chat template or in plain text."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from forewarn.auditset import AuditSet, Encoder
from forewarn.auditset.frame import Frame, has_chat
from forewarn.errors import AuditSetError
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.subjects.subject import Subject

log = logging.getLogger("forewarn")


def encoders(tokenizer: Any | None, chat: bool | None) -> tuple[Encoder, ...]:
    """The ways in which the model may be asked, the likelier one first.

    `chat`: True for the template alone, False for plain text alone, None for whatever the tokenizer offers.

    Raises:
        AuditSetError: a template is wanted, and there is none that can be used.
    """
    plain = Encoder(tokenizer)
    if chat is False or (chat is None and not has_chat(tokenizer)):
        return (plain,)
    if chat:
        return (Encoder(tokenizer, Frame.of_chat(tokenizer)),)
    try:
        return Encoder(tokenizer, Frame.of_chat(tokenizer)), plain
    except AuditSetError as error:
        log.warning("forewarn asks in plain text: %s", error)
        return (plain,)


def better(
    subject: Subject,
    audit_set: AuditSet,
    ways: Sequence[Encoder],
    fits: Callable[[Encoder], None],
) -> Encoder:
    """The way in which the model knows more facts; the first one of those that know equally many.

    A tokenizer's template does not say what the model was taught in. `fits` raises AuditSetError for a way in
    which the prompts are too long.
    """
    short = [way for way in ways if _fits(way, fits)] or list(ways[:1])
    if len(short) == 1:
        return short[0]
    known = [len(ProbeInputs(subject, audit_set, way).known(audit_set.facts)) for way in short]
    best = short[known.index(max(known))]
    told = ", ".join(
        f"{n} of {len(audit_set.facts)} facts known {_named(way)}"
        for n, way in zip(known, short, strict=True)
    )
    log.info("forewarn asks %s: %s. Give chat=True or chat=False to decide.", _named(best), told)
    return best


def _fits(way: Encoder, fits: Callable[[Encoder], None]) -> bool:
    try:
        fits(way)
    except AuditSetError as error:
        log.debug("forewarn does not ask %s: %s", _named(way), error)
        return False
    return True


def _named(way: Encoder) -> str:
    return "in plain text" if way.frame.chat is None else "in the chat template"
