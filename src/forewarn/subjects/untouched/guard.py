"""A process is left as it was found, whatever was done in between."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import torch

from forewarn.subjects.untouched import of_python, of_torch
from forewarn.subjects.untouched.setting import Setting

log = logging.getLogger("forewarn")


@contextmanager
def untouched() -> Iterator[None]:
    """Whatever is run inside leaves the process as it was, also where it raises, or asks to exit.

    Put back are the random numbers of Python, NumPy, torch and its accelerators. So are torch's modes: gradients,
    inference, autocast, anomalies, default dtype and device, determinism, precision, kernels, threads, and hooks
    of all modules. So are warnings, loggers, environment, folder, signals and limits of the process. Nothing is
    written that was not changed.

    Three things are not put back: what a caller replaces in a module, the number of threads between operations
    (torch sets it once), and seeds of an accelerator that had not been used before. The settings belong to the
    process, so that what another thread changes in that time is undone too.
    """
    before = list(_found())
    try:
        # The guard of inference mode also puts back whether gradients are taken.
        with torch.inference_mode(torch.is_inference_mode_enabled()):
            yield
    finally:
        for setting, found in before:
            _put_back(setting, found)


def _found() -> Iterator[tuple[Setting, Any]]:
    """Each setting as it is; one that cannot be read is left alone."""
    for setting in (*of_python.settings(), *of_torch.settings()):
        try:
            yield setting, setting.read()
        except Exception as error:
            _warn("read", setting, error)


def _put_back(setting: Setting, found: object) -> None:
    """One that cannot be put back must not keep the others from it."""
    try:
        setting.put_back(found)
    except Exception as error:
        _warn("put back", setting, error)


def _warn(what: str, setting: Setting, error: Exception) -> None:
    with suppress(Exception):
        log.warning("forewarn could not %s the %s: %s: %s", what, setting.name, type(error).__name__, error)
