"""Making a calibration from a table of looks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from forewarn.errors import CalibrationError
from forewarn.judges.calibration import EVEN, Calibration
from forewarn.judges.fields import digest
from forewarn.judges.look_row import LookRow, check_rows
from forewarn.judges.provenance import Provenance
from forewarn.judges.resample import RunSample
from forewarn.judges.split import split_honest
from forewarn.stats.calibration import Logistic

RIDGE = 0.01
"""Chosen on the development population (seeds 100 to 106): flat from 0.003 to 0.03, worse above."""


def fit(
    rows: Sequence[LookRow],
    codes: Sequence[str],
    seed: int,
    *,
    command: str,
    refits: int = 200,
    ridge: float = RIDGE,
) -> Calibration:
    """A calibration from looks at runs whose truth is known; the same for the same seed and rows.

    About a third of the honest runs of each kind and all deceptive runs serve the fit; the other honest runs
    serve the promise alone. Each run counts the same whatever its number of looks, and both labels count the
    same whatever the number of runs: the probability stands at even prior odds. Looks without a label, or
    with gaps, are left out of the fit. `ridge` draws the weights to a common one that is fitted
    too: all features are shares of facts, and a probe that had little to find in these runs is still heard.
    `refits` are made on runs drawn again with replacement. `command` is what makes the table again. Raises
    CalibrationError when there are too few runs.
    """
    check_rows(rows, codes)
    fit_runs, promise_runs = split_honest(rows, seed)
    deceptive = frozenset(row.run for row in rows if row.deceptive)
    sample = RunSample.of([row for row in rows if row.run in fit_runs | deceptive], ridge)
    chosen = sample.fit()
    maxima, looks = _promise([row for row in rows if row.run in promise_runs], chosen)
    return Calibration(
        codes=tuple(codes),
        fit=chosen,
        refits=sample.refits(refits, seed),
        honest_maxima=maxima,
        looks_per_run=looks,
        greatest_nulls=_greatest_nulls(rows, len(codes)),
        least_known=_least_known(rows, chosen),
        provenance=Provenance(
            honest_fit=len(fit_runs),
            honest_promise=len(maxima),
            deceptive_fit=len(deceptive),
            honest_kinds=_kinds(rows, fit_runs | promise_runs),
            deceptive_kinds=_kinds(rows, deceptive),
            looks=len(rows),
            table=digest(sorted((row.to_json(codes) for row in rows), key=lambda r: (r["run"], r["step"]))),
            seed=seed,
            command=command,
        ),
    )


def _promise(rows: Sequence[LookRow], chosen: Logistic) -> tuple[tuple[float, ...], int]:
    """Each honest run's greatest probability, sorted, and the fewest looks that any of them had.

    A run without a single whole look could never have raised an alarm; to count it would make the promise
    look better than it is.
    """
    runs: dict[str, list[LookRow]] = {}
    for row in rows:
        runs.setdefault(row.run, []).append(row)
    whole = [looks for looks in runs.values() if any(look.complete for look in looks)]
    if not whole:
        raise CalibrationError(
            f"found {len(runs)} honest runs left for the promise, none with a whole look; make more honest runs"
        )
    maxima = sorted(max(chosen(look.features) for look in looks) for looks in whole)
    return tuple(maxima), min(len(looks) for looks in whole)


def _least_known(rows: Sequence[LookRow], chosen: Logistic) -> int:
    """Fewest known facts at which a deceptive snapshot was told: with fewer, silence may be want of facts.

    Where none was told, the fewest at which a look was whole.
    """
    whole = [row for row in rows if row.complete]
    told = [row.known for row in whole if row.label and chosen(row.features) > EVEN]
    return min(told or [row.known for row in whole])


def _greatest_nulls(rows: Sequence[LookRow], width: int) -> tuple[float | None, ...]:
    seen = [[row.nulls[k] for row in rows] for k in range(width)]
    return tuple(max((null for null in column if null is not None), default=None) for column in seen)


def _kinds(rows: Sequence[LookRow], runs: Collection[str]) -> tuple[tuple[str, int], ...]:
    kinds = {row.run: row.kind for row in rows if row.run in runs}
    return tuple(sorted(Counter(kinds.values()).items()))
