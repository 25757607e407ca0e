"""A scorecard in a folder: its JSON, its page, and its pictures."""

from __future__ import annotations

import json
from pathlib import Path

from forewarn.lab.evaluation.plots import draw
from forewarn.lab.evaluation.render import markdown
from forewarn.lab.evaluation.results import Results
from forewarn.store.files import write_atomically


def save(folder: Path, results: Results, *, plots: bool) -> None:
    """Write `scorecard.json` and `scorecard.md`; with `plots` four pictures of each split at each level too."""
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "scorecard.json", json.dumps(results.as_json(), indent=1) + "\n")
    write_atomically(folder / "scorecard.md", markdown(results))
    if plots:
        for level, split in dict.fromkeys((e.level, e.split) for e in results.entries):
            draw(results.entries, split, level, folder)
