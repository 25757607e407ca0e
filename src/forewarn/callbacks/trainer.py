"""What a monitor reads of a Lightning Trainer."""

from __future__ import annotations

import logging
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


def metrics_of(trainer: Any) -> dict[str, float]:
    """The run's own figures, as plain numbers."""
    return {name: float(value) for name, value in trainer.callback_metrics.items() if value.numel() == 1}


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
