"""Fresh matched groups looked at again with less than a look usually has."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from forewarn.errors import AuditSetError
from forewarn.lab.organisms.growing import BASE
from forewarn.lab.population.folder import GroupFolder
from forewarn.lab.population.group_looks import Cut, look_at, questions_of
from forewarn.lab.population.recorded_look import RecordedLook
from forewarn.lab.population.run import RecordedRun
from forewarn.lab.training.dataset import only
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
    groups: int
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

    def _runs(self, setting: Setting, fresh: Fresh) -> Iterator[RecordedRun]:
        names = {run.truth.group for run in fresh.runs}
        first = sorted(names, key=lambda n: (n.rpartition("-")[2], n))[: self.groups]
        found = {name: self._looks(setting, fresh, name) for name in first}
        for run in fresh.runs:
            looks = found.get(run.truth.group)
            if looks:
                yield replace(run, looks=(*looks[BASE], *looks[run.truth.name]))

    def _looks(self, setting: Setting, fresh: Fresh, group: str) -> dict[str, tuple[RecordedLook, ...]]:
        """By member; none where the audit set is refused as too small. What was looked at is kept."""
        path = setting.out / "cut" / self.name / f"{group}.json"
        with setting.tell(f"{group}, {self.name}"):
            if not path.is_file():
                plain = {k: encode(v) for k, v in self._look(fresh, group).items()}
                path.parent.mkdir(parents=True, exist_ok=True)
                write_atomically(path, json.dumps(plain))
        plain = json.loads(path.read_text(encoding="utf8"))
        return {k: decode(v, tuple[RecordedLook, ...], str(path)) for k, v in plain.items()}

    def _look(self, fresh: Fresh, group: str) -> dict[str, tuple[RecordedLook, ...]]:
        folder = GroupFolder(fresh.groups / group)
        try:
            return look_at(folder, "related", None, questions_of(self.asked), self.cut).runs
        except AuditSetError:
            return {}


def all_of(setting: Setting, wanted: Sequence[Again]) -> Iterator[Setting]:
    """Those that could be looked at."""
    yield from filter(None, (each.setting(setting) for each in wanted))
