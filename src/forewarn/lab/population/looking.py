"""Looking at every snapshot of a litter with every probe at every site."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from forewarn.audit.look import Examiner
from forewarn.audit.past import Past, Weights
from forewarn.audit.questions import Questions
from forewarn.errors import ConfigurationError, StoreError
from forewarn.helpers import Asked, Exhaustive
from forewarn.instruments.interview import Interview
from forewarn.lab.organisms.growing import BASE
from forewarn.lab.organisms.levels import Level
from forewarn.lab.population.completing import completed, missing
from forewarn.lab.population.folder import LitterFolder
from forewarn.lab.population.looked import Looked, findings
from forewarn.lab.population.making import Task
from forewarn.lab.population.opened import OpenedLitter
from forewarn.lab.population.verified import Kept
from forewarn.lenses.keeper import LensKeeper, Served
from forewarn.lenses.settings import FitSettings
from forewarn.probes import catalogue
from forewarn.probes.follow_up import follow_ups, followed
from forewarn.store.codec import decode, encode

EVERY: Mapping[Level, int] = {"K0": 3, "K1": 1, "K2": 3}
"""Of so many snapshots one is looked at, the last always: a look at K2 takes three times as long."""


@dataclass(frozen=True, slots=True)
class LitterLooks:
    """All looks of a litter, at one level."""

    level: Level
    codes: tuple[str, ...]
    """Of the probes that were asked."""
    runs: dict[str, tuple[Looked, ...]]
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
    """Look at a litter that was made and write it down; what was asked already is not asked again.

    `probes`: codes of those that are asked, with all that follows them; all that are installed by default.
    """
    import torch

    folder, name = LitterFolder(out / task.name), looks_file(level)
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


def _whole(held: LitterLooks, questions: Questions) -> bool:
    """Whether everything was asked, and nothing failed."""
    found = (f for looks in held.runs.values() for look in looks for f in look.findings)
    return set(questions.codes) <= set(held.codes) and all(f.kind != "failed" for f in found)


def _joined(questions: Questions, held: LitterLooks) -> Questions:
    """With what was asked before: no look loses what it holds."""
    return questions_of(
        [*(p.code for p in questions.probes), *(c for c in held.codes if followed(c) is None)]
    )


def looks_file(level: Level) -> str:
    """Name of the file of a litter's looks."""
    return f"looks-{level}.json"


def read_looks(folder: LitterFolder, level: Level) -> LitterLooks:
    """What `look_one` wrote. StoreError for anything else."""
    name = looks_file(level)
    plain = folder.plain(name)
    if not plain.keys() >= {"codes", "runs"}:
        raise StoreError(f"{folder.path / name}: wanted codes and runs; look again")
    runs = {k: decode(v, tuple[Looked, ...], f"{folder.path / name}, {k}") for k, v in plain["runs"].items()}
    return LitterLooks(level, tuple(plain["codes"]), runs)


def look_at(
    folder: LitterFolder,
    level: Level,
    held: LitterLooks | None = None,
    questions: Questions | None = None,
    cut: Cut = WHOLE,
) -> LitterLooks:
    """Every question at every snapshot, the base's looked at once for all members.

    `held`: looks at which some of them were asked already; only the others are asked. They give what a whole look
    gives, but for what is read through lenses, which follow a run: those of looks that ask nothing are not fitted.
    `cut`: what a look has less of than usual.
    """
    litter = folder.read()
    asked = questions or questions_of()
    opened = OpenedLitter(folder, litter, level, cut.share)
    room = _Room(opened, held, asked if held is None else _joined(asked, held), cut.lenses)
    runs = {BASE: tuple(room.look(BASE, chosen(litter.base, level)))}
    before = room.state
    for member in litter.members:
        room.state = before
        runs[member.name] = tuple(room.look(member.name, chosen(member.snapshots, level)))
    return LitterLooks(level, room.examiner.questions.codes, runs)


def chosen(kept: Sequence[Kept], level: Level) -> Sequence[Kept]:
    """The snapshots that are looked at: every so many, counted from the last."""
    return kept[::-1][:: EVERY[level]][::-1]


class _Room:
    """Looks at run after run. Mutable: it remembers the look before."""

    def __init__(
        self, opened: OpenedLitter, held: LitterLooks | None, questions: Questions, lenses: FitSettings
    ) -> None:
        self.examiner = Examiner(questions.probes, Exhaustive(), follow_ups=questions.follow_ups)
        self._opened, self._held, self._lenses = opened, held, lenses
        self.state: tuple[Served | None, tuple[str, Weights] | None] = (None, None)
        """Lenses and weights of the look before."""

    def look(self, member: str, kept: Sequence[Kept]) -> Iterator[Looked]:
        """Look at a run's snapshots in order."""
        keeper, past = LensKeeper(settings=self._lenses), Past(self._opened.opener)
        keeper.last = self.state[0]
        if self.state[1] is not None:
            past.is_now(*self.state[1])
        for index, snapshot in enumerate(kept):
            weights = partial(self._opened.weights, member, snapshot)
            held = None if self._held is None else self._held.runs[member][index]
            yield self._look(member, snapshot, (keeper, past), held)
            past.is_now(snapshot.digest, weights)
            self.state = (keeper.last, (snapshot.digest, weights))

    def _look(self, member: str, kept: Kept, before: tuple[LensKeeper, Past], held: Looked | None) -> Looked:
        began, facts = time.process_time(), self._opened.audit_set.facts
        interview = self._opened.interview(member, kept, before[0], before[1].open)
        if held is not None:
            return self._completed(held, interview, began)
        asked = self.examiner.ask(interview, self._opened.split)
        every = self._in_order((*asked, *self.examiner.unopened(interview, asked)), interview)
        known = len(interview.known(facts))
        return Looked(kept.step, known, len(facts), round(time.process_time() - began, 3), findings(every))

    def _in_order(self, asked: Sequence[Asked], interview: Interview) -> list[Asked]:
        """Of all questions, whatever came of them: every look of a litter tells the same, one after the other."""
        order = {i.question: k for k, i in enumerate(self.examiner.questions.inquiries(interview))}
        return sorted(asked, key=lambda a: order[a.inquiry.question])

    def _completed(self, held: Looked, interview: Interview, began: float) -> Looked:
        every = self.examiner.questions.inquiries(interview)
        rest = missing(held, every)
        examiner = replace(self.examiner, helper=rest)
        asked = examiner.ask(interview, self._opened.split) if rest.wanted else ()
        return completed(held, every, asked, time.process_time() - began)
