"""What Python and NumPy keep for a whole process."""

from __future__ import annotations

import gc
import locale
import logging
import multiprocessing
import os
import random
import signal
import sys
import threading
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from forewarn.subjects.untouched.setting import Setting, attributes

_SIGNALS = tuple(signal.Signals)


def settings() -> tuple[Setting, ...]:
    """All of them."""
    return (
        Setting("random numbers of Python", random.getstate, random.setstate),
        Setting("random numbers of NumPy", _numpy_state, _set_numpy_state),
        Setting("error handling of NumPy", np.geterr, lambda found: np.seterr(**found)),
        Setting("filters of warnings", lambda: list(warnings.filters), _set_filters),
        Setting("loggers", _loggers, _set_loggers),
        Setting("environment variables", lambda: dict(os.environ), _set_environment),
        Setting("working folder", _folder, _set_folder),
        Setting("handlers of signals", _handlers, _set_handlers),
        Setting("limit of recursion", sys.getrecursionlimit, sys.setrecursionlimit),
        Setting("switch interval of threads", sys.getswitchinterval, sys.setswitchinterval),
        Setting("garbage collection", lambda: (gc.isenabled(), gc.get_threshold()), _set_collection),
        Setting(
            "locale",
            lambda: locale.setlocale(locale.LC_ALL),
            lambda found: locale.setlocale(locale.LC_ALL, found),
        ),
        Setting("start method of processes", _start_method, _set_start_method),
        *attributes(sys, "sys", "stdin", "stdout", "stderr", "excepthook", "unraisablehook", "displayhook"),
        *attributes(warnings, "warnings", "showwarning", "formatwarning"),
    )


def _numpy_state() -> tuple[object, ...]:
    kind, keys, *rest = np.random.get_state(legacy=True)
    return kind, np.asarray(keys).tobytes(), *rest


def _set_numpy_state(found: tuple[Any, ...]) -> None:
    kind, keys, *rest = found
    np.random.set_state((kind, np.frombuffer(keys, dtype=np.uint32), *rest))


def _set_filters(found: list[Any]) -> None:
    # Adding one makes the module forget what it remembers of the old ones; then the list itself is exchanged.
    warnings.simplefilter("default")
    warnings.filters[:] = found  # type: ignore[index]


_Logger = tuple[int, bool, bool]


def _loggers() -> tuple[int, list[logging.Handler], dict[logging.Logger, _Logger]]:
    """What is disabled, who hears the root, and of each logger its level and whether it speaks."""
    root = logging.getLogger()
    every = [root, *(each for each in root.manager.loggerDict.values() if isinstance(each, logging.Logger))]
    found = {logger: (logger.level, logger.disabled, logger.propagate) for logger in every}
    return root.manager.disable, list(root.handlers), found


def _set_loggers(found: tuple[int, list[logging.Handler], dict[logging.Logger, _Logger]]) -> None:
    disabled, handlers, loggers = found
    logging.disable(disabled)
    logging.getLogger().handlers[:] = handlers
    for logger, (level, is_disabled, propagate) in loggers.items():
        if (logger.level, logger.disabled, logger.propagate) != (level, is_disabled, propagate):
            logger.setLevel(level)
            logger.disabled, logger.propagate = is_disabled, propagate


def _set_environment(found: Mapping[str, str]) -> None:
    for name in os.environ.keys() - found.keys():
        del os.environ[name]
    os.environ.update({name: value for name, value in found.items() if os.environ.get(name) != value})


def _folder() -> str | None:
    """The working folder; None where it was removed, and there is no way back to it."""
    try:
        return str(Path.cwd())
    except OSError:
        return None


def _set_folder(found: str | None) -> None:
    if found is not None:
        os.chdir(found)


def _handlers() -> dict[int, Any]:
    """Of signals. Only the main thread may set them, so that other threads read none."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    found = {number: signal.getsignal(number) for number in _SIGNALS}
    # None stands for a handler that was not set from Python, and cannot be.
    return {number: handler for number, handler in found.items() if handler is not None}


def _set_handlers(found: Mapping[int, Any]) -> None:
    for number, handler in found.items():
        if signal.getsignal(number) != handler:
            signal.signal(number, handler)


def _set_collection(found: tuple[bool, tuple[int, int, int]]) -> None:
    enabled, threshold = found
    gc.set_threshold(*threshold)
    if enabled:
        gc.enable()
    else:
        gc.disable()


def _start_method() -> str | None:
    return multiprocessing.get_start_method(allow_none=True)


def _set_start_method(found: str | None) -> None:
    multiprocessing.set_start_method(found, force=True)
