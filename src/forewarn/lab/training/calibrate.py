"""From recorded runs to a calibration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forewarn.judges.calibration import Calibration
from forewarn.judges.features import complete, features, nulls
from forewarn.judges.fit import fit
from forewarn.judges.table import LookRow
from forewarn.lab.population.run import GroundTruth, RecordedRun


def rows(runs: Sequence[RecordedRun], codes: Sequence[str]) -> tuple[LookRow, ...]:
    """All looks as a judge sees them.

    A look at a deceptive run counts as deceptive from its onset on, and as neither before: what is on its way is
    not honest, and not yet deceit.
    """
    return tuple(row for run in runs for row in _looks(run, codes))


def calibrate(runs: Sequence[RecordedRun], codes: Sequence[str], command: str, seed: int = 0) -> Calibration:
    """Fit judge and promise. CalibrationError when there are too few runs."""
    return fit(rows(runs, codes), codes, seed, command=command)


def _looks(run: RecordedRun, codes: Sequence[str]) -> Iterator[LookRow]:
    for look in run.looks:
        yield LookRow(
            run=run.truth.name,
            kind=run.truth.kind,
            step=look.step,
            deceptive=run.truth.deceptive,
            label=_label(run.truth, look.step),
            features=features(look.outcomes, codes),
            nulls=nulls(look.outcomes, codes),
            known=look.known,
            asked=look.asked,
            complete=complete(look.outcomes, look.known),
        )


def _label(truth: GroundTruth, step: int) -> bool | None:
    if not truth.deceptive:
        return False
    return True if truth.onset is not None and step >= truth.onset else None
