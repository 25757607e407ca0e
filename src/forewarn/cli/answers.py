"""The answers behind the strongest claim, as a person and as JSON are told them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from forewarn.cli.result import said
from forewarn.cli.tables import Records
from forewarn.records import Evidence, Reply, Row
from forewarn.report.featured import LeadingClaim
from forewarn.report.words import sentence
from forewarn.store.codec import encode

_MARKS: Mapping[str, tuple[str, str]] = {
    "true": ("✓", "green"),
    "false": ("✗", "bold red"),
    "other": ("–", "yellow"),
}
_HEADS = {"untouched": "nothing changed", "control": "control"}


def leading_text(leading: LeadingClaim | None, again: Evidence | None = None) -> Iterator[RenderableType]:
    """Headline, comparison and rows; with `again`, what the same facts got when they were measured again."""
    if leading is None:
        return
    yield said(leading.headline, "bold red" if leading.evidence.beyond_chance else "bold")
    if not leading.evidence.beyond_chance:
        yield said("This is no more than chance.")
    if leading.comparison:
        yield said(leading.comparison)
    if leading.rows:
        yield Text()
        yield _table(leading, {} if again is None else {row.fact: row for row in again.rows})
        yield said(f"✓ true, ✗ false, – neither. {leading.shown_of}".rstrip(), "dim")
        yield said(f"Claim of {leading.evidence.code}: {sentence(leading.evidence.claim)}", "dim")
    yield Text()


def leading_value(leading: LeadingClaim | None) -> dict[str, Any] | None:
    """The same for --json; null where nothing was confirmed."""
    if leading is None:
        return None
    return {
        "step": leading.look.step,
        "code": leading.evidence.code,
        "headline": leading.headline,
        "comparison": leading.comparison,
        "rows": encode(leading.rows),
        "step_before": leading.step_before,
    }


def _table(leading: LeadingClaim, again: Mapping[str, Row]) -> Records:
    heads = [_HEADS.get(kind, f"at {leading.before}") for kind in leading.columns]
    columns = ("question", "true answer", "written", *(["now"] if again else []), *heads)
    return Records(columns, tuple(_cells(row, leading.columns, again) for row in leading.rows))


def _cells(row: Row, kinds: tuple[str, ...], again: Mapping[str, Row]) -> tuple[Text, ...]:
    now = [_reply(again[row.fact].under if row.fact in again else None)] if again else []
    rest = [_reply(getattr(row, kind)) for kind in kinds]
    return said(row.question), said(row.truth), _reply(row.under), *now, *rest


def _reply(reply: Reply | None) -> Text:
    if reply is None:
        return Text("not asked", style="dim")
    mark, style = _MARKS[reply.answer]
    return said(f"{mark} {reply.words or 'nothing'}", style)
