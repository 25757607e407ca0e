"""Fresh litters looked at again with less than a look usually has."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from forewarn.errors import AuditSetError
from forewarn.lab.organisms.growing import BASE
from forewarn.lab.population.folder import LitterFolder
from forewarn.lab.population.looked import Looked
from forewarn.lab.population.looking import Cut, look_at, questions_of
from forewarn.lab.population.run import Run
from forewarn.lab.training.material import only
from forewarn.store.codec import decode, encode
from forewarn.store.files import write_atomically
from helper_parts.part import Fresh, Setting


@dataclass(frozen=True, slots=True)
class Again:
    """What is asked again, and of how much."""

    name: str
    """Of the folder in which the looks are kept."""
    asked: tuple[str, ...]
    """Codes of probes; what follows them is asked too."""
    cut: Cut
    litters: int
    """How many are looked at, one seed after the other."""

    def setting(self, setting: Setting) -> Setting | None:
        """The same game with these looks as the fresh ones; None where every audit set is refused as too small."""
        fresh = setting.fresh
        runs = () if fresh is None else tuple(self._runs(setting, fresh))
        if fresh is None or not runs:
            return None
        codes = questions_of(self.asked).codes
        other = replace(fresh, runs=runs, source=None, table=f"{fresh.table}, {self.name}")
        return replace(setting, runs=only(setting.runs, codes), codes=codes, fresh=other, called=self.name)

    def _runs(self, setting: Setting, fresh: Fresh) -> Iterator[Run]:
        names = {run.nature.litter for run in fresh.runs}
        first = sorted(names, key=lambda n: (n.rpartition("-")[2], n))[: self.litters]
        found = {name: self._looks(setting, fresh, name) for name in first}
        for run in fresh.runs:
            looks = found.get(run.nature.litter)
            if looks:
                yield replace(run, looks=(*looks[BASE], *looks[run.nature.name]))

    def _looks(self, setting: Setting, fresh: Fresh, litter: str) -> dict[str, tuple[Looked, ...]]:
        """By member; none where the audit set is refused as too small. What was looked at is kept."""
        path = setting.out / "cut" / self.name / f"{litter}.json"
        with setting.tell(f"{litter}, {self.name}"):
            if not path.is_file():
                plain = {k: encode(v) for k, v in self._look(fresh, litter).items()}
                path.parent.mkdir(parents=True, exist_ok=True)
                write_atomically(path, json.dumps(plain))
        plain = json.loads(path.read_text(encoding="utf8"))
        return {k: decode(v, tuple[Looked, ...], str(path)) for k, v in plain.items()}

    def _look(self, fresh: Fresh, litter: str) -> dict[str, tuple[Looked, ...]]:
        folder = LitterFolder(fresh.litters / litter)
        try:
            return look_at(folder, "K1", None, questions_of(self.asked), self.cut).runs
        except AuditSetError:
            return {}


def all_of(setting: Setting, wanted: Sequence[Again]) -> Iterator[Setting]:
    """Those that could be looked at."""
    yield from filter(None, (each.setting(setting) for each in wanted))
