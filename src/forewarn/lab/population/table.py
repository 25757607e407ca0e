"""The recorded table: every outcome of every look of every run, in one small file that needs no models."""

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
from forewarn.helpers import Inquiry
from forewarn.lab.population.columns import (
    Columns,
    confidences,
    pack,
    pack_figures,
    questions_of_runs,
    unpack,
    unpack_figures,
)
from forewarn.lab.population.recorded_look import aligned
from forewarn.lab.population.run import GroundTruth, RecordedRun
from forewarn.reading import parse, read_bytes, text_of
from forewarn.store.codec import decode, encode
from forewarn.store.files import write_atomically

FORMAT: Final = 4
MOST_BYTES: Final = 2**30
"""A larger table is not read."""
WHICH: Final = "run.truth"
"""Column of a level that says which of the ground truths its runs have."""


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
        """Write it, without the words of its outcomes; gives the digest.

        StoreError where a run has a question that nobody has asked, or the system refuses.
        """
        every = [run for runs in self.runs.values() for run in runs]
        truths = list(dict.fromkeys(run.truth for run in every))
        questions, levels = questions_of_runs(every), confidences(every)
        header = {
            "format": FORMAT,
            "codes": self.codes,
            "levels": list(self.runs),
            "discarded": self.discarded,
            "command": self.command,
            "truths": [asdict(truth) for truth in truths],
            "baselines": list(every[0].figures) if every else [],
            "questions": [encode(question) for question in questions],
            "confidences": levels,
        }
        tensors: dict[str, Any] = {}
        for level, runs in self.runs.items():
            which = np.array([truths.index(run.truth) for run in runs], np.int32)
            columns = {WHICH: which, **pack(runs, questions, levels), **pack_figures(runs)}
            tensors |= {f"{level}.{name}": array for name, array in columns.items()}
        raw = save(tensors, metadata={"forewarn": json.dumps(header, sort_keys=True)})
        write_atomically(path, raw)
        return hashlib.sha256(raw).hexdigest()

    @classmethod
    def load(cls, path: Path) -> Table:
        """Read what `save` wrote. StoreError for anything else."""
        try:
            return cls._read(read_bytes(path, MOST_BYTES))
        except (OSError, ValueError, LookupError, TypeError, StoreError, SafetensorError) as error:
            raise StoreError(f"{path}: no recorded table can be read here ({error!r})") from error

    @classmethod
    def _read(cls, raw: bytes) -> Table:
        tensors, header = load(raw), _header(raw)
        if header.get("format") != FORMAT:
            raise ValueError(f"wanted format {FORMAT}, found {header.get('format')!r}")
        truths = [GroundTruth(**row) for row in header["truths"]]
        questions = [decode(plain, Inquiry, "a question of the table") for plain in header["questions"]]
        reader = _Reader(tensors, truths, questions, header["confidences"], tuple(header["baselines"]))
        runs = {level: reader.runs(level) for level in header["levels"]}
        return cls(tuple(header["codes"]), runs, tuple(header["discarded"]), header["command"])


@dataclass(frozen=True, slots=True)
class _Reader:
    """What a file holds, level by level."""

    tensors: Mapping[str, Any]
    truths: Sequence[GroundTruth]
    questions: Sequence[Inquiry]
    confidences: Sequence[float]
    baselines: tuple[str, ...]

    def runs(self, level: str) -> tuple[RecordedRun, ...]:
        prefix = f"{level}."
        columns: Columns = {
            k.removeprefix(prefix): np.asarray(v) for k, v in self.tensors.items() if k.startswith(prefix)
        }
        truths = [self.truths[i] for i in columns[WHICH].tolist()]
        looks = map(aligned, unpack(columns, self.questions, self.confidences))
        figures = unpack_figures(columns, self.baselines)
        return tuple(RecordedRun(*row) for row in zip(truths, looks, figures, strict=True))


def _header(raw: bytes) -> dict[str, Any]:
    length = int.from_bytes(raw[:8], "little")
    header = parse(text_of(raw[8 : 8 + length], "the header"))
    found: dict[str, Any] = parse(header["__metadata__"]["forewarn"])
    return found
