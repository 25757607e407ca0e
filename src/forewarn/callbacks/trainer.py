"""What a monitor reads of a Lightning Trainer."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

log = logging.getLogger("forewarn")
SHARDED = ("FSDP", "ModelParallel", "DeepSpeed")
"""Strategies under which no process holds whole weights."""


def is_idle(trainer: Any) -> bool:
    """Whether nothing is being trained in earnest."""
    return bool(trainer.sanity_checking or trainer.fast_dev_run or trainer.state.fn != "fit")


def own_step(trainer: Any) -> int:
    """Lightning's own step for loggers: batches that stepped, however many optimisers stepped in each."""
    loop = getattr(getattr(trainer, "fit_loop", None), "epoch_loop", None)
    return int(getattr(loop, "_batches_that_stepped", trainer.global_step))


def tokenizer_of(trainer: Any, pl_module: Any) -> Any | None:
    """The first `tokenizer` on the module, its datamodule, or a child of the module."""
    owners = [pl_module, getattr(trainer, "datamodule", None), *pl_module.modules()]
    found = (getattr(owner, "tokenizer", None) for owner in owners if owner is not None)
    return next((t for t in found if hasattr(t, "encode")), None)


def stepped_by(trainer: Any) -> tuple[Any, ...]:
    """The parameters that the optimisers hold; nothing where there is no asking them."""
    try:
        return tuple(p for each in trainer.optimizers for group in each.param_groups for p in group["params"])
    except Exception as error:
        log.warning("forewarn could not read what the optimisers hold: %s", error)
        return ()


def metrics_of(trainer: Any) -> dict[str, Any]:
    """What the run has logged so far. Nothing is changed by reading it, and what fails to be read is no metric.

    The trainer's own collection is put back: reading it would enter metrics earlier than Lightning does.
    """
    kept = getattr(getattr(trainer, "_logger_connector", None), "_callback_metrics", None)
    before = dict(kept) if isinstance(kept, dict) else None
    try:
        return dict(trainer.callback_metrics)
    except Exception as error:
        log.warning("forewarn could not read the run's metrics: %s", error)
        return {}
    finally:
        if isinstance(kept, dict) and before is not None:
            kept.clear()
            kept.update(before)


def owners_of(trainer: Any, pl_module: Any) -> list[object]:
    """Who may hold averaged weights: the module, and the callbacks."""
    return [pl_module, *trainer.callbacks]


def notes_on(trainer: Any) -> list[str]:
    """What a first look's line says besides, of this trainer."""
    timed = any(type(callback).__name__ == "Timer" for callback in trainer.callbacks)
    return ["the time that looks take counts towards max_time"] if timed else []


def waits_for(trainer: Any) -> float | None:
    """Seconds for which the other processes wait for a look: the timeout of their group. None without others."""
    limit = getattr(trainer.strategy, "_timeout", None)
    return limit.total_seconds() if trainer.world_size > 1 and isinstance(limit, timedelta) else None


def warn_of_another_state(trainer: Any, key: str, checkpoint: Mapping[str, Any]) -> None:
    """Say that a checkpoint holds the state of a monitor which is not this one, nor another in the trainer."""
    held = [k for k in checkpoint.get("callbacks") or {} if str(k).startswith("DeceptionMonitor")]
    here = {callback.state_key for callback in trainer.callbacks}
    if key not in held and (lost := [each for each in held if each not in here]):
        log.warning(
            "forewarn begins a new ledger: the checkpoint holds the state of %s, and this monitor is %s. They "
            "differ in name. Give the monitor the name that it had then to go on with its ledger.",
            lost[0],
            key,
        )


def warn_of_shards(trainer: Any) -> None:
    """Say beforehand what the first look would stumble over."""
    strategy = type(trainer.strategy).__name__
    if any(word in strategy for word in SHARDED):
        log.warning("forewarn cannot read sharded weights yet (%s)", strategy)


def warn_if_swallowed(trainer: Any, step: int) -> None:
    """Say where Lightning trains on although it is asked to stop."""
    epochs, steps = trainer.min_epochs or 0, trainer.min_steps or 0
    if step < steps or trainer.current_epoch + 1 < epochs:
        log.warning(
            "forewarn asked for a halt, but Lightning trains on until min_epochs=%s and min_steps=%s are reached; "
            "leave graceful_stop=False to halt at once",
            trainer.min_epochs,
            trainer.min_steps,
        )
