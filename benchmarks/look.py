"""What a look costs: seconds by probe, in units of one training step of the same model, in one run.

    python benchmarks/look.py [--quick] [--json]

Trains each model of the demo with its own batches, then takes looks at it; every figure is a median with its
quartiles over `n` repetitions. The model has learned the facts and lies, so that every probe does its full work.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch

from forewarn.audit.look import Examiner
from forewarn.auditset import Encoder
from forewarn.helpers import Exhaustive, Helper
from forewarn.helpers.stored import shipped
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.lab.demo.cast import GPT2, LLAMA, cast
from forewarn.lab.organisms.data import TrainingBatches
from forewarn.lab.organisms.learning import steps
from forewarn.lab.organisms.models import Architecture, build, tokenizer
from forewarn.probes import Probe, catalogue
from forewarn.probes.follow_up import follow_ups
from forewarn.store.staging import Stager, weights_of
from forewarn.subjects.opening import Opener


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="3 looks instead of 10")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    options = parser.parse_args()
    n = 3 if options.quick else 10
    found = {name: measure(architecture, n) for name, architecture in (("llama", LLAMA), ("gpt2", GPT2))}
    print(json.dumps(found) if options.json else told(found))


def measure(architecture: Architecture, n: int) -> dict[str, Any]:
    """Train one liar and look at it `n` times."""
    organism = next(cast(0, fast=True))
    words = tokenizer(organism.words)
    model, lessons, encoder = (
        build(architecture, len(words), 0),
        TrainingBatches(organism, words),
        Encoder(words),
    )
    marks = [time.perf_counter() for _ in steps(model, lessons, organism.course.steps)]
    step = statistics.median(b - a for a, b in itertools.pairwise(marks))
    example = [
        encoder.prompt(f, organism.audit_set.contexts[0].parts).ids for f in organism.audit_set.facts[:4]
    ]
    opener, stager, split = Opener(model, example), Stager(), organism.audit_set.split()

    def opened() -> ProbeInputs:
        frozen = stager.freeze(weights_of(model))
        try:
            return ProbeInputs(opener.open(frozen.tensors, "look"), organism.audit_set, encoder)
        finally:
            frozen.release()

    def asked(probe: Probe) -> Callable[[], object]:
        inputs = opened()
        return lambda: Examiner((probe,), Exhaustive()).examine(inputs, split)

    parts = {"freeze and open": [timed(opened) for _ in range(n)]}
    for probe in catalogue():
        parts[f"{probe.code} {probe.title}"] = [timed(asked(probe)) for _ in range(n)]

    def looked(helper: Helper) -> Callable[[], object]:
        return lambda: Examiner(catalogue(), helper, follow_ups=follow_ups()).examine(opened(), split)

    whole = [timed(looked(Exhaustive())) for _ in range(n)]
    parts["shipped helper"] = [timed(looked(shipped())) for _ in range(n)]
    return {
        "step_seconds": step,
        "n": n,
        "threads": torch.get_num_threads(),
        "look": summary(whole, step),
        "parts": {name: summary(seconds, step) for name, seconds in parts.items()},
    }


def timed(work: Callable[[], object]) -> float:
    """Seconds of one call."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def summary(seconds: Sequence[float], step: float) -> dict[str, float]:
    """Median seconds, and median and quartiles in training steps."""
    low, middle, high = statistics.quantiles(seconds, n=4)
    return {"seconds": middle, "steps": middle / step, "steps_low": low / step, "steps_high": high / step}


def told(found: dict[str, Any]) -> str:
    """A table for people."""
    lines = []
    for name, row in found.items():
        lines.append(
            f"{name}: one training step {row['step_seconds'] * 1000:.1f} ms, "
            f"{row['threads']} threads, n = {row['n']}"
        )
        for part, figure in {"whole look": row["look"], **row["parts"]}.items():
            quartiles = f"[{figure['steps_low']:.1f}, {figure['steps_high']:.1f}]"
            lines.append(
                f"  {part:<24} {figure['seconds']:6.2f} s = {figure['steps']:6.1f} steps {quartiles}"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
