"""The recorded table: every probe at every site of every snapshot, in one small file that needs no models."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from forewarn.errors import StoreError
from forewarn.lab.population.aligning import aligned
from forewarn.lab.population.columns import Columns, pack, pack_figures, shared_by, unpack, unpack_figures
from forewarn.lab.population.run import GroundTruth, RecordedRun
from forewarn.records import Work
from forewarn.store.files import write_atomically

FORMAT: Final = 3
WHICH: Final = "run.truth"
"""Column of a level that says which of the ground truths its runs have; all in order where there is none."""


@dataclass(frozen=True, slots=True)
class Table:
    """All verified runs of a population."""

    codes: tuple[str, ...]
    """Of the probes that were asked."""
    runs: Mapping[str, tuple[RecordedRun, ...]]
    """By level of what the auditor knows; a level may hold some of them alone."""
    discarded: tuple[str, ...]
    """Runs that do not hold their behaviour, and count nowhere."""
    command: str
    """What makes it again."""

    def save(self, path: Path) -> str:
        """Write it; gives the digest."""
        truths = list(dict.fromkeys(run.truth for runs in self.runs.values() for run in runs))
        works = shared_by(run for runs in self.runs.values() for run in runs)
        some = next((run for runs in self.runs.values() for run in runs), None)
        header = {
            "format": FORMAT,
            "codes": self.codes,
            "levels": list(self.runs),
            "discarded": self.discarded,
            "command": self.command,
            "truths": [asdict(truth) for truth in truths],
            "baselines": list(some.figures) if some else [],
            "shared": [[asdict(work) for work in row] for row in works],
        }
        tensors: dict[str, Any] = {}
        for level, runs in self.runs.items():
            which = np.array([truths.index(run.truth) for run in runs], np.int32)
            columns = {WHICH: which, **pack(runs, self.codes, works), **pack_figures(runs)}
            tensors |= {f"{level}.{name}": array for name, array in columns.items()}
        raw = save(tensors, metadata={"forewarn": json.dumps(header, sort_keys=True)})
        write_atomically(path, raw)
        return hashlib.sha256(raw).hexdigest()

    @classmethod
    def load(cls, path: Path) -> Table:
        """Read what `save` wrote. StoreError for anything else."""
        try:
            return cls._read(path.read_bytes())
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            raise StoreError(f"{path}: no recorded table can be read here ({error!r})") from error

    @classmethod
    def _read(cls, raw: bytes) -> Table:
        tensors, header = load(raw), _header(raw)
        if header.get("format") != FORMAT:
            raise ValueError(f"wanted format {FORMAT}, found {header.get('format')!r}")
        truths = [GroundTruth(**row) for row in header["truths"]]
        codes = tuple(header["codes"])
        reader = _Reader(tensors, truths, codes, tuple(header["baselines"]), _works(header))
        runs = {level: reader.runs(level) for level in header["levels"]}
        return cls(codes, runs, tuple(header["discarded"]), header["command"])


@dataclass(frozen=True, slots=True)
class _Reader:
    """What a file holds, level by level."""

    tensors: Mapping[str, Any]
    truths: Sequence[GroundTruth]
    codes: tuple[str, ...]
    baselines: tuple[str, ...]
    works: Sequence[tuple[Work, ...]]

    def runs(self, level: str) -> tuple[RecordedRun, ...]:
        prefix = f"{level}."
        columns: Columns = {
            k.removeprefix(prefix): np.asarray(v) for k, v in self.tensors.items() if k.startswith(prefix)
        }
        which = columns.get(WHICH, np.arange(len(self.truths)))
        truths = [self.truths[i] for i in which.tolist()]
        looks = map(aligned, unpack(columns, self.codes, self.works, len(truths)))
        figures = unpack_figures(columns, self.baselines)
        return tuple(RecordedRun(*row) for row in zip(truths, looks, figures, strict=True))


def _works(header: Mapping[str, Any]) -> list[tuple[Work, ...]]:
    return [tuple(Work(**work) for work in row) for row in header["shared"]]


def _header(raw: bytes) -> dict[str, Any]:
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + length])
    found: dict[str, Any] = json.loads(header["__metadata__"]["forewarn"])
    return found
