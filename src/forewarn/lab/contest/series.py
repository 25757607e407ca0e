"""Every entrant on every fold of every split, seed by seed; what is played already is read from its file."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from forewarn.errors import ConfigurationError
from forewarn.lab.contest.entrant import Entrant
from forewarn.lab.contest.match import MatchResult, match
from forewarn.lab.evaluation.scored_run import ScoredRun
from forewarn.lab.evaluation.splits import Fold
from forewarn.lab.population.on_demand import OnDemand
from forewarn.lab.population.run import RecordedRun
from forewarn.store.files import write_atomically

Tell = Callable[[str], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Series:
    """One entrant on one split."""

    entrant: str
    split: str
    seeds: tuple[tuple[MatchResult, ...], ...]
    """By seed: every run of the split once, in the order of their names."""


@dataclass(frozen=True, slots=True)
class Contest:
    """What is played for."""

    runs: tuple[RecordedRun, ...]
    table: str
    """Digest of the table that they are from, with the level of what the auditor knows."""
    codes: tuple[str, ...]
    level: float
    """Promised chance of an alarm over an honest run."""
    seeds: int
    folds: tuple[Fold, ...]
    cache: Path | None = None
    """Folder of finished matches; each file names all that decides it."""
    source: OnDemand | None = None
    """Measures what the table lacks of the runs that are scored."""

    def play(self, entrants: Sequence[Entrant], tell: Tell) -> list[Series]:
        """Play what is not there yet. Raises what `match` does; ConfigurationError where two have one name."""
        if twice := [name for name, n in Counter(e.name for e in entrants).items() if n > 1]:
            raise ConfigurationError(f"two entrants are called {twice[0]!r}; give each a name of its own")
        named = {run.truth.name: run for run in self.runs}
        found: defaultdict[tuple[str, str, int], list[MatchResult]] = defaultdict(list)
        for entrant in entrants:
            for seed in range(self.seeds):
                for fold in self.folds:
                    with tell(f"{entrant.name}, {fold.split}: {fold.left_out}, seed {seed}"):
                        found[entrant.name, fold.split, seed] += self._match(entrant, named, fold, seed)
        return list(self._series(entrants, found))

    def _series(
        self, entrants: Sequence[Entrant], found: Mapping[tuple[str, str, int], list[MatchResult]]
    ) -> Iterator[Series]:
        for split in dict.fromkeys(fold.split for fold in self.folds):
            for entrant in entrants:
                rows = [found[entrant.name, split, seed] for seed in range(self.seeds)]
                yield Series(entrant.name, split, tuple(tuple(sorted(row, key=_name)) for row in rows))

    def _match(
        self, entrant: Entrant, named: Mapping[str, RecordedRun], fold: Fold, seed: int
    ) -> list[MatchResult]:
        play = partial(match, entrant, named, fold, self.codes, self.level, seed, source=self.source)
        if self.cache is None:
            return play()
        path = self.cache / f"{self._key(entrant, fold, seed)}.json"
        if not path.is_file():
            found = play()
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, json.dumps([_plain(each) for each in found]))
        return [_looked(row, named) for row in json.loads(path.read_text(encoding="utf8"))]

    def _key(self, entrant: Entrant, fold: Fold, seed: int) -> str:
        """Of everything that decides a match but the code."""
        said = (self.table, self.codes, self.level, repr(entrant), fold.split, fold.left_out, seed)
        return sha256(repr(said).encode()).hexdigest()[:32]


def _name(each: MatchResult) -> str:
    return each.judged.truth.name


def _plain(each: MatchResult) -> dict[str, Any]:
    judged = each.judged
    return {
        "run": judged.truth.name,
        "scores": judged.scores,
        "threshold": judged.threshold,
        "passes": each.passes,
        "demanded": each.demanded,
        "asked_since": each.asked_since,
    }


def _looked(row: Mapping[str, Any], named: Mapping[str, RecordedRun]) -> MatchResult:
    run = named[row["run"]]
    steps = tuple(look.step for look in run.looks)
    judged = ScoredRun(run.truth, steps, tuple(row["scores"]), row["threshold"])
    return MatchResult(judged, row["passes"], row["demanded"], row["asked_since"])
