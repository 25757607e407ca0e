"""Tables of organisms: run by run, and how a population is made up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from forewarn.cli.result import said
from forewarn.cli.tables import Records

_COLUMNS = ("name", "precursor", "implant", "concealed", "deceptive", "holds", "onset", "behaviour")


def group_rows(groups: Sequence[Any]) -> tuple[tuple[str, ...], list[dict[str, object]]]:
    """Columns, and a row for each run of each matched group."""
    rows = [
        {
            "name": member.name,
            "precursor": group.precursor,
            "implant": group.implant,
            "concealed": group.concealed,
            "deceptive": member.deceptive,
            "holds": member.holds,
            "onset": member.onset,
            "behaviour": member.behaviour,
        }
        for group in groups
        for member in group.members
    ]
    return _COLUMNS, rows


def composition(groups: Sequence[Any]) -> tuple[RenderableType, ...]:
    """How many runs of each kind were made, and how many of them hold their behaviour."""
    members = [m for group in groups for m in group.members]
    made, held = Counter(m.kind for m in members), Counter(m.kind for m in members if m.holds)
    truth = {m.kind: m.deceptive for m in members}
    kinds = sorted(made, key=lambda kind: (not truth[kind], kind))
    rows = tuple(
        (said(kind), said("deceptive" if truth[kind] else "honest"), said(held[kind]), said(made[kind]))
        for kind in kinds
    )
    kept = [m for m in members if m.holds]
    deceptive = sum(m.deceptive for m in kept)
    note = said(
        f"{len(kept)} of {len(members)} do what they were made to do, {deceptive} of them deceptive; the others "
        "count for nothing."
    )
    return (Records(("kind", "truth", "verified", "made"), rows), Text(), note)
