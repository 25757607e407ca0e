"""Looking at every snapshot of a matched group with every probe at every site."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from forewarn.audit.look import Examiner
from forewarn.audit.previous import PreviousSnapshot, Weights
from forewarn.audit.questions import Questions
from forewarn.errors import ConfigurationError, StoreError
from forewarn.helpers import Exhaustive
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.lab.organisms.growing import BASE
from forewarn.lab.organisms.levels import Level
from forewarn.lab.population.completion import completed, missing
from forewarn.lab.population.folder import GroupFolder
from forewarn.lab.population.making import Task
from forewarn.lab.population.opened_group import OpenedGroup
from forewarn.lab.population.recorded_look import RecordedLook, take_look
from forewarn.lab.population.verified import Kept
from forewarn.lenses.keeper import LensKeeper, Served
from forewarn.lenses.settings import FitSettings
from forewarn.probes import catalogue
from forewarn.probes.follow_up import follow_ups, followed
from forewarn.records import Failed
from forewarn.store.codec import decode, encode

EVERY: Mapping[Level, int] = {"seen": 3, "related": 1, "unseen": 3}
"""Of so many snapshots one is looked at, the last always. A look at an unseen cue takes three times as long."""


@dataclass(frozen=True, slots=True)
class GroupLooks:
    """All looks of a matched group, at one level."""

    level: Level
    codes: tuple[str, ...]
    """Of the probes that were asked."""
    runs: dict[str, tuple[RecordedLook, ...]]
    """By member; the base under its own name."""


@dataclass(frozen=True, slots=True)
class Cut:
    """How much a look has, where it is not all that there is."""

    share: float = 1.0
    """Of the audit set's facts."""
    lenses: FitSettings = field(default_factory=FitSettings)
    """What lenses are fitted on, and for how long."""


WHOLE = Cut()


def look_one(out: Path, task: Task, level: Level, probes: Sequence[str] = ()) -> None:
    """Look at a matched group that was made and write it down; what was asked already is not asked again.

    `probes`: codes of those that are asked, with all that follows them; all that are installed by default.
    """
    import torch

    folder, name = GroupFolder(out / task.name), looks_file(level)
    held = read_looks(folder, level) if folder.has(name) else None
    questions = questions_of(probes)
    if held is not None and _whole(held, questions):
        return
    torch.set_num_threads(1)
    looks = look_at(folder, level, held, questions)
    folder.write(name, {"codes": list(looks.codes), "runs": {k: encode(v) for k, v in looks.runs.items()}})


def questions_of(probes: Sequence[str] = ()) -> Questions:
    """Those of some installed probes, or of all. ConfigurationError for one that is not installed."""
    installed = {probe.code: probe for probe in catalogue()}
    if absent := [code for code in probes if code not in installed]:
        raise ConfigurationError(f"{absent[0]} is not installed; there are {', '.join(installed)}")
    chosen = tuple(probe for code, probe in installed.items() if not probes or code in probes)
    return Questions(chosen, follow_ups())


def _whole(held: GroupLooks, questions: Questions) -> bool:
    """Whether everything was asked, and nothing failed."""
    outcomes = (o for looks in held.runs.values() for look in looks for o in look.outcomes)
    return set(questions.codes) <= set(held.codes) and not any(isinstance(o, Failed) for o in outcomes)


def _joined(questions: Questions, held: GroupLooks) -> Questions:
    """With what was asked before: no look loses what it holds."""
    return questions_of(
        [*(p.code for p in questions.probes), *(c for c in held.codes if followed(c) is None)]
    )


def looks_file(level: Level) -> str:
    """Name of the file of a matched group's looks."""
    return f"looks-{level}.json"


def read_looks(folder: GroupFolder, level: Level) -> GroupLooks:
    """What `look_one` wrote. StoreError for anything else."""
    name = looks_file(level)
    plain = folder.plain(name)
    if not plain.keys() >= {"codes", "runs"}:
        raise StoreError(f"{folder.path / name}: wanted codes and runs; look again")
    runs = {
        k: decode(v, tuple[RecordedLook, ...], f"{folder.path / name}, {k}") for k, v in plain["runs"].items()
    }
    return GroupLooks(level, tuple(plain["codes"]), runs)


def look_at(
    folder: GroupFolder,
    level: Level,
    held: GroupLooks | None = None,
    questions: Questions | None = None,
    cut: Cut = WHOLE,
) -> GroupLooks:
    """Every question at every snapshot, the base's looked at once for all members.

    `held`: looks at which some of them were asked already; only the others are asked. They give what a whole look
    gives, but for what is read through lenses, which follow a run: those of looks that ask nothing are not fitted.
    `cut`: what a look has less of than usual.
    """
    group = folder.read()
    asked = questions or questions_of()
    opened = OpenedGroup(folder, group, level, cut.share)
    looker = _GroupLooker(opened, held, asked if held is None else _joined(asked, held), cut.lenses)
    runs = {BASE: tuple(looker.look(BASE, chosen(group.base, level)))}
    before = looker.state
    for member in group.members:
        looker.state = before
        runs[member.name] = tuple(looker.look(member.name, chosen(member.snapshots, level)))
    return GroupLooks(level, looker.examiner.questions.codes, runs)


def chosen(kept: Sequence[Kept], level: Level) -> Sequence[Kept]:
    """The snapshots that are looked at: every so many, counted from the last."""
    return kept[::-1][:: EVERY[level]][::-1]


class _GroupLooker:
    """Looks at run after run. Mutable: it remembers the look before."""

    def __init__(
        self, opened: OpenedGroup, held: GroupLooks | None, questions: Questions, lenses: FitSettings
    ) -> None:
        self.examiner = Examiner(questions.probes, Exhaustive(), follow_ups=questions.follow_ups)
        self._opened, self._held, self._lenses = opened, held, lenses
        self.state: tuple[Served | None, tuple[str, Weights] | None] = (None, None)
        """Lenses and weights of the look before."""

    def look(self, member: str, kept: Sequence[Kept]) -> Iterator[RecordedLook]:
        """Look at a run's snapshots in order."""
        keeper, past = LensKeeper(settings=self._lenses), PreviousSnapshot(self._opened.opener)
        keeper.last = self.state[0]
        if self.state[1] is not None:
            past.is_now(*self.state[1])
        for index, snapshot in enumerate(kept):
            weights = partial(self._opened.weights, member, snapshot)
            held = None if self._held is None else self._held.runs[member][index]
            yield self._look(member, snapshot, (keeper, past), held)
            past.is_now(snapshot.digest, weights)
            self.state = (keeper.last, (snapshot.digest, weights))

    def _look(
        self, member: str, kept: Kept, before: tuple[LensKeeper, PreviousSnapshot], held: RecordedLook | None
    ) -> RecordedLook:
        began = time.process_time()
        inputs = self._opened.inputs(member, kept, before[0], before[1].open)
        if held is not None:
            return self._completed(held, inputs, began)
        return take_look(self.examiner, inputs, self._opened.split, kept.step, began)

    def _completed(self, held: RecordedLook, inputs: ProbeInputs, began: float) -> RecordedLook:
        every = self.examiner.questions.inquiries(inputs)
        rest = missing(held, every)
        examiner = replace(self.examiner, helper=rest)
        asked = examiner.look(inputs, self._opened.split).asked if rest.wanted else ()
        return completed(held, every, asked, time.process_time() - began)
