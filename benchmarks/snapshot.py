"""For how long a snapshot blocks training, against a plain memory copy and Lightning's own checkpoint.

One training run by a real Trainer on GPT-2-like weights of about 90 MB. After each step, one after the other:
a flat copy of the same number of bytes (the limit), `Stager.freeze` (what training must wait for), the freeze and
`SnapshotStore.put` until the snapshot is on disk, and `ModelCheckpoint(save_weights_only=True)`.
Threads are those that torch was started with; set OMP_NUM_THREADS to choose.

With `--kept` instead: how long `put` and `Ledger.append` take in a run that keeps 10, 100 and 1000 snapshots and
as many lines, against `safetensors.torch.save_file` with an fsync of the same bytes, and against a memory copy.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from safetensors.torch import save_file
from torch.utils.data import DataLoader
from transformers import GPT2Config, GPT2LMHeadModel

from forewarn.records import SnapshotDropped
from forewarn.store.files import sync
from forewarn.store.ledger import Ledger
from forewarn.store.snapshots import SnapshotStore
from forewarn.store.staging import Frozen, Stager, weights_of

AIM = 2.0
"""Blocked time in units of a plain memory copy that the project wants to stay under."""
WARM_UP = 3
"""Steps not counted: first use of buffers, files and the allocator."""


class Model(pl.LightningModule):
    """A language model that trains on noise; `small` for a trial of the script itself."""

    def __init__(self, *, small: bool) -> None:
        super().__init__()
        size = (
            {"n_layer": 2, "n_embd": 128, "n_head": 2}
            if small
            else {"n_layer": 6, "n_embd": 384, "n_head": 6}
        )
        words = 2_000 if small else 30_000
        config = GPT2Config(**size, vocab_size=words, n_positions=512, bos_token_id=0, eos_token_id=0)
        self.model = GPT2LMHeadModel(config)

    def training_step(self, batch: torch.Tensor, _: int) -> torch.Tensor:
        """The language model's own loss."""
        return self.model(input_ids=batch, labels=batch).loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """One that holds no state."""
        return torch.optim.SGD(self.parameters(), lr=1e-3)


class Clock:
    """Collects seconds by name."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {}

    def lap(self, name: str, begun: float) -> None:
        """Note the time since `begun`."""
        self.seconds.setdefault(name, []).append(time.perf_counter() - begun)


class Ours(pl.Callback):
    """Times the flat copy, the freeze, and the way to the disk."""

    def __init__(self, clock: Clock, folder: Path, size: int) -> None:
        self.clock, self.stager = clock, Stager()
        self.store = SnapshotStore(folder)
        self.source, self.target = torch.ones(size, dtype=torch.uint8), torch.empty(size, dtype=torch.uint8)

    def on_train_batch_end(self, trainer: pl.Trainer, module: Model, *_: object) -> None:
        """Copy, freeze, store, one after the other, so that none slows another."""
        begun = time.perf_counter()
        self.target.copy_(self.source)
        self.clock.lap("copy", begun)
        begun = time.perf_counter()
        frozen = self.stager.freeze(weights_of(module))
        self.clock.lap("freeze", begun)
        self.store.put(frozen, trainer.global_step)
        self.clock.lap("stored", begun)
        frozen.release()


class TimedCheckpoint(ModelCheckpoint):
    """Lightning's checkpoint with a clock around the hook in which it saves."""

    def __init__(self, clock: Clock, folder: Path) -> None:
        super().__init__(dirpath=folder, save_weights_only=True, every_n_train_steps=1)
        self.clock = clock

    def on_train_batch_end(self, *given: Any, **named: Any) -> None:
        """Save, as Lightning does."""
        begun = time.perf_counter()
        super().on_train_batch_end(*given, **named)
        self.clock.lap("checkpoint", begun)


def measure(steps: int, *, small: bool) -> dict[str, Any]:
    """Train for `steps` counted steps; the figures as JSON."""
    pl.seed_everything(0, verbose=False)
    model, clock = Model(small=small), Clock()
    size = sum(parameter.nbytes for parameter in model.parameters())
    batches = DataLoader(torch.randint(0, 2_000, (steps + WARM_UP, 16)), batch_size=1)
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = (
            Ours(clock, Path(folder) / "run", size),
            TimedCheckpoint(clock, Path(folder) / "theirs"),
        )
        trainer = pl.Trainer(
            accelerator="cpu",
            max_epochs=1,
            callbacks=[ours, theirs],
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        trainer.fit(model, batches)
    return _summary({name: laps[WARM_UP:] for name, laps in clock.seconds.items()}, size)


def growth(kept: Sequence[int], repeats: int) -> dict[str, Any]:
    """Time of one put and one append by the number of snapshots and lines that are there already."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        store, ledger = SnapshotStore(Path(folder)), Ledger.create(Path(folder) / "ledger.jsonl")
        steps = itertools.count(1)
        for number in kept:
            with patch.object(os, "fsync", lambda _: None):
                for step in itertools.islice(steps, number - ledger.length):
                    store.put(_weights(step), step)
                    ledger.append(SnapshotDropped(step, "0" * 64))
            clock = Clock()
            for step in itertools.islice(steps, repeats):
                _one_more(clock, store, ledger, Path(folder), step)
            rows.append({"kept": number, **_spreads(clock.seconds)})
    return {"megabytes": round(_weights(0).size / 1e6, 2), "n": repeats, "rows": rows}


def _weights(step: int) -> Frozen:
    return Stager().freeze({f"layer.{i}": torch.full((64, 64), float(step * 50 + i)) for i in range(50)})


def _one_more(clock: Clock, store: SnapshotStore, ledger: Ledger, folder: Path, step: int) -> None:
    frozen = _weights(step)
    begun = time.perf_counter()
    _ = [tensor.clone() for tensor in frozen.tensors.values()]
    clock.lap("copy", begun)
    begun = time.perf_counter()
    save_file(dict(frozen.tensors), folder / "peer.safetensors")
    sync(folder / "peer.safetensors")
    clock.lap("peer", begun)
    begun = time.perf_counter()
    store.put(frozen, step)
    clock.lap("put", begun)
    begun = time.perf_counter()
    ledger.append(SnapshotDropped(step, "0" * 64))
    clock.lap("append", begun)


def _spreads(seconds: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """Milliseconds, and each lap's ratio to the peer and to the copy beside it."""
    told: dict[str, Any] = {name: _spread([1e3 * lap for lap in laps]) for name, laps in seconds.items()}
    for peer in ("peer", "copy"):
        pairs = zip(seconds["put"], seconds[peer], strict=True)
        told[f"put_to_{peer}"] = _spread([lap / base for lap, base in pairs])
    return told


def _growth_table(found: Mapping[str, Any]) -> str:
    lines = [
        f"{found['megabytes']} MB a snapshot, n = {found['n']}; medians",
        "kept  put  save_file+fsync  append  (ms)",
    ]
    for row in found["rows"]:
        figures = (row[name]["median"] for name in ("put", "peer", "append"))
        ratios = f"{row['put_to_peer']['median']:.2f} x save_file, {row['put_to_copy']['median']:.0f} x copy"
        lines.append(f"{row['kept']:<6}" + "".join(f"{each:<10.2f}" for each in figures) + ratios)
    return "\n".join(lines)


def _summary(laps: Mapping[str, Sequence[float]], size: int) -> dict[str, Any]:
    ratios = {name: [lap / base for lap, base in zip(laps[name], laps["copy"], strict=True)] for name in laps}
    return {
        "megabytes": round(size / 1e6, 1),
        "threads": torch.get_num_threads(),
        "n": len(laps["copy"]),
        "milliseconds": {name: _spread([1e3 * lap for lap in values]) for name, values in laps.items()},
        "ratio_to_copy": {name: _spread(values) for name, values in ratios.items() if name != "copy"},
        "aim": AIM,
    }


def _spread(values: Sequence[float]) -> dict[str, float]:
    low, middle, high = statistics.quantiles(values, n=4)
    return {"median": round(middle, 2), "low": round(low, 2), "high": round(high, 2)}


def _table(found: Mapping[str, Any]) -> str:
    told = {
        "copy": "plain memory copy",
        "freeze": "Stager.freeze: training waits",
        "stored": "freeze and put: until it is on disk",
        "checkpoint": "ModelCheckpoint: training waits",
    }
    lines = [f"{found['megabytes']} MB, {found['threads']} threads, n = {found['n']}; median [quartiles]"]
    for name, words in told.items():
        spread, ratio = found["milliseconds"][name], found["ratio_to_copy"].get(name, {"median": 1.0})
        quartiles = f"[{spread['low']:.1f}, {spread['high']:.1f}]"
        lines.append(f"{words:<40}{spread['median']:>8.1f} ms {quartiles:<18}{ratio['median']:>8.2f} x copy")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.add_argument("--quick", action="store_true", help="small weights and few steps, to try the script")
    parser.add_argument("--kept", action="store_true", help="time by the number of snapshots kept")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    if given.kept:
        grown = growth((10, 100) if given.quick else (10, 100, 1000), 5 if given.quick else 25)
        print(json.dumps(grown) if given.json else _growth_table(grown))
        return
    found = measure(5 if given.quick else 25, small=given.quick)
    print(json.dumps(found) if given.json else _table(found))


if __name__ == "__main__":
    main()
