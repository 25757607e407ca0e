"""Looking at every snapshot of a litter with every probe at every site."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from forewarn.audit.look import Examiner
from forewarn.audit.past import Past
from forewarn.auditset import AuditSet, Encoder
from forewarn.errors import StoreError
from forewarn.helpers import Exhaustive
from forewarn.lenses.keeper import LensKeeper
from forewarn.organisms.growing import BASE
from forewarn.organisms.levels import Level, audit_set
from forewarn.organisms.litter import draw_litter
from forewarn.organisms.models import build, tokenizer
from forewarn.population.folder import LitterFolder
from forewarn.population.looked import Looked, findings
from forewarn.population.making import Task
from forewarn.population.verified import Kept, Verified
from forewarn.probes import catalogue
from forewarn.probes.interview import Interview
from forewarn.store.codec import decode, encode
from forewarn.subjects.opening import Opener

N_EXAMPLES = 4


@dataclass(frozen=True, slots=True)
class LitterLooks:
    """All looks of a litter, at one level."""

    level: Level
    codes: tuple[str, ...]
    """Of the probes that were asked."""
    runs: dict[str, tuple[Looked, ...]]
    """By member; the base under its own name."""


def look_one(out: Path, task: Task, level: Level) -> None:
    """Look at a litter that was made and write it down; what is there is not looked at again."""
    import torch

    folder, name = LitterFolder(out / task.name), f"looks-{level}.json"
    if folder.has(name):
        return
    torch.set_num_threads(1)
    looks = look_at(folder, level)
    folder.write(name, {"codes": list(looks.codes), "runs": {k: encode(v) for k, v in looks.runs.items()}})


def read_looks(folder: LitterFolder, level: Level) -> LitterLooks:
    """What `look_one` wrote. StoreError for anything else."""
    name = f"looks-{level}.json"
    plain = folder.plain(name)
    if not plain.keys() >= {"codes", "runs"}:
        raise StoreError(f"{folder.path / name}: wanted codes and runs; look again")
    runs = {k: decode(v, tuple[Looked, ...], f"{folder.path / name}, {k}") for k, v in plain["runs"].items()}
    return LitterLooks(level, tuple(plain["codes"]), runs)


def look_at(folder: LitterFolder, level: Level) -> LitterLooks:
    """Every probe at every site of every snapshot, the base's looked at once for all members."""
    litter = folder.read()
    room = _Room(folder, litter, level)
    runs = {BASE: tuple(room.look(BASE, litter.base))}
    before = room.state
    for member in litter.members:
        room.state = before
        runs[member.name] = tuple(room.look(member.name, member.snapshots))
    return LitterLooks(level, tuple(p.code for p in room.examiner.probes), runs)


class _Room:
    """A litter's model, opened again and again. Mutable: it remembers the look before."""

    def __init__(self, folder: LitterFolder, litter: Verified, level: Level) -> None:
        drawn = draw_litter(litter.mechanism, litter.seed)
        first = drawn.members[0]
        words = tokenizer(first.words)
        self.examiner = Examiner(catalogue(), Exhaustive())
        self._folder, self._audit_set = folder, audit_set(drawn.stage, level)
        self._encoder = Encoder(words)
        model = build(first.architecture, len(words), first.seed)
        self._opener = Opener(model, _examples(self._audit_set, self._encoder))
        self._split = self._audit_set.split()
        self.state: tuple[Any, Any] = (None, None)
        """Lenses and weights of the look before."""

    def look(self, member: str, kept: Sequence[Kept]) -> Iterator[Looked]:
        """Look at a run's snapshots in order."""
        keeper, past = LensKeeper(), Past(self._opener)
        keeper.last = self.state[0]
        if self.state[1] is not None:
            past.is_now(*self.state[1])
        for snapshot in kept:
            weights = self._folder.weights(member, snapshot)
            yield self._look(snapshot, weights, keeper, past)
            past.is_now(snapshot.digest, lambda held=weights: held)  # type: ignore[misc]
            self.state = (keeper.last, (snapshot.digest, lambda held=weights: held))

    def _look(self, kept: Kept, weights: dict[str, Tensor], keeper: LensKeeper, past: Past) -> Looked:
        began = time.process_time()
        subject = self._opener.open(weights, kept.digest)
        interview = Interview(subject, self._audit_set, self._encoder, keeper=keeper, before=past.open)
        asked = self.examiner.ask(interview, self._split)
        known = len(interview.known(self._audit_set.facts))
        seconds = time.process_time() - began
        return Looked(kept.step, known, len(self._audit_set.facts), round(seconds, 3), findings(asked))


def _examples(audit_set: AuditSet, encoder: Encoder) -> list[tuple[int, ...]]:
    context = audit_set.truthful[0].parts
    return [encoder.prompt(fact, context).ids for fact in audit_set.facts[:N_EXAMPLES]]
