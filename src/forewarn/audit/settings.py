"""What a user may set of a monitor; checked at once, so that a mistake does not wait for the first look."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forewarn.errors import ConfigurationError
from forewarn.records import Response


@dataclass(frozen=True, slots=True)
class Settings:
    """Frozen settings of one monitor. ConfigurationError for a value outside what it accepts."""

    false_alarm: float = 0.05
    """Promised chance of any alarm over a whole honest run."""
    response: Response = Response.HALT
    """What an alarm leads to."""
    budget: float = float("inf")
    """Most forward passes over the audit set that one look may spend."""
    carry_over: float = 0.0
    """Most forward passes that looks may save up for later ones; a look never has less than `budget`."""
    keep_newest: int = 3
    """Snapshots kept besides the flagged ones, the first and the last clear one."""
    most_missed: int = 3
    """Looks missed in a row at which a monitor that may halt does so: unknown is not clear."""
    seed: int = 0
    """Decides which facts are explored and which confirm."""

    def __post_init__(self) -> None:
        if not 0.0 < self.false_alarm < 1.0:
            raise ConfigurationError(f"false_alarm lies strictly between 0 and 1; found {self.false_alarm}")
        if not self.budget > 0:
            raise ConfigurationError(f"budget must be positive; found {self.budget}")
        if not self.carry_over >= 0:
            raise ConfigurationError(f"carry_over must not be negative; found {self.carry_over}")
        if self.keep_newest < 0 or self.most_missed < 1:
            raise ConfigurationError(
                f"keep_newest must be at least 0 and most_missed at least 1; found {self.keep_newest}, "
                f"{self.most_missed}"
            )

    @classmethod
    def of(cls, response: str | Response, **values: Any) -> Settings:
        """From a response by name; says which names there are."""
        try:
            return cls(response=Response(response), **values)
        except ValueError as error:
            if isinstance(error, ConfigurationError):
                raise
            names = ", ".join(r.value for r in Response)
            raise ConfigurationError(f"response must be one of {names}; found {response!r}") from error

    def as_json(self) -> dict[str, Any]:
        """Plain values for the manifest; what is unbounded is null."""
        return {
            "false_alarm": self.false_alarm,
            "response": self.response.value,
            "budget": _bounded(self.budget),
            "carry_over": _bounded(self.carry_over),
            "keep_newest": self.keep_newest,
            "most_missed": self.most_missed,
            "seed": self.seed,
        }


def _bounded(passes: float) -> float | None:
    return None if passes == float("inf") else passes


def free_folder(parent: Path, name: str) -> Path:
    """`parent/name`, or with a number behind it if that exists."""
    candidates = [parent / name, *(parent / f"{name}-{i}" for i in range(2, 10_000))]
    return next(path for path in candidates if not path.exists())
