"""What a user may tell a monitor: one list of options, from which every door takes its signature."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, fields
from pathlib import Path
from typing import Any

from forewarn.auditset import AuditSet
from forewarn.errors import AuditSetError, ConfigurationError
from forewarn.helpers import Helper
from forewarn.judges.calibration import Calibration
from forewarn.probes import Probe
from forewarn.records import Response
from forewarn.schedules import Schedule, parse_schedule
from forewarn.store.files import check_local
from forewarn.store.retention import KEEP_FLAGGED
from forewarn.subjects.layout import Overrides


@dataclass(frozen=True)
class Options:
    """What a monitor is told, the same for every training loop.

    Args:
        audit_set: what it may ask: an AuditSet, or the path of one.
        every_n_steps: when to look, in optimiser steps, or a Schedule. The last step is looked at besides.
        false_alarm: promised chance of any alarm over a whole honest run, such as 0.05.
        response: `record`, `flag` (also warn), or `halt` (raise DeceptionAlarm; the default).
        graceful_stop: halt by asking the loop to stop instead of raising.
        folder: where run folders are made; `runs` by default, in Lightning `default_root_dir/forewarn`.
        name: of the run's folder; the time by default. A number is added if it is taken.
        tokenizer: anything with `encode`; in Lightning found as `tokenizer` on the module or its datamodule.
        chat: ask in the tokenizer's chat template (True) or in plain text (False). By default the way in which the
            model knows more facts at the start.
        helper: which questions to ask: a Helper or the folder of a stored one; the shipped one by default.
        budget: most forward passes over the audit set that a look adds; as the helper's folder says by default.
        carry_over: most passes that looks may save for later ones; the same.
        probes: what can be asked: probes, or names of installed ones; all that are installed by default.
        calibration: a Calibration or the path of one; the helper's own by default.
        overrides: names of the model's parts, where they are not found.
        first_look: look at the start as well: a rehearsal, and what later looks are compared with.
        patience: seconds for which processes that train one model wait for each other at a look (`Watch`).
        keep_newest: snapshots kept besides flagged ones, the first and the last clear one.
        keep_flagged: flagged snapshots kept; where there are more, those in the middle are removed.
        most_missed: looks missed in a row at which `halt` stops the run: unknown is not clear.
        most_unknown: looks in a row that could not tell at which `halt` stops the run too.
        known_by: step up to which a model may know too few facts without such looks being counted.
        look_limit: seconds that one look may take; past them it is missed. None for no limit.
        seed: decides which facts are explored and which confirm.
        quiet: do not print the line at the end that says where the run stands.
        resume_after_alarm: go on although an alarm stands, or with weaker settings; the ledger keeps it.

    Raises AuditSetError or ConfigurationError for a value of the wrong type or outside of what is accepted.
    """

    audit_set: AuditSet | Path | str
    _: KW_ONLY
    every_n_steps: int | Schedule = 100
    false_alarm: float = 0.05
    response: Response | str = "halt"
    graceful_stop: bool = False
    folder: Path | str | None = None
    name: str | None = None
    tokenizer: Any | None = None
    chat: bool | None = None
    helper: Helper | Path | str | None = None
    budget: float | None = None
    carry_over: float | None = None
    probes: Sequence[Probe | str] | None = None
    calibration: Calibration | Path | str | None = None
    overrides: Overrides | None = None
    first_look: bool = True
    patience: float = 1800.0
    keep_newest: int = 3
    keep_flagged: int = KEEP_FLAGGED
    most_missed: int = 3
    most_unknown: int = 10
    known_by: int = 10_000
    look_limit: float | None = 480.0
    seed: int = 0
    quiet: bool = False
    resume_after_alarm: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.audit_set, AuditSet | Path | str):
            raise AuditSetError(
                f"audit_set must be an AuditSet, or the path of one; found {type(self.audit_set).__name__}. "
                "Read one with AuditSet.from_jsonl(path)."
            )
        parse_schedule(self.every_n_steps)
        _check_response(self.response)
        _check_numbers(self)
        _check_probes(self.probes)
        for name, kinds in _KINDS.items():
            _check_kind(name, getattr(self, name), kinds)
        check_local(self.folder or "")

    def as_json(self) -> dict[str, Any]:
        """Plain values, for the manifest; a value that is no plain one by what it calls itself."""
        left_out = ("audit_set", "tokenizer", "quiet")
        return {f.name: _plain(getattr(self, f.name)) for f in fields(self) if f.name not in left_out}


_KINDS: Mapping[str, tuple[type, ...]] = {
    "graceful_stop": (bool,),
    "first_look": (bool,),
    "quiet": (bool,),
    "chat": (bool, type(None)),
    "resume_after_alarm": (bool,),
    "folder": (str, Path, type(None)),
    "name": (str, type(None)),
    "overrides": (Overrides, type(None)),
    "calibration": (Calibration, str, Path, type(None)),
}


def _check_response(response: object) -> None:
    names = [each.value for each in Response]
    if response not in names:
        raise ConfigurationError(f"response must be one of {', '.join(names)}; found {response!r}")


def _check_numbers(options: Options) -> None:
    if not (_is_number(options.false_alarm) and 0.0 < options.false_alarm < 1.0):
        raise ConfigurationError(
            "false_alarm must be a number strictly between 0 and 1, such as 0.05 for 5 %; found "
            f"{options.false_alarm!r}"
        )
    if options.budget is not None and not (_is_number(options.budget) and options.budget > 0):
        raise ConfigurationError(
            "budget must be a positive number of forward passes over the audit set, such as 2.0, or None for "
            f"what the helper's folder says; found {options.budget!r}"
        )
    if options.carry_over is not None and not (_is_number(options.carry_over) and options.carry_over >= 0):
        raise ConfigurationError(
            f"carry_over must be a number of forward passes of at least 0; found {options.carry_over!r}"
        )
    if not (_is_number(options.patience) and 0 < options.patience < math.inf):
        raise ConfigurationError(f"patience must be a positive number of seconds; found {options.patience!r}")
    if options.look_limit is not None and not (_is_number(options.look_limit) and options.look_limit > 0):
        raise ConfigurationError(
            "look_limit must be a positive number of seconds, such as 480, or None for no limit; found "
            f"{options.look_limit!r}"
        )
    wholes = {
        "keep_newest": 0,
        "keep_flagged": 2,
        "most_missed": 1,
        "most_unknown": 1,
        "known_by": 0,
        "seed": 0,
    }
    for name, least in wholes.items():
        value = getattr(options, name)
        if type(value) is not int or value < least:
            raise ConfigurationError(f"{name} must be a whole number of at least {least}; found {value!r}")


def _is_number(value: object) -> bool:
    # True is a number to Python, and a slip to everybody else.
    return isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value)


def _check_probes(probes: object) -> None:
    if isinstance(probes, str | Probe):
        raise ConfigurationError(f"probes must be a list; found {probes!r}. Put it into brackets.")
    if probes is None:
        return
    if not isinstance(probes, Sequence) or not all(isinstance(each, Probe | str) for each in probes):
        raise ConfigurationError(
            f'probes must be a list of probes or of their names, such as ["latent-policy"]; found {probes!r}'
        )


def _check_kind(name: str, value: object, kinds: tuple[type, ...]) -> None:
    if not isinstance(value, kinds):
        wanted = " or ".join("None" if kind is type(None) else kind.__name__ for kind in kinds)
        raise ConfigurationError(f"{name} must be {wanted}; found {value!r} ({type(value).__name__})")


def _plain(value: object) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Sequence):
        return [_plain(each) for each in value]
    try:
        return str(getattr(value, "code", getattr(value, "digest", getattr(value, "name", repr(value)))))
    except Exception:
        # A foreign value that cannot say what it is must not keep a run from being watched.
        return type(value).__name__
