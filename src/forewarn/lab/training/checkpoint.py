"""A training that may be stopped: where it stands is on disk after each round, and it goes on from there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, cast, final

from safetensors import SafetensorError, safe_open
from safetensors.torch import save as save_tensors
from torch import Tensor

from forewarn.errors import ConfigurationError, IntegrityError, StoreError
from forewarn.helpers.network import Network
from forewarn.lab.game.debate import BestAnswer, Defender, Silent
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.training.trainer import Trained, Trainer, TrainerState, TrainingPlan
from forewarn.lab.training.validation import Check
from forewarn.stats.calibration import Logistic
from forewarn.store.codec import decode, encode
from forewarn.store.digest import canonical
from forewarn.store.files import refused, write_atomically

STATE, CHECKS, PICTURE = "state.safetensors", "checks.jsonl", "checks.svg"
FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class _Kept:
    """What stands beside the weights."""

    round: int
    """Rounds that are over."""
    judge: Logistic
    answers: Logistic | None
    """Of the defender; None for a silent one."""
    worth: float
    best_judge: Logistic
    best_answers: Logistic | None
    checks: tuple[Check, ...]


@final
class CheckpointedTraining:
    """Mutable: a training in a folder.

    Resumed at the start of the round that was cut off, it ends in the same bits on one thread of one machine: each
    round begins with an optimiser and random numbers of its own.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any], plan: TrainingPlan) -> None:
        """`settings`: all that decides what comes of it, to be compared with what the folder began with."""
        self._folder, self._settings, self._plan = folder, dict(settings), plan
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise refused(folder, error) from error

    @property
    def begun(self) -> int:
        """Rounds that are over. Raises as `learn` does."""
        found = self._read()
        return 0 if found is None else found[0].round

    def learn(
        self, batch: RunBatch, network: Network | None, held_out: RunBatch, device: str = "cpu"
    ) -> Iterator[Check]:
        """Go on to the end; gives each check, those of earlier rounds again first.

        Raises:
            ConfigurationError: the folder holds a training with other settings.
            StoreError, IntegrityError: it cannot be read or written, or its state was altered.
        """
        self._trainer = Trainer(batch, self._plan, network, held_out, device)
        found, done = self._read(), 0
        checks: list[Check] = []
        if found is not None:
            self._trainer.resume(_standing(*found))
            done, checks = found[0].round, list(found[0].checks)
            yield from found[0].checks
        for index in range(done, self._plan.rounds):
            for check in self._trainer.round(index):
                checks.append(check)
                self._log(checks)
                yield check
            self._write(index + 1)
        self._log(checks)

    @property
    def result(self) -> Trained:
        """The best network that it passed through."""
        return self._trainer.result

    def _log(self, checks: list[Check]) -> None:
        lines = [json.dumps(asdict(check)) + "\n" for check in checks]
        write_atomically(self._folder / CHECKS, "".join(lines))

    def _write(self, done: int) -> None:
        now = self._trainer.standing
        parts = {f"now.{k}": v for k, v in now.weights.items()} | {
            f"best.{k}": v for k, v in now.best.items()
        }
        judges = (now.judge, _judge(now.defender), now.worth, now.best_judge, _judge(now.best_defender))
        kept = _Kept(done, *judges, now.checks)
        header = {"format": FORMAT, "settings": self._settings, "kept": encode(kept)}
        tensors = {name: value.detach().cpu().contiguous() for name, value in parts.items()}
        write_atomically(self._folder / STATE, save_tensors(tensors, {"forewarn": canonical(header)}))

    def _read(self) -> tuple[_Kept, dict[str, Tensor]] | None:
        path = self._folder / STATE
        if not path.exists():
            return None
        try:
            with safe_open(path, "pt") as file:
                header = json.loads(file.metadata()["forewarn"])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
            kept = cast(_Kept, decode(header["kept"], _Kept, str(path)))
            found, settings = header["settings"], json.loads(canonical(self._settings))
        except (OSError, ValueError, KeyError, TypeError, SafetensorError, StoreError) as error:
            raise IntegrityError(
                f"{path} holds no state of a training ({error}); choose another folder"
            ) from error
        if found != settings:
            other = sorted(k for k in found.keys() | settings.keys() if found.get(k) != settings.get(k))
            told = ", ".join(f"{k} {found.get(k)} and not {settings.get(k)}" for k in other)
            raise ConfigurationError(
                f"{self._folder} holds a training with {told}; go on with what it began with, or choose another "
                "folder"
            )
        return kept, tensors


def _standing(kept: _Kept, tensors: Mapping[str, Tensor]) -> TrainerState:
    now, best = (
        {k.removeprefix(part): v for k, v in tensors.items() if k.startswith(part)}
        for part in ("now.", "best.")
    )
    sides = (_defender(kept.answers), kept.worth, best, kept.best_judge, _defender(kept.best_answers))
    return TrainerState(now, kept.judge, *sides, kept.checks)


def _judge(defender: Defender) -> Logistic | None:
    return defender.judge if isinstance(defender, BestAnswer) else None


def _defender(judge: Logistic | None) -> Defender:
    return Silent() if judge is None else BestAnswer(judge)
