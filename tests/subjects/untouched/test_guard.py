"""Whatever is left switched inside is put back, and what cannot be put back is told."""

from __future__ import annotations

import gc
import logging
import os
import random
import signal
import sys
import warnings

import numpy as np
import pytest
import torch
from torch import nn

from forewarn.subjects.untouched import of_python, of_torch
from forewarn.subjects.untouched.guard import untouched
from forewarn.subjects.untouched.setting import Setting


def entered(context):
    """A context that is entered and never left."""

    def act():
        kept = context()
        kept.__enter__()
        return kept

    return act


ACTS = {
    "draw from torch": lambda: torch.randn(3),
    "seed torch": lambda: torch.manual_seed(1),
    "seed Python": lambda: random.seed(1),
    "seed NumPy": lambda: np.random.seed(1),
    "errors of NumPy": lambda: np.seterr(all="raise"),
    "gradients off": lambda: torch.set_grad_enabled(False),
    "gradients off by a context": entered(torch.no_grad),
    "inference mode": entered(torch.inference_mode),
    "autocast": entered(lambda: torch.autocast("cpu", dtype=torch.bfloat16)),
    "autocast of another dtype": lambda: torch.set_autocast_dtype("cpu", torch.float16),
    "no cache of autocast": lambda: torch.set_autocast_cache_enabled(False),
    "default dtype": lambda: torch.set_default_dtype(torch.float64),
    "default device": lambda: torch.set_default_device("meta"),
    "a device by a context": lambda: torch.device("meta").__enter__(),
    "deterministic algorithms": lambda: torch.use_deterministic_algorithms(True, warn_only=True),
    "anomaly mode": lambda: torch.set_anomaly_enabled(True, False),
    "threads": lambda: torch.set_num_threads(torch.get_num_threads() + 1),
    "denormal numbers": lambda: torch.set_flush_denormal(True),
    "benchmark": lambda: setattr(torch.backends.cudnn, "benchmark", True),
    "cudnn off": lambda: setattr(torch.backends.cudnn, "enabled", False),
    "determinism of cudnn": lambda: setattr(torch.backends.cudnn, "deterministic", True),
    "TF32 of products": lambda: setattr(torch.backends.cuda.matmul, "allow_tf32", True),
    "TF32 of cudnn": lambda: setattr(torch.backends.cudnn, "allow_tf32", False),
    "precision": lambda: torch.set_float32_matmul_precision("medium"),
    "attention": lambda: torch.backends.cuda.enable_flash_sdp(False),
    "hooks of all modules": lambda: nn.modules.module.register_module_forward_hook(lambda *_: None),
    "filters of warnings": lambda: warnings.simplefilter("ignore"),
    "how warnings are shown": lambda: setattr(warnings, "showwarning", print),
    "level of a logger": lambda: logging.getLogger("forewarn").setLevel(logging.CRITICAL),
    "level of the root": lambda: logging.getLogger().setLevel(logging.DEBUG),
    "all logging": lambda: logging.disable(logging.CRITICAL),
    "handlers of the root": lambda: logging.getLogger().addHandler(logging.NullHandler()),
    "a variable": lambda: os.environ.update({"FOREWARN_A_TEST": "1"}),
    "a variable gone": lambda: os.environ.pop("PATH"),
    "working folder": lambda: os.chdir("/"),
    "a signal": lambda: signal.signal(signal.SIGTERM, signal.SIG_IGN),
    "recursion": lambda: sys.setrecursionlimit(sys.getrecursionlimit() + 7),
    "standard output": lambda: setattr(sys, "stdout", None),
    "excepthook": lambda: setattr(sys, "excepthook", print),
    "garbage": gc.disable,
}


def found():
    """All settings, and the modes of autograd, which have a guard of their own."""
    settings = {s.name: s.read() for s in (*of_python.settings(), *of_torch.settings())}
    # torch makes loggers of its own when parts of it are first used.
    disabled, handlers, loggers = settings["loggers"]
    loggers = {logger: kept for logger, kept in loggers.items() if not logger.name.startswith("torch")}
    settings["loggers"] = disabled, handlers, loggers
    modes = torch.is_grad_enabled(), torch.is_inference_mode_enabled(), torch.get_default_device()
    return {**settings, "modes": modes}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_what_was_left_switched_is_put_back(act):
    before = found()
    kept = None
    with untouched():
        kept = act()
        assert found() != before, "the act changes nothing, so that the test could not fail"
    assert found() == before, kept


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_it_is_put_back_also_after_an_error(error):
    before = found()
    with pytest.raises(error), untouched():
        torch.set_default_dtype(torch.float64)
        random.seed(3)
        raise error
    assert found() == before


def test_what_was_switched_before_stays_switched():
    with torch.no_grad(), torch.autocast("cpu"), torch.device("meta"):
        before = found()
        with untouched():
            torch.set_grad_enabled(True)
            torch.set_autocast_enabled("cpu", False)
        assert found() == before
        assert torch.empty(1).device.type == "meta"


def test_a_folder_that_was_removed_is_no_error(tmp_path, monkeypatch, caplog):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with untouched():
        pass
    assert not caplog.records


def test_one_that_cannot_be_put_back_keeps_no_other_from_it(monkeypatch, caplog):
    def refuse(_):
        raise RuntimeError("it can be set once")

    values = iter(range(9))
    broken = Setting("number of wonders", lambda: next(values), refuse)
    kept = (broken, *of_python.settings())
    monkeypatch.setattr(of_python, "settings", lambda: kept)
    before = random.getstate()
    with untouched():
        random.random()
    assert random.getstate() == before
    assert "could not put back the number of wonders: RuntimeError: it can be set once" in caplog.text


def test_a_thread_that_is_not_the_main_one_leaves_signals_alone():
    from threading import Thread

    told = []
    thread = Thread(target=lambda: told.append(of_python._handlers()))
    thread.start()
    thread.join()
    assert told == [{}]
