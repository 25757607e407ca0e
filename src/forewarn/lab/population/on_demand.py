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
from forewarn.audit.questions import Questions
from forewarn.errors import ConfigurationError
from forewarn.helpers import Exhaustive, Inquiry
from forewarn.helpers.policy import Question, nothing_to_follow
from forewarn.lab.organisms.growing import BASE
from forewarn.lab.organisms.levels import Level
from forewarn.lab.population.completion import Answers, AskMissing, by_question, parent_of
from forewarn.lab.population.folder import GroupFolder, folders
from forewarn.lab.population.group_looks import chosen, questions_of
from forewarn.lab.population.opened_group import OpenedGroup
from forewarn.lab.population.recorded_look import RecordedAnswer, RecordedLook, recorded
from forewarn.lab.population.run import RecordedRun
from forewarn.lab.population.verified import Kept
from forewarn.records import Evidence
from forewarn.store.codec import decode, encode

Wanted = tuple[str, int, Question]
"""Name of a run, index of a look, and what is asked there."""


@final
class OnDemand:
    """Mutable: matched groups in a folder, and what was measured of them so far. Torch runs on one thread."""

    def __init__(self, out: Path, level: Level) -> None:
        """StoreError where the folder holds no matched groups."""
        self._groups: dict[str, _MeasuredGroup] = {}
        for folder in folders(out):
            group = _MeasuredGroup(folder, level, questions_of())
            self._groups |= dict.fromkeys(group.members, group)

    def extended(self, runs: Sequence[RecordedRun]) -> tuple[RecordedRun, ...]:
        """The runs with every question that there is; the outcome of what was never asked is None.

        Prices are those of now. ConfigurationError where a run is not of this folder.
        """
        return tuple(self._of(run.truth.name).extended(run) for run in runs)

    def answered(self, runs: Sequence[RecordedRun], wanted: Iterable[Wanted]) -> tuple[RecordedRun, ...]:
        """The runs with what is wanted, measured where that was not done before."""
        by_look: defaultdict[tuple[str, int], set[Question]] = defaultdict(set)
        for name, look, question in wanted:
            by_look[name, look].add(question)
        for name, look in sorted(by_look):
            self._of(name).measure(name, look, by_look[name, look])
        touched = {name for name, _ in by_look}
        return tuple(self._of(r.truth.name).extended(r) if r.truth.name in touched else r for r in runs)

    def _of(self, name: str) -> _MeasuredGroup:
        if name not in self._groups:
            raise ConfigurationError(
                f"the run {name} is in no matched group of the folder; give the one it was made in"
            )
        return self._groups[name]


class _MeasuredGroup:
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

    def measure(self, name: str, index: int, questions: set[Question]) -> None:
        owner, kept = self.members[name][index]
        known = self._known.setdefault(kept.digest, {})
        parents = {parent for parent in map(parent_of, questions) if parent is not None}
        wanted = (questions | parents) - known.keys()
        if not wanted:
            return
        opened = self._open()
        past = PreviousSnapshot(opened.opener)
        if index:
            before, earlier = self.members[name][index - 1]
            past.is_now(earlier.digest, partial(opened.weights, before, earlier))
        inputs = opened.inputs(owner, kept, None, past.open)
        examiner = replace(self._examiner, helper=AskMissing(frozenset(wanted | parents)))
        known |= by_question(recorded(examiner.look(inputs, opened.split).answers))
        self._folder.write(self._file, {k: encode(tuple(v.values())) for k, v in self._known.items()})

    def _whole(self, look: RecordedLook, known: Answers) -> RecordedLook:
        """In the order of all questions; what the table holds stays."""
        held = by_question([answer for answer in look.answers if answer.outcome is not None])
        found = {**known, **held}
        return replace(look, answers=tuple(_answer(i, found) for i in self._inquiries()))

    def _inquiries(self) -> tuple[Inquiry, ...]:
        if not self._every:
            owner, kept = next(iter(self.members.values()))[0]
            self._every = self._examiner.questions.inquiries(self._open().inputs(owner, kept))
        return self._every

    def _open(self) -> OpenedGroup:
        if self._opened is None:
            self._opened = OpenedGroup(self._folder, self._folder.read(), self._level)
        return self._opened

    def _read(self) -> dict[str, dict[Question, RecordedAnswer]]:
        if not self._folder.has(self._file):
            return {}
        plain, where = self._folder.plain(self._file), str(self._folder.path / self._file)
        rows = {k: decode(v, tuple[RecordedAnswer, ...], where) for k, v in plain.items()}
        return {digest: by_question(row) for digest, row in rows.items()}


def _answer(inquiry: Inquiry, found: Answers) -> RecordedAnswer:
    """What is known of a question, at the price of now."""
    known, parent = found.get(inquiry.question), parent_of(inquiry.question)
    if known is not None:
        return RecordedAnswer(inquiry, known.outcome)
    above = None if parent is None else found.get(parent)
    never = above is not None and not isinstance(above.outcome, Evidence)
    return RecordedAnswer(inquiry, nothing_to_follow(inquiry) if never else None)
