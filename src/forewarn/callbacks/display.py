"""Where Lightning shows what a monitor tells: the user's loggers and the progress bar. Neither can end a run."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from forewarn.callbacks.trainer import own_step

log = logging.getLogger("forewarn")


def log_figures(trainer: Any, figures: Mapping[str, float], monitor: str = "") -> None:
    """Give the figures of a look to every logger, at the step at which Lightning logs its own.

    `monitor` is the name of one of several, so that they do not write over each other.
    """
    for logger in trainer.loggers:
        with _unharmed(logger):
            named = {_named(logger, monitor, name): value for name, value in figures.items()}
            logger.log_metrics(named, step=own_step(trainer))


def log_claim(trainer: Any, claim: str | None, monitor: str = "") -> None:
    """Give a claim in words to every logger that takes text."""
    for logger in () if claim is None else trainer.loggers:
        with _unharmed(logger):
            _log_text(logger, _named(logger, monitor, "claim"), claim, own_step(trainer))


def _named(logger: Any, monitor: str, name: str) -> str:
    return str(logger.group_separator).join(part for part in ("forewarn", monitor, name) if part)


def _log_text(logger: Any, tag: str, text: str | None, step: int) -> None:
    """By the logger's `log_text`, as a table where that wants columns (W&B); else by `add_text` (TensorBoard)."""
    log_text = getattr(logger, "log_text", None)
    if log_text is None:
        add_text = getattr(logger.experiment, "add_text", None)
        if add_text is not None:
            add_text(tag, text, global_step=step)
    elif "columns" in inspect.signature(log_text).parameters:
        log_text(tag, columns=["step", "claim"], data=[[step, text]], step=step)
    else:
        log_text(tag, text, step=step)


@contextmanager
def _unharmed(logger: Any) -> Iterator[None]:
    """A logger that fails must not end the run."""
    try:
        yield
    except Exception as error:
        log.warning("forewarn could not log to %s: %s", type(logger).__name__, error)


class Noted:
    """Mutable: stands in for a progress bar's `get_metrics`, and adds a monitor's words to what it gives.

    The bar's own metrics stay as they are, and nothing enters the metrics of the trainer.
    """

    def __init__(self, metrics: Callable[..., dict[str, Any]]) -> None:
        self.metrics, self.notes = metrics, dict[str, Callable[[], str | None]]()

    def __call__(self, *given: Any, **named: Any) -> dict[str, Any]:
        """The bar's metrics with the monitors' words."""
        told = {name: words() for name, words in self.notes.items()}
        return {**self.metrics(*given, **named), **{name: text for name, text in told.items() if text}}


def show_on_bar(trainer: Any, words: Callable[[], str | None], monitor: str = "") -> Callable[[], None]:
    """Have the trainer's progress bar, if it has one, show these words; call what is returned to end that."""
    bar = getattr(trainer, "progress_bar_callback", None)
    if bar is None or not callable(getattr(bar, "get_metrics", None)):
        return lambda: None
    if not isinstance(bar.get_metrics, Noted):
        bar.get_metrics = Noted(bar.get_metrics)
    noted: Noted = bar.get_metrics
    first = f"forewarn {monitor}" if monitor else "forewarn"
    names = (first, *(f"{first} {i}" for i in range(2, len(noted.notes) + 2)))
    name = next(name for name in names if name not in noted.notes)
    noted.notes[name] = words

    def stop() -> None:
        noted.notes.pop(name, None)
        if not noted.notes and bar.get_metrics is noted:
            bar.get_metrics = noted.metrics

    return stop
