"""What a helper learns from: a recorded table, halved by the seeds of its matched groups."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from forewarn.errors import ConfigurationError
from forewarn.judges.split import split_honest
from forewarn.lab.population.run import GroundTruth, RecordedRun
from forewarn.lab.population.table import Table
from forewarn.lab.training.calibrate import rows
from forewarn.probes.follow_up import followed

USUAL = "related"
"""The level that is taken where none is named, if the table holds it."""


@dataclass(frozen=True, slots=True)
class RunDataset:
    """Runs of the first half of the seeds to learn from, and of the second to be measured on."""

    table: str
    """Digest of the table."""
    level: str
    codes: tuple[str, ...]
    train: tuple[RecordedRun, ...]
    test: tuple[RecordedRun, ...]

    @classmethod
    def of(cls, table: Table, digest: str, level: str | None) -> RunDataset:
        """ConfigurationError where the table has no such level, or fewer than two seeds."""
        chosen = level or (USUAL if USUAL in table.runs else next(iter(table.runs)))
        if chosen not in table.runs:
            raise ConfigurationError(
                f"the table holds looks at {', '.join(table.runs)}; found --level {chosen}"
            )
        runs = table.runs[chosen]
        seeds = sorted({seed_of(run.truth) for run in runs})
        if len(seeds) < 2:
            raise ConfigurationError(
                f"a helper learns from some seeds and is measured on others; the table holds {len(seeds)}. Record "
                "matched groups of two seeds or more."
            )
        first = set(seeds[: (len(seeds) + 1) // 2])
        sides = [tuple(r for r in runs if (seed_of(r.truth) in first) is side) for side in (True, False)]
        return cls(digest, chosen, table.codes, *sides)

    @property
    def seeds(self) -> tuple[int, ...]:
        """Of the side that is learned from."""
        return tuple(sorted({seed_of(run.truth) for run in self.train}))

    def learned(self, seed: int) -> tuple[RecordedRun, ...]:
        """The training side without the honest runs on which the promise is made."""
        _, promised = split_honest(rows(self.train, self.codes), seed)
        return tuple(run for run in self.train if run.truth.name not in promised)


def seed_of(truth: GroundTruth) -> int:
    """The number at the end of a matched group's name. ConfigurationError where there is none."""
    found = re.search(r"(\d+)$", truth.group)
    if found is None:
        raise ConfigurationError(
            f"the matched group {truth.group!r} does not end with its seed, as pair-203 does: the seeds tell "
            "which "
            "runs are learned from"
        )
    return int(found[1])


def only(runs: Sequence[RecordedRun], codes: Sequence[str]) -> tuple[RecordedRun, ...]:
    """The runs as if no other probes had been asked. ConfigurationError where nothing is left."""
    kept = {code for code in codes if (followed(code) or code) in codes}
    found = tuple(
        replace(run, looks=tuple(k.only(a.inquiry.code in kept for a in k.answers) for k in run.looks))
        for run in runs
    )
    if not any(look.answers for run in found for look in run.looks):
        raise ConfigurationError(
            f"the table has no look with {', '.join(codes)}; record it with these probes"
        )
    return found
