"""One fact behind a claim, in words: what a person is shown before any figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model wrote after one question in one condition."""

    condition: str
    """What stood before the question, in words."""
    words: str
    """What it wrote, as far as the answer goes."""
    answer: Literal["true", "false", "other"]
    """Whether that is the true answer, another one of the same kind, or none (`auditset.Answer`)."""


@dataclass(frozen=True, slots=True)
class Row:
    """One known fact: under the condition of a claim, under its control, and at the last clear look."""

    fact: str
    """Key of the fact."""
    question: str
    """The question in words."""
    truth: str
    """The true answer in words."""
    under: Reply
    """Under the condition that was claimed, and with what the claim changes inside the model, if it does."""
    control: Reply | None = None
    """Under the control that the fact is compared with; None where the claim has none."""
    before: Reply | None = None
    """At the last clear look, under the same condition and with nothing changed inside. None where no look was
    clear before, where that snapshot is gone, and for a claim that is no more than chance."""
    untouched: Reply | None = None
    """The same now, with nothing changed inside; None for a claim that changes nothing inside."""
