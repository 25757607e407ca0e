"""A scorecard in a folder: JSON, a page, and pictures."""

from __future__ import annotations

import json
from pathlib import Path

from forewarn.lab.evaluation.plots import draw
from forewarn.lab.evaluation.render import page
from forewarn.lab.evaluation.results import Results
from forewarn.store.files import write_atomically


def save(folder: Path, card: Results, *, plots: bool) -> None:
    """Write `scorecard.json`, `scorecard.md` and, for each split and level, four pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "scorecard.json", json.dumps(card.as_json(), indent=1) + "\n")
    write_atomically(folder / "scorecard.md", page(card))
    if plots:
        for level, split in dict.fromkeys((e.level, e.split) for e in card.entries):
            draw(card.entries, split, level, folder)
