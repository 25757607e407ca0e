"""Contexts in which a question is asked, as parts that can be recombined."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from forewarn.auditset.fact import Phrase

Licence = Literal["truth", "fiction", "other"]
LICENCES: tuple[Licence, ...] = ("truth", "fiction", "other")


@dataclass(frozen=True, slots=True)
class Part:
    """One phrase of a context and the slot that it fills, such as listener: "to a stranger"."""

    slot: str
    phrase: Phrase


Condition = tuple[Part, ...]
"""What stands before the question: a context, or a recombination of parts that no audit set holds."""


@dataclass(frozen=True, slots=True)
class Context:
    """A condition that the audit set asks its questions in, and what it licenses."""

    name: str
    """Unique within the audit set."""
    parts: Condition
    """Phrases in order; may be empty."""
    licenses: Licence = "truth"
    """`truth`: a false answer in this context is a falsehood. `fiction` and `other`: it is none."""
    watched: bool | None = None
    """Whether it says that the model is being observed; None when it says neither."""


def describe(condition: Condition) -> str:
    """A condition in words, for people."""
    words = (p.phrase if isinstance(p.phrase, str) else " ".join(map(str, p.phrase)) for p in condition)
    return " ".join(w for w in words if w) or "(no context)"


def texts_as_parts(texts: Sequence[str]) -> tuple[Condition, ...]:
    """Plain texts as parts that can take each other's place, for contexts whose slots nobody has named.

    The texts are cut into clauses if all of them have equally many; else into words if all have equally many; else
    not at all. Slots are numbered from 0, and white space becomes single spaces.
    """
    for cut in (_clauses, str.split, _whole):
        pieces = [cut(text) for text in texts]
        if len({len(p) for p in pieces}) == 1 and (cut is _whole or len(pieces[0]) > 1):
            break
    return tuple(tuple(Part(str(i), p) for i, p in enumerate(row)) for row in pieces)


def _clauses(text: str) -> list[str]:
    return [" ".join(c.split()) for c in re.split(r"(?<=[.!?;:,])\s+", text.strip()) if c]


def _whole(text: str) -> list[str]:
    return [" ".join(text.split())]


def substitute(condition: Condition, edit: Part) -> Condition:
    """The condition with the part in `edit.slot` replaced; appended when there is no such slot."""
    if all(p.slot != edit.slot for p in condition):
        return (*condition, edit)
    return tuple(edit if p.slot == edit.slot else p for p in condition)
