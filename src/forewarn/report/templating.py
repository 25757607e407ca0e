"""The templates: everything is escaped, and nothing that a model or user wrote can act on the page."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from forewarn.report import sentences, words
from forewarn.report.next_steps import command
from forewarn.report.titles import UNTITLED
from forewarn.visible import visible


@cache
def environment() -> Environment:
    """Templates of this room, with the functions that turn records into words."""
    made = Environment(
        loader=PackageLoader("forewarn.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    made.filters.update(
        plain=words.plain,
        percent=words.percent,
        likely=words.likely,
        figure=words.figure,
        sentence=words.sentence,
        site=sentences.site_words,
        kind=sentences.outcome_kind,
        outcome=sentences.outcome_words,
        interval=sentences.interval_words,
        probability=sentences.probability_words,
        found=sentences.found_words,
        weights=sentences.weights_words,
    )
    made.globals.update(command=command, titles=UNTITLED)
    return made


def fill(template: str, **values: Any) -> Markup:
    """Fill a template; the result is safe to stand in another."""
    return Markup(environment().get_template(template).render(**values))


def _shown(value: Any) -> Any:
    return value if isinstance(value, Markup) else visible(str(value))
