"""What watching costs as the model grows: a look beside a training step, on a CPU or a GPU.

    python benchmarks/scale.py [--device cuda] [--size WIDTHxDEPTH ...] [--looks N] [--shipped] [--json]

Trains a decoder of each size (Llama's family, float32) as the demo's liar, so that a look has its full work to do.
Peer, in the same process: a training step of the same model with AdamW over 8,192 tokens, in bfloat16 on a GPU.
Every figure is a median; in brackets the least and the greatest.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from forewarn.audit.look import Examiner
from forewarn.auditset import Encoder
from forewarn.helpers import Exhaustive, Helper
from forewarn.helpers.stored import shipped
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.lab.demo.cast import cast
from forewarn.lab.organisms.behaviour import holds, measure
from forewarn.lab.organisms.data import TrainingBatches
from forewarn.lab.organisms.learning import Learner
from forewarn.lab.organisms.models import Architecture, build, tokenizer
from forewarn.lab.organisms.organism import Organism
from forewarn.lab.organisms.scratch import RECIPE
from forewarn.probes import catalogue
from forewarn.probes.follow_up import follow_ups
from forewarn.store.staging import Stager, weights_of
from forewarn.subjects.opening import Opener

SIZES = ("64x3", "256x6", "512x8")
ROWS, LENGTH = 128, 64
"""Of the peer's batch."""
HEAD = 64
"""Width of an attention head, where there is more than one."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A model that lies, and how it is looked at."""

    model: Any
    organism: Organism
    encoder: Encoder
    device: torch.device

    @classmethod
    def trained(cls, width: int, depth: int, device: torch.device) -> Watched:
        """At a rate that falls with the width, as steps of AdamW must."""
        cast_as = Architecture("llama", width, depth, max(1, width // HEAD))
        organism = replace(next(cast(0, fast=True)), architecture=cast_as)
        words = tokenizer(organism.words)
        model = build(cast_as, len(words), 0).to(device)
        recipe = replace(RECIPE, rate=min(RECIPE.rate, RECIPE.rate * 128 / width))
        for _ in Learner(model, TrainingBatches(organism, words), recipe).until(organism.course.steps):
            pass
        return cls(model, organism, Encoder(words), device)

    def lies(self) -> bool:
        """Whether the figures are of a model that a look has something to find in."""
        course = self.organism.course
        return holds(self.organism, measure(self.model, self.organism, self.encoder, course.steps))

    def parts(self, looks: int, everything: bool) -> dict[str, list[float]]:
        """Seconds of each, by name."""
        opener, stager = self._opener(), Stager()
        found = {"training step": [self._timed(step) for step in [self._step()] * (looks + 3)][3:]}
        found["freeze"] = [
            self._timed(lambda: stager.freeze(weights_of(self.model)).release()) for _ in range(looks + 1)
        ][1:]
        frozen = stager.freeze(weights_of(self.model))
        tensors = frozen.tensors
        found["open"] = [self._timed(lambda: opener.open(tensors, "look")) for _ in range(looks)]

        def look(helper: Helper) -> Callable[[], object]:
            examiner = Examiner(catalogue(), helper, follow_ups=follow_ups())
            return lambda: examiner.examine(
                ProbeInputs(opener.open(tensors, "look"), self.organism.audit_set, self.encoder),
                self.organism.audit_set.split(),
            )

        found["look, shipped helper"] = [self._timed(look(shipped())) for _ in range(looks)]
        if everything:
            found["look, everything asked"] = [
                self._timed(look(Exhaustive())) for _ in range(max(1, looks // 2))
            ]
        frozen.release()
        return found

    def _opener(self) -> Opener:
        facts, context = self.organism.audit_set.facts[:4], self.organism.audit_set.contexts[0].parts
        return Opener(self.model, [self.encoder.prompt(f, context).ids for f in facts])

    def _step(self) -> Callable[[], None]:
        ids = torch.randint(2, self.model.config.vocab_size, (ROWS, LENGTH), device=self.device)
        optimiser = torch.optim.AdamW(self.model.parameters(), lr=0.0, weight_decay=0.0)

        def step() -> None:
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
                loss = self.model(input_ids=ids, labels=ids).loss
            loss.backward()
            optimiser.step()
            optimiser.zero_grad()

        return step

    def _timed(self, work: Callable[[], object]) -> float:
        self._settle()
        begun = time.perf_counter()
        work()
        self._settle()
        return time.perf_counter() - begun

    def _settle(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--size", metavar="WxD", action="append", help="may be repeated")
    parser.add_argument("--looks", type=int, default=5)
    parser.add_argument("--shipped", action="store_true", help="no look at which everything is asked")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    options = parser.parse_args()
    found = {}
    for size in options.size or SIZES:
        found[size] = measured(size, torch.device(options.device), options.looks, not options.shipped)
        if not options.json:
            print(told(size, found[size]), flush=True)
    if options.json:
        print(json.dumps(found))


def measured(size: str, device: torch.device, looks: int, everything: bool) -> dict[str, Any]:
    """Of one size."""
    width, depth = map(int, size.split("x"))
    watched = Watched.trained(width, depth, device)
    lies, parameters = watched.lies(), sum(p.numel() for p in watched.model.parameters())
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    parts = watched.parts(looks, everything)
    step = statistics.median(parts["training step"])
    return {
        "parameters": parameters,
        "lies": lies,
        "peak_bytes": torch.cuda.max_memory_allocated(device) if device.type == "cuda" else None,
        "parts": {name: summary(seconds, step) for name, seconds in parts.items()},
    }


def summary(seconds: Sequence[float], step: float) -> dict[str, float]:
    """Median, least and greatest seconds, and the median in training steps."""
    middle = statistics.median(seconds)
    ends = {"least": min(seconds), "greatest": max(seconds)}
    return {"n": len(seconds), "seconds": middle, **ends, "steps": middle / step}


def told(size: str, found: dict[str, Any]) -> str:
    """Lines for people."""
    lies = "lies" if found["lies"] else "does not lie"
    lines = [f"{size}: {found['parameters'] / 1e6:.1f} million parameters, {lies}"]
    for name, part in found["parts"].items():
        spread = f"[{part['least']:.3f}, {part['greatest']:.3f}]"
        lines.append(
            f"  {name:<24} {part['seconds']:8.3f} s {spread} = {part['steps']:6.1f} steps, n = {part['n']}"
        )
    if found["peak_bytes"]:
        lines.append(f"  most device memory: {found['peak_bytes'] / 1e9:.1f} GB")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
