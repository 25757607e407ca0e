"""Small tables for notebooks, made without templates: records are the lowest floor and import no other room."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

MOST_ROWS = 12
"""Rows of a table before the rest is only counted."""


def html_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A self-contained table with its title. All text is escaped; what is too long is counted, not shown."""
    every = [tuple(row) for row in rows]
    head = _row("th", columns)
    body = "".join(_row("td", row) for row in every[:MOST_ROWS])
    more = f"<p>and {len(every) - MOST_ROWS} more</p>" if len(every) > MOST_ROWS else ""
    return f"<div><p><b>{_shown(title)}</b></p><table>{head}{body}</table>{more}</div>"


def _row(tag: str, cells: Iterable[object]) -> str:
    return "<tr>" + "".join(f"<{tag}>{_shown(cell)}</{tag}>" for cell in cells) + "</tr>"


def _shown(value: object) -> str:
    """Text as it stands, escaped; characters that are not printed are spelled out."""
    text = f"{value:.3g}" if isinstance(value, float) else str(value)
    return escape("".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text))
