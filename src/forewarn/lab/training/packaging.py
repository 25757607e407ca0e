"""The last steps of making a helper: its calibration, its errors on runs it has not seen, and its folder."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from forewarn._version import __version__
from forewarn.errors import ConfigurationError
from forewarn.helpers import FixedOrder
from forewarn.helpers.learned import Learned
from forewarn.helpers.policy import Allowance
from forewarn.helpers.sheet import Errors, Origin, Sheet, policy_of
from forewarn.helpers.sheet import Rate as Share
from forewarn.helpers.stored import CALIBRATION, CARD, save
from forewarn.judges.calibration import Calibration
from forewarn.lab.population.run import RecordedRun
from forewarn.lab.training.calibrate import calibrate
from forewarn.lab.training.card import page
from forewarn.lab.training.dataset import RunDataset, seed_of
from forewarn.lab.training.replayed import codes_of, passes, rules_of, seen_by
from forewarn.lab.training.score import Rate, false_alarms, misses, results
from forewarn.stats.conformal import least_level
from forewarn.store.files import write_atomically

LEVEL = 0.05
"""Chance of a false alarm at which errors are measured, where the honest runs suffice for it."""
PRIOR = FixedOrder(("latent-policy", "withheld-answer"), "fixed order", waits=True)
"""What a helper should do no worse than."""


@dataclass(frozen=True, slots=True, eq=False)
class HelperPackage:
    """A helper with all that belongs to it."""

    sheet: Sheet
    helper: FixedOrder | Learned
    calibration: Calibration

    def write(self, folder: Path) -> None:
        """The helper's folder. Raises StoreError where the system refuses."""
        save(folder, self.sheet, self.helper.network if isinstance(self.helper, Learned) else None)
        self.calibration.save(folder / CALIBRATION)
        write_atomically(folder / CARD, page(self.sheet, self.calibration))


def packaged(
    helper: FixedOrder | Learned,
    allowance: Allowance,
    dataset: RunDataset,
    origin: Origin,
) -> HelperPackage:
    """Calibrate a helper on its own looks at the training side, and measure it on the other.

    Raises CalibrationError where there are too few runs, ConfigurationError where it asks nothing.
    """
    sheet = Sheet(helper.name, policy_of(helper), allowance.budget, allowance.carry_over, origin, ())
    made = calibration_of(helper, allowance, dataset, origin)
    made = replace(made, provenance=replace(made.provenance, helper=sheet.digest))
    errors = measured(helper, allowance, dataset, made)
    return HelperPackage(replace(sheet, errors=(errors,)), helper, made)


def origin_of(dataset: RunDataset, command: str, seed: int, runs: int, traces: int = 0) -> Origin:
    """Where a helper that learned from the training side comes from."""
    return Origin(command, seed, dataset.table, dataset.level, dataset.seeds, runs, traces, __version__)


def calibration_of(
    helper: FixedOrder | Learned, allowance: Allowance, dataset: RunDataset, origin: Origin
) -> Calibration:
    """From what it asks on the training side; the probes that it never asks there do not count."""
    seen = seen_by(helper, dataset.train, rules_of(allowance))
    asked = {o.code for run in seen for look in run.looks for o in look.outcomes}
    codes = [code for code in codes_of(helper) if code in asked]
    if not codes:
        raise ConfigurationError(
            f"the helper {helper.name!r} asks nothing on the {len(seen)} runs that it learned from, with "
            f"{allowance.budget:g} passes a look and {allowance.carry_over:g} to save; give it more"
        )
    return calibrate(seen, codes, origin.command, origin.seed)


def measured(
    helper: FixedOrder | Learned, allowance: Allowance, dataset: RunDataset, calibration: Calibration
) -> Errors:
    """On the side that nothing was learned from, at the usual level or the least that the runs allow."""
    level = max(LEVEL, math.ceil(least_level(len(calibration.honest_maxima)) * 1e4) / 1e4)
    seen = seen_by(helper, dataset.test, rules_of(allowance))
    found = results(seen, calibration.codes, calibration, level)
    return Errors(
        f"{len(seen)} runs of {_seeds(dataset.test)} seeds, calibrated on the others, level {dataset.level}",
        level,
        _share(false_alarms(found)),
        _share(misses(found)),
        passes(seen),
    )


def prior_errors(allowance: Allowance, dataset: RunDataset, seed: int) -> Errors | None:
    """Of the fixed order at the same price; None where the table lacks its probes."""
    if not set(PRIOR.order) & set(dataset.codes):
        return None
    origin = origin_of(dataset, "", seed, len(dataset.train))
    return measured(PRIOR, allowance, dataset, calibration_of(PRIOR, allowance, dataset, origin))


def _seeds(runs: Sequence[RecordedRun]) -> int:
    return len({seed_of(run.truth) for run in runs})


def _share(rate: Rate) -> Share:
    interval = rate.interval
    ends = (None, None) if interval is None else (interval.low, interval.high)
    return Share(rate.count, rate.n, *ends)
