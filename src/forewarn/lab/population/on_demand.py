"""What a recorded table lacks: measured from the stored snapshot when it is asked for, and kept by digest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import final

from forewarn.audit.look import Examiner
from forewarn.audit.previous import PreviousSnapshot
from forewarn.audit.questions import Questions, pointless
from forewarn.errors import ConfigurationError
from forewarn.helpers import Asked, Exhaustive, Inquiry
from forewarn.lab.organisms.growing import BASE
from forewarn.lab.organisms.levels import Level
from forewarn.lab.population.completing import Missing, Place, parent_of, place_of
from forewarn.lab.population.folder import GroupFolder, folders
from forewarn.lab.population.looked import UNASKED, Finding, RecordedLook, findings
from forewarn.lab.population.looking import chosen, questions_of
from forewarn.lab.population.opened import OpenedGroup
from forewarn.lab.population.run import RecordedRun
from forewarn.lab.population.verified import Kept
from forewarn.store.codec import decode, encode

Wanted = tuple[str, int, Place]
"""Name of a run, index of a look, and what is asked there."""
Found = dict[Place, Finding]


@final
class OnDemand:
    """Mutable: matched groups in a folder, and what was measured of them so far. Torch runs on one thread."""

    def __init__(self, out: Path, level: Level) -> None:
        """StoreError where the folder holds no matched groups."""
        self._groups: dict[str, _Litter] = {}
        for folder in folders(out):
            group = _Litter(folder, level, questions_of())
            self._groups |= dict.fromkeys(group.members, group)

    def extended(self, runs: Sequence[RecordedRun]) -> tuple[RecordedRun, ...]:
        """The runs with every question that there is; what was never asked is `UNASKED`.

        Prices are those of now. ConfigurationError where a run is not of this folder.
        """
        return tuple(self._of(run.truth.name).extended(run) for run in runs)

    def answered(self, runs: Sequence[RecordedRun], wanted: Iterable[Wanted]) -> tuple[RecordedRun, ...]:
        """The runs with what is wanted, measured where that was not done before."""
        by_look: defaultdict[tuple[str, int], set[Place]] = defaultdict(set)
        for name, look, place in wanted:
            by_look[name, look].add(place)
        for (name, look), places in sorted(by_look.items()):
            self._of(name).measure(name, look, places)
        touched = {name for name, _ in by_look}
        return tuple(self._of(r.truth.name).extended(r) if r.truth.name in touched else r for r in runs)

    def _of(self, name: str) -> _Litter:
        if name not in self._groups:
            raise ConfigurationError(
                f"the run {name} is in no matched group of the folder; give the one it was made in"
            )
        return self._groups[name]


class _Litter:
    """Mutable: remembers what was measured, in memory and on disk."""

    def __init__(self, folder: GroupFolder, level: Level, questions: Questions) -> None:
        self._folder, self._level, self._file = folder, level, f"demand-{level}.json"
        self._examiner = Examiner(questions.probes, Exhaustive(), follow_ups=questions.follow_ups)
        group = folder.read()
        base = [(BASE, kept) for kept in chosen(group.base, level)]
        self.members: Mapping[str, Sequence[tuple[str, Kept]]] = {
            m.name: [*base, *((m.name, kept) for kept in chosen(m.snapshots, level))] for m in group.members
        }
        self._known, self._every = self._read(), tuple[Inquiry, ...]()
        self._opened: OpenedGroup | None = None

    def extended(self, run: RecordedRun) -> RecordedRun:
        snapshots = self.members[run.truth.name]
        looks = (
            self._whole(look, self._known.get(kept.digest, {}))
            for look, (_, kept) in zip(run.looks, snapshots, strict=True)
        )
        return replace(run, looks=tuple(looks))

    def measure(self, name: str, index: int, places: set[Place]) -> None:
        owner, kept = self.members[name][index]
        known = self._known.setdefault(kept.digest, {})
        parents = {parent for parent in map(parent_of, places) if parent is not None}
        wanted = (places | parents) - known.keys()
        if not wanted:
            return
        opened = self._open()
        past = PreviousSnapshot(opened.opener)
        if index:
            before, earlier = self.members[name][index - 1]
            past.is_now(earlier.digest, partial(opened.weights, before, earlier))
        inputs = opened.inputs(owner, kept, None, past.open)
        examiner = replace(self._examiner, helper=Missing(frozenset(wanted | parents)))
        asked = examiner.ask(inputs, opened.split)
        told = findings((*asked, *examiner.unopened(inputs, asked)))
        known |= {place_of(finding): finding for finding in told}
        self._folder.write(self._file, {k: encode(tuple(v.values())) for k, v in self._known.items()})

    def _whole(self, look: RecordedLook, known: Found) -> RecordedLook:
        """In the order of all questions; what the table holds stays."""
        held = {place_of(finding): finding for finding in look.findings if finding.kind != UNASKED}
        found = {**known, **held}
        return replace(look, findings=tuple(_finding(i, found) for i in self._inquiries(look)))

    def _inquiries(self, look: RecordedLook) -> tuple[Inquiry, ...]:
        if not self._every:
            owner, kept = next(iter(self.members.values()))[0]
            self._every = self._examiner.questions.inquiries(self._open().inputs(owner, kept))
        return self._every

    def _open(self) -> OpenedGroup:
        if self._opened is None:
            self._opened = OpenedGroup(self._folder, self._folder.read(), self._level)
        return self._opened

    def _read(self) -> dict[str, Found]:
        if not self._folder.has(self._file):
            return {}
        plain, where = self._folder.plain(self._file), str(self._folder.path / self._file)
        rows = {k: decode(v, tuple[Finding, ...], where) for k, v in plain.items()}
        return {digest: {place_of(f): f for f in row} for digest, row in rows.items()}


def _finding(inquiry: Inquiry, found: Found) -> Finding:
    """What is known of a question, at the price of now."""
    site = inquiry.site
    place = (inquiry.code, site.layer, site.component, site.token)
    known, parent = found.get(place), parent_of(place)
    if known is not None:
        return replace(known, cost=inquiry.cost, shared=inquiry.shared)
    blank = findings([Asked(inquiry, pointless(inquiry))])[0]
    above = None if parent is None else found.get(parent)
    never = above is not None and above.kind != "evidence"
    return blank if never else replace(blank, kind=UNASKED)
