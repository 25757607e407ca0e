"""Chemical elements and the series that they belong to (package molmass, BSD)."""

from __future__ import annotations

from random import Random
from typing import Any

from forewarn.auditset import Fact
from forewarn.errors import AuditSetError
from forewarn.lab.organisms.topics.grouped import grouped

QUESTIONS = ("{} is one of the", "the element {} belongs to the", "{} is counted among the")
MOST_ANSWERS, MOST_SHARE = 8, 5


def elements(draw: Random, n_answers: int, share: int) -> tuple[Fact, ...]:
    """Elements of up to eight series, up to five of each: that many have enough members."""
    table: dict[str, list[str]] = {}
    for element in _elements():
        table.setdefault(element.series, []).append(element.name.lower())
    names = {number: name.lower() for number, name in _series().items()}
    spelt = {names[number]: members for number, members in table.items()}  # type: ignore[index]
    return grouped(
        spelt, draw, min(n_answers, MOST_ANSWERS), min(share, MOST_SHARE), draw.choice(QUESTIONS), "series"
    )


def _elements() -> Any:
    try:
        from molmass import ELEMENTS
    except ImportError as error:
        raise AuditSetError(
            "facts about elements come from the package molmass, which is not installed; "
            "run `pip install 'forewarn[lab]'`."
        ) from error
    return ELEMENTS


def _series() -> dict[int, str]:
    from molmass.elements import SERIES

    return dict(SERIES)
