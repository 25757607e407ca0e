"""A calibration: what turns evidence into a probability, and what honest runs reach."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from forewarn.errors import CalibrationError, IntegrityError, StoreError
from forewarn.judges.fields import Fields, canonical, digest
from forewarn.judges.provenance import Provenance
from forewarn.reading import is_format, read_text, refuse_other_kind
from forewarn.stats.calibration import Logistic

FORMAT = 2
"""Version of the file. A reader refuses any other."""
LARGEST = 100_000
"""Most bytes that a calibration file may have."""
EVEN = 0.5
"""Probability at or below which no alarm is raised."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights with their uncertainty, the honest runs behind the promise, and the range both were seen in.

    Raises CalibrationError on construction when the parts do not fit together.
    """

    codes: tuple[str, ...]
    """Probes, in the order of the features."""
    fit: Logistic
    """From features to the probability of deception at even prior odds."""
    refits: tuple[Logistic, ...]
    """The same over resampled runs: the spread is the uncertainty of the fit."""
    honest_maxima: tuple[float, ...]
    """Greatest probability over each honest run that took no part in the fit."""
    looks_per_run: int
    """Most looks per run that the promise covers: the fewest that any of those honest runs had."""
    greatest_nulls: tuple[float | None, ...]
    """For each code the greatest matched null seen; None where the probe never gave evidence."""
    least_known: int
    """Fewest facts known at any whole look; below it, nothing was calibrated."""
    provenance: Provenance
    """From what it was made."""
    digest: str = field(init=False, compare=False)
    """SHA-256 of the canonical JSON of all the others."""

    def __post_init__(self) -> None:
        if not self.codes or len(set(self.codes)) != len(self.codes):
            raise CalibrationError(f"a calibration needs at least one code and each once; found {self.codes}")
        widths = {
            len(self.codes),
            len(self.greatest_nulls),
            *(len(f.weights) for f in (self.fit, *self.refits)),
        }
        if len(widths) != 1:
            raise CalibrationError(
                f"weights and nulls must match the {len(self.codes)} codes; found {widths}"
            )
        if not (self.refits and self.honest_maxima and self.looks_per_run >= 1):
            raise CalibrationError(
                "a calibration needs at least one refit, one honest run and one look per run; found "
                f"{len(self.refits)}, {len(self.honest_maxima)} and {self.looks_per_run}"
            )
        if not all(0.0 <= maximum <= 1.0 for maximum in self.honest_maxima):
            raise CalibrationError("honest maxima are probabilities; found one outside [0, 1]")
        if not all(null is None or math.isfinite(null) for null in self.greatest_nulls):
            raise CalibrationError(f"greatest nulls must be finite; found {self.greatest_nulls}")
        object.__setattr__(self, "digest", digest(self.to_json()))

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON, without the digest."""
        return {
            "format": FORMAT,
            "codes": list(self.codes),
            "fit": _row(self.fit),
            "refits": [_row(refit) for refit in self.refits],
            "honest_maxima": list(self.honest_maxima),
            "looks_per_run": self.looks_per_run,
            "greatest_nulls": list(self.greatest_nulls),
            "least_known": self.least_known,
            "provenance": self.provenance.to_json(),
        }

    def save(self, path: Path | str) -> None:
        """Write JSON with its digest. Raises CalibrationError when it would exceed 100 KB."""
        text = canonical(self.to_json() | {"digest": self.digest}) + "\n"
        if len(text.encode()) > LARGEST:
            raise CalibrationError(
                f"the calibration takes {len(text.encode())} bytes of at most {LARGEST}; use fewer refits"
            )
        target = Path(path)
        partial = target.with_name(f".{target.name}.partial")
        refuse_other_kind(target)
        partial.write_text(text, encoding="utf-8")
        partial.replace(target)

    @classmethod
    def load(cls, path: Path | str) -> Calibration:
        """Read what `save` wrote.

        Raises CalibrationError when it is missing or malformed, IntegrityError when the content is not
        what its digest says.
        """
        return _parsed(_text(Path(path)), str(path))

    @classmethod
    def default(cls) -> Calibration:
        """The calibration shipped with the package. Raises CalibrationError when it is not there."""
        shipped = files("forewarn.judges") / "default.json"
        if not shipped.is_file():
            raise CalibrationError(
                "this installation holds no default calibration. Reinstall forewarn, or make one with "
                "`forewarn organisms make` and pass its path."
            )
        return _parsed(shipped.read_text(encoding="utf-8"), "the default calibration")


_FIELDS = (*Calibration.__dataclass_fields__, "format")


def _row(fit: Logistic) -> list[float]:
    """Intercept first, then the weights."""
    return [fit.intercept, *fit.weights]


def _text(path: Path) -> str:
    try:
        return read_text(path, LARGEST)
    except StoreError as error:
        raise CalibrationError(f"{path}: no calibration can be read here ({error})") from error


def _parsed(text: str, where: str) -> Calibration:
    fields = Fields.parse(text, where, _FIELDS)
    if not is_format(fields.payload["format"], FORMAT):
        raise CalibrationError(
            f"{where}: found format {fields.payload['format']!r}, wanted {FORMAT}. Make the calibration again "
            "with this version of forewarn."
        )
    found = _digest_of({name: fields.payload[name] for name in _FIELDS if name != "digest"}, where)
    if found != fields.text("digest"):
        raise IntegrityError(
            f"{where}: the content has digest {found[:12]}…, the file says {fields.text('digest')[:12]}…. "
            "It was changed after it was written: restore it or make it again."
        )
    made = _calibration(fields)
    if canonical(dict(fields.payload)) + "\n" != text:
        raise IntegrityError(f"{where}: is not spelt as it was written. Restore it or make it again.")
    return made


def _digest_of(payload: dict[str, Any], where: str) -> str:
    try:
        return digest(payload)
    except ValueError as error:
        raise CalibrationError(f"{where}: holds a number that is not finite ({error})") from error


def _calibration(fields: Fields) -> Calibration:
    refits = [Fields({"refits": row}, fields.where).numbers("refits") for row in fields.items("refits")]
    return Calibration(
        codes=fields.texts("codes"),
        fit=_logistic(fields.numbers("fit"), fields.where),
        refits=tuple(_logistic(row, fields.where) for row in refits),
        honest_maxima=fields.numbers("honest_maxima"),
        looks_per_run=fields.count("looks_per_run"),
        greatest_nulls=fields.optional_numbers("greatest_nulls"),
        least_known=fields.count("least_known"),
        provenance=Provenance.from_json(fields.payload["provenance"], f"{fields.where}, provenance"),
    )


def _logistic(row: tuple[float, ...], where: str) -> Logistic:
    if not row:
        raise CalibrationError(f"{where}: a fit needs an intercept; found an empty list")
    return Logistic(row[1:], row[0])
