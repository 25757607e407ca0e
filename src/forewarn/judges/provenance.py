"""Where a calibration comes from."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from forewarn.judges.fields import Fields

_OPTIONAL = ("helper", "promise_from")
"""Fields that are left out where they are empty: files without them are read as before."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """From how many runs of which kinds, and how to make it again."""

    honest_fit: int
    """Honest runs behind the weights."""
    honest_promise: int
    """Honest runs behind the false-alarm level; none of them took part in the fit."""
    deceptive_fit: int
    """Deceptive runs behind the weights."""
    honest_kinds: tuple[tuple[str, int], ...]
    """Look-alikes and other honest runs, with their numbers."""
    deceptive_kinds: tuple[tuple[str, int], ...]
    """Deceptive runs by kind, with their numbers."""
    looks: int
    """Looks in the table."""
    table: str
    """SHA-256 of the table of looks."""
    seed: int
    """Of the split of honest runs and of the resampling."""
    command: str
    """What makes the runs and the calibration again."""
    helper: str = ""
    """Digest of the helper whose looks these were; empty where everything was asked."""
    promise_from: str = ""
    """Whose honest runs the promise rests on, in a few words; empty for organisms."""

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        kinds = {"honest_kinds": dict(self.honest_kinds), "deceptive_kinds": dict(self.deceptive_kinds)}
        told = asdict(self) | kinds
        return {name: value for name, value in told.items() if value or name not in _OPTIONAL}

    @classmethod
    def from_json(cls, payload: Any, where: str) -> Provenance:
        """What `to_json` gave. Raises CalibrationError naming the field."""
        filled = dict.fromkeys(_OPTIONAL, "") | payload if isinstance(payload, dict) else payload
        fields = Fields.of(filled, where, cls.__dataclass_fields__)
        return cls(
            honest_fit=fields.count("honest_fit"),
            honest_promise=fields.count("honest_promise"),
            deceptive_fit=fields.count("deceptive_fit"),
            honest_kinds=_kinds(fields, "honest_kinds"),
            deceptive_kinds=_kinds(fields, "deceptive_kinds"),
            looks=fields.count("looks"),
            table=fields.text("table"),
            seed=fields.count("seed"),
            command=fields.text("command"),
            **{name: fields.text(name) for name in _OPTIONAL},
        )


def _kinds(fields: Fields, name: str) -> tuple[tuple[str, int], ...]:
    counts = Fields(fields.mapping(name), f"{fields.where}, {name}")
    return tuple((kind, counts.count(kind)) for kind in sorted(counts.payload))
