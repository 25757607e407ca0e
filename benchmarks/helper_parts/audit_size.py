"""Fresh litters looked at with fewer facts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from forewarn.errors import ForewarnError
from forewarn.organisms.growing import BASE
from forewarn.population.folder import LitterFolder
from forewarn.population.looked import Looked
from forewarn.population.looking import look_at, questions_of
from forewarn.population.run import Run
from forewarn.store.codec import decode, encode
from forewarn.store.files import write_atomically
from forewarn.training.material import only
from helper_parts.part import Fresh, Setting

MOST = 24
"""Litters that are looked at again."""
ASKED = ("TP003", "TP009")


def cut_audit_sets(setting: Setting, shares: Sequence[float]) -> Iterator[Setting]:
    """One setting for each share: the shipped helper's questions of the first litters, asked of fewer facts.

    None for a share at which every audit set is refused as too small.
    """
    fresh = setting.fresh
    if fresh is None:
        return
    litters = sorted({run.nature.litter for run in fresh.runs}, key=lambda n: (n.rpartition("-")[2], n))[
        :MOST
    ]
    chosen = [run for run in fresh.runs if run.nature.litter in litters]
    for share in shares:
        runs, name = tuple(_cut(setting, fresh, chosen, share)), f"{share:g} of the facts"
        if not runs:
            continue
        codes = questions_of(ASKED).codes
        own = only(setting.runs, codes)
        other = replace(fresh, runs=runs, source=None, table=f"{fresh.table}, {name}")
        yield replace(setting, runs=own, codes=codes, fresh=other, called=name)


def _cut(setting: Setting, fresh: Fresh, runs: Sequence[Run], share: float) -> Iterator[Run]:
    """Those whose audit set could be cut so far; the others are told."""
    found: dict[str, dict[str, tuple[Looked, ...]]] = {}
    for run in runs:
        litter = run.nature.litter
        if litter not in found:
            path = setting.out / "cut" / f"{share:g}" / f"{litter}.json"
            with setting.tell(f"{litter}, {share:g} of the facts"):
                found[litter] = _looks(path, fresh.litters / litter, share)
        if found[litter]:
            looks = (*found[litter][BASE], *found[litter][run.nature.name])
            yield replace(run, looks=looks)


def _looks(path: Path, litter: Path, share: float) -> dict[str, tuple[Looked, ...]]:
    """By member; none where the audit set is refused as too small."""
    if not path.is_file():
        try:
            looks = look_at(LitterFolder(litter), "K1", None, questions_of(ASKED), share).runs
        except ForewarnError:
            looks = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps({k: encode(v) for k, v in looks.items()}))
    plain = json.loads(path.read_text(encoding="utf8"))
    return {k: decode(v, tuple[Looked, ...], str(path)) for k, v in plain.items()}
