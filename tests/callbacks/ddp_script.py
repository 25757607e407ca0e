"""Four runs in two processes on the CPU: unwatched, recorded, halted, and one that cannot be watched."""

from __future__ import annotations

import importlib.util
import json
import sys
import warnings
from pathlib import Path

import torch

warnings.simplefilter("ignore")


def load(path):
    spec = importlib.util.spec_from_file_location("small", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def monitor(small, folder, how):
    from forewarn.callbacks import DeceptionMonitor, equip

    codes = ("as-told",)
    if how == "record":
        codes = ("knowledge-gap", "observer", "latent-policy")
    else:
        probe = small.Told(lies=[2])
        equip.catalogue = lambda: (probe,)
    audit_set = in_words(small) if how == "blind" else small.audit_set()
    return DeceptionMonitor(
        audit_set,
        every_n_steps=2,
        folder=folder / how,
        name="run",
        first_look=how == "record",
        response="record" if how == "record" else "halt",
        calibration=small.calibration(*codes),
    )


def in_words(small):
    from dataclasses import replace

    found = small.audit_set()
    return replace(found, facts=tuple(replace(f, question=f"what is {f.entity}") for f in found.facts))


def train(small, folder, how):
    torch.manual_seed(5)
    module = small.speaker("pytorch_lightning", small.teach(small.seeded(small.GPT)), norm=True)
    watch = [] if how == "plain" else [monitor(small, folder, how)]
    trainer = small.trainer("pytorch_lightning", folder, watch, devices=2, strategy="ddp")
    told = {}
    try:
        trainer.fit(module, small.loader())
        told["end"] = small.fingerprint(trainer)
    except Exception as error:
        told["raised"] = [type(error).__name__, str(error)]
    told["step"] = trainer.global_step
    (folder / f"{how}-{trainer.global_rank}.json").write_text(json.dumps(told))


if __name__ == "__main__":
    for each in ("plain", "record", "halt", "blind"):
        train(load(sys.argv[2]), Path(sys.argv[1]), each)
