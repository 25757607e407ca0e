"""Names of questions, checked before anything is opened. Nothing here needs torch or imports a probe."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import Final

from forewarn.errors import ConfigurationError
from forewarn.inspect.request import ProbeQuestions, split_code
from forewarn.records import Site

FOLLOWS: Final = "/"
"""Stands between the name of a probe and the name of what follows its claim."""


def installed_probes() -> tuple[str, ...]:
    """Names of the probes that are installed, by their entry points alone."""
    return _names("forewarn.probes")


def installed_follow_ups() -> tuple[str, ...]:
    """Names of the follow-ups that are installed, by their entry points alone."""
    return _names("forewarn.follow_ups")


def check_questions(asked: ProbeQuestions, layers: int | None) -> None:
    """Refuse a misspelled code or site before the model is opened.

    `layers` is the number of the model's blocks; None where the run does not say. Which follow-up follows which
    probe, and which probe is asked at which site, only the opened model says.

    Raises ConfigurationError with the nearest name there is.
    """
    for text in asked.codes:
        code, site = split_code(text, asked.site)
        check_code(code)
        if site is not None:
            check_site(site, layers)


def check_code(code: str) -> None:
    """Refuse a code of which no such probe or follow-up is installed."""
    probe, _, follow_up = code.partition(FOLLOWS)
    probes, follow_ups = installed_probes(), installed_follow_ups()
    if probe not in probes or (FOLLOWS in code and follow_up not in follow_ups):
        pairs = [f"{each}{FOLLOWS}{name}" for each in probes for name in follow_ups] * (FOLLOWS in code)
        raise ConfigurationError(no_such_question(code, [*probes, *pairs], shown=[*probes, *follow_ups]))


def check_site(text: str, layers: int | None) -> None:
    """Refuse what is no site, or lies above the model's last block."""
    try:
        Site.parse(text, 10**9 if layers is None else layers)
    except ValueError as error:
        raise ConfigurationError(str(error)) from error


def no_such_question(code: str, codes: Iterable[str], shown: Sequence[str] = ()) -> str:
    """The message about a code that there is not: with the nearest one there is, else with all of them."""
    every = list(dict.fromkeys(codes))
    if near := get_close_matches(code, every, n=1, cutoff=0.6):
        return f"there is no question {code!r}; did you mean {near[0]}?"
    return f"there is no question {code!r}; there are {', '.join(shown or every)}"


def _names(group: str) -> tuple[str, ...]:
    return tuple(sorted({point.name for point in entry_points(group=group)}))
