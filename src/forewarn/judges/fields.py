"""Reading typed fields out of parsed JSON, with errors that name the place."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from forewarn.errors import CalibrationError
from forewarn.reading import parse


def canonical(payload: Any) -> str:
    """The one JSON text of a payload: keys sorted, no spaces, no NaN."""
    return json.dumps(payload, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(payload: Any) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical(payload).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Fields:
    """One JSON object and where it was found. Each method raises CalibrationError naming field and place."""

    payload: Mapping[str, Any]
    where: str

    @classmethod
    def parse(cls, text: str, where: str, wanted: Iterable[str]) -> Fields:
        """The object in `text`, which must hold exactly the `wanted` fields."""
        try:
            payload = parse(text)
        except ValueError as error:
            raise CalibrationError(f"{where}: not JSON ({error})") from error
        return cls.of(payload, where, wanted)

    @classmethod
    def of(cls, payload: Any, where: str, wanted: Iterable[str]) -> Fields:
        """A parsed value, which must be an object with exactly the `wanted` fields."""
        names = set(wanted)
        if not isinstance(payload, dict):
            raise CalibrationError(f"{where}: wanted a JSON object; found {type(payload).__name__}")
        if set(payload) != names:
            missing, extra = sorted(names - set(payload)), sorted(set(payload) - names)
            raise CalibrationError(f"{where}: missing fields {missing}, unknown fields {extra}")
        return cls(payload, where)

    def text(self, name: str) -> str:
        """A string."""
        value = self.payload[name]
        return value if isinstance(value, str) else self._refuse(name, "a string")

    def count(self, name: str) -> int:
        """A whole number of at least 0."""
        value = self.payload[name]
        whole = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        return int(value) if whole else self._refuse(name, "a whole number of at least 0")

    def numbers(self, name: str) -> tuple[float, ...]:
        """A list of finite numbers."""
        values = self.payload[name]
        if not (isinstance(values, list) and all(_finite(value) for value in values)):
            self._refuse(name, "a list of finite numbers")
        return tuple(float(value) for value in values)

    def optional_numbers(self, name: str) -> tuple[float | None, ...]:
        """A list of finite numbers and nulls."""
        values = self.payload[name]
        if not (isinstance(values, list) and all(value is None or _finite(value) for value in values)):
            self._refuse(name, "a list of finite numbers and nulls")
        return tuple(None if value is None else float(value) for value in values)

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of strings."""
        values = self.payload[name]
        if not (isinstance(values, list) and all(isinstance(value, str) for value in values)):
            self._refuse(name, "a list of strings")
        return tuple(values)

    def mapping(self, name: str) -> Mapping[str, Any]:
        """An object."""
        value = self.payload[name]
        return value if isinstance(value, dict) else self._refuse(name, "an object")

    def items(self, name: str) -> list[Any]:
        """A list of anything."""
        value = self.payload[name]
        return value if isinstance(value, list) else self._refuse(name, "a list")

    def _refuse(self, name: str, wanted: str) -> NoReturn:
        found = repr(self.payload[name])
        raise CalibrationError(f"{self.where}: {name!r} must be {wanted}; found {found[:80]}")


def _finite(value: Any) -> bool:
    # A whole number too large for a float is not finite either.
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:
        return False
