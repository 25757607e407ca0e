"""A scorecard in a folder: JSON, a page, and pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from forewarn.evaluation.bench import FALSE_ALARM, Entry, as_json
from forewarn.evaluation.plots import draw
from forewarn.evaluation.promise import Promise
from forewarn.evaluation.telling import page, promise_table
from forewarn.store.files import write_atomically


def save(
    folder: Path, entries: Sequence[Entry], promises: Mapping[str, Sequence[Promise]], *, plots: bool
) -> None:
    """Write `scorecard.json`, `scorecard.md` and, for each split and level, four pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    plain = as_json(entries, promises, FALSE_ALARM)
    write_atomically(folder / "scorecard.json", json.dumps(plain, indent=1) + "\n")
    told = "\n".join(f"## Promise over whole runs, {k}\n\n{promise_table(p)}" for k, p in promises.items())
    write_atomically(folder / "scorecard.md", f"{page(entries)}\n{told}")
    if plots:
        for level, split in dict.fromkeys((e.level, e.split) for e in entries):
            draw(entries, split, level, folder)
