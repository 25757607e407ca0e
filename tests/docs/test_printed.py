"""Figures that a page quotes are figures that its command printed."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
FIGURE = re.compile(r"\d+\.\d+ (?:\[[\d.]+, [\d.]+\]|\([\d.]+ to [\d.]+\))")
"""With its interval, or with the least and the greatest of the seeds."""


def test_what_is_said_of_helpers_was_printed():
    """Up to the demo, whose figures come from another command."""
    said, _, _ = (DOCS / "research" / "helper.md").read_text(encoding="utf8").partition("## In the demo")
    printed = "\n".join(
        page.read_text(encoding="utf8") for page in (DOCS / "research" / "helper").glob("*.md")
    )
    figures = FIGURE.findall(said)
    assert len(figures) > 100
    assert not [figure for figure in figures if figure not in printed]
