"""Plain loops in two processes of one gloo group, each with a Watch; what each came to is written down."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import warnings
from contextlib import suppress
from pathlib import Path

import torch.distributed as dist
from torch.distributed.distributed_c10d import _get_default_store

warnings.simplefilter("ignore")


def load(path):
    spec = importlib.util.spec_from_file_location("small", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def watch(small, folder, case, rank):
    from forewarn import Watch
    from forewarn.callbacks import equip

    lies = {"halt": [3]}.get(case, [])
    errors = [3] if case == "interrupt" else []
    probe = small.Told(lies=lies, errors=errors, error=KeyboardInterrupt("in a look"))
    equip.catalogue = lambda: (probe,)
    return Watch(
        small.seeded(small.GPT),
        small.audit_set(),
        every_n_steps=3 if case == "options" and rank else 2,
        folder=folder / case,
        name="run",
        response="record" if case in ("record", "alone") else "halt",
        calibration=small.calibration("as-told"),
        patience=5.0,
    )


def train(small, folder, case, rank):
    if rank and case in ("absent", "alone"):
        # So that the watches that follow belong together again.
        _get_default_store().add("forewarn/watches/1", 1)
        return {"steps": 0, "raised": None}
    told, step = {"raised": None}, 0
    try:
        with watch(small, folder, case, rank) as watched:
            for step in range(1, 7):
                next(watched._model.parameters()).data.add_(1e-5)  # A look at what has not moved is unknown.
                if not (case == "skips" and rank and step == 4):
                    watched.step(step)
    except BaseException as error:
        told["raised"] = [type(error).__name__, str(error)]
    return {"steps": step, **told}


if __name__ == "__main__":
    dist.init_process_group("gloo")
    own, place = int(os.environ["RANK"]), Path(sys.argv[1])
    for each in ("record", "halt", "options", "interrupt", "skips", "absent", "alone"):
        found = train(load(sys.argv[2]), place, each, own)
        (place / f"{each}-{own}.json").write_text(json.dumps(found))
        dist.barrier()
    with suppress(RuntimeError):
        dist.destroy_process_group()
