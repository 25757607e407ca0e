"""How fast organisms are made: one after the other, beside the same models stacked and trained at once.

    python benchmarks/organisms.py [--json]

Prints milliseconds of CPU for a training step of one model, both ways, and how many runs an hour a core makes.
The peer is torch.func: `vmap` over stacked weights, with each model's own lessons.
"""

from __future__ import annotations

import argparse
import copy
import json
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.func import functional_call, grad, stack_module_state, vmap

from forewarn.lab.organisms.data import IGNORED, TrainingBatches
from forewarn.lab.organisms.matched_group import draw_group
from forewarn.lab.organisms.models import FAMILIES, Architecture, build, tokenizer
from forewarn.lab.organisms.scratch import RECIPE, SCALE

N_MODELS, N_STEPS, WARM = 4, 20, 3
SIZES = ((48, 2), (80, 4))
MEMBERS = 3
"""Runs of a matched group; they share their base."""


def main() -> None:
    """Measure every family and size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = [measured(Architecture(family, *size)) for family in FAMILIES for size in SIZES]
    if options.json:
        print(json.dumps({"steps": rows}, indent=1))
        return
    for row in rows:
        print(
            "{architecture:24} alone {alone:5.1f} ms  stacked {stacked:5.1f} ms  (eager {eager:5.1f} ms)  "
            "ratio {ratio:.2f}  {runs_an_hour:.0f} runs an hour and core".format(**row)
        )


def measured(architecture: Architecture) -> dict[str, Any]:
    """Milliseconds of CPU for one step of one model, both ways."""
    models, ids, labels = _task(architecture)
    alone = _timed(lambda: _alone(models, ids, labels)) / N_MODELS
    stacked = _timed(_stacked(models, ids, labels)) / N_MODELS
    for model in models:
        model.set_attn_implementation("eager")
    eager = _timed(_stacked(models, ids, labels)) / N_MODELS
    steps = SCALE.base + MEMBERS * SCALE.branch
    return {
        "architecture": f"{architecture.family} {architecture.width}x{architecture.depth}",
        "alone": alone,
        "stacked": stacked,
        "eager": eager,
        "ratio": alone / min(stacked, eager),
        "runs_an_hour": 3.6e6 * MEMBERS / (steps * alone),
    }


def _task(architecture: Architecture) -> tuple[list[Any], Tensor, Tensor]:
    organism = replace(draw_group("pair", 0).members[0], architecture=architecture)
    words = tokenizer(organism.words)
    models = [build(architecture, len(words), seed).eval() for seed in range(N_MODELS)]
    batches = [TrainingBatches(organism, words).batch(step, RECIPE.batch) for step in range(1, N_MODELS + 1)]
    return models, torch.stack([ids for ids, _ in batches]), torch.stack([labels for _, labels in batches])


def _alone(models: list[Any], ids: Tensor, labels: Tensor) -> None:
    for model, one, wanted in zip(models, ids, labels, strict=True):
        model.zero_grad()
        model(input_ids=one, labels=wanted).loss.backward()


def _stacked(models: list[Any], ids: Tensor, labels: Tensor) -> Callable[[], object]:
    parameters, buffers = stack_module_state(models)
    base = copy.deepcopy(models[0])

    def loss(p: Any, b: Any, one: Tensor, wanted: Tensor) -> Tensor:
        logits = functional_call(base, (p, b), (), {"input_ids": one, "use_cache": False}).logits
        return torch.nn.functional.cross_entropy(
            logits[:, :-1].flatten(0, 1), wanted[:, 1:].flatten(), ignore_index=IGNORED
        )

    gradients = vmap(grad(loss))
    return lambda: gradients(parameters, buffers, ids, labels)


def _timed(work: Callable[[], object]) -> float:
    """Milliseconds of CPU time of one call."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(WARM):
            work()
        began = time.process_time()
        for _ in range(N_STEPS):
            work()
    return 1e3 * (time.process_time() - began) / N_STEPS


if __name__ == "__main__":
    main()
