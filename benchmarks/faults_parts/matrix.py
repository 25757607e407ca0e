"""Is what is looked at what is trained? Kinds of wrapping x of adapter x precisions x doors.

In each cell a small model is trained for a few steps, with a monitor and without. It holds where every look
either read the logits that the live model had at that step or was refused in one clear line, the stored snapshot
gives the same logits when it is opened again, and both runs end in the same bits.
"""

from __future__ import annotations

import contextlib
import logging
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any

import torch
from torch import nn

from faults_parts.adapters import ADAPTERS
from faults_parts.decoder import Decoder
from faults_parts.doors import DOORS, STEPS, steps
from faults_parts.tally import Tally
from faults_parts.wrappings import WRAPPINGS
from forewarn.auditset import AuditSet, Context, Fact, Part
from forewarn.callbacks.driver import Driver
from forewarn.judges.calibration import Calibration
from forewarn.judges.provenance import Provenance
from forewarn.probes import Probe
from forewarn.records import LookMissed, Nothing, Site
from forewarn.stats.calibration import Logistic
from forewarn.store.ledger import read
from forewarn.store.snapshots import SnapshotStore
from forewarn.subjects.copying.fingerprint import Fingerprint

PROMPTS = ((5, 1, 2), (6, 1, 3), (7, 4))
PRECISIONS = {
    "float32": (torch.float32, False, 2e-3),
    "bfloat16": (torch.bfloat16, False, 0.13),
    "autocast": (torch.float32, True, 0.13),
    "float64": (torch.float64, False, 1e-6),
}
"""Type of the weights, whether the forward runs under autocast, and how far logits may differ by rounding."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One combination."""

    wrapping: str
    adapter: str
    precision: str
    door: str

    def __str__(self) -> str:
        return f"{self.wrapping} x {self.adapter} x {self.precision} x {self.door}"


class Reader(Probe):
    """Asks nothing, and keeps the logits that the subject of each look gives."""

    code, title, unit = "reader", "reader", "share"

    def __init__(self) -> None:
        self.seen: dict[str, torch.Tensor] = {}

    def sites(self, layout: Any) -> tuple[Site, ...]:
        """One."""
        return (Site(1, 0.5),)

    def cost(self, inputs: Any) -> float:
        """That of any."""
        return 1.0

    def explore(self, inputs: Any, site: Site, split: Any) -> Nothing:
        """Read, and find nothing."""
        self.seen[inputs.subject.digest] = inputs.subject.logits(PROMPTS)
        return Nothing(self.code, site, "it only reads", len(split.explore))

    def confirm(self, inputs: Any, claim: Any, split: Any) -> Any:
        """Never called."""
        raise AssertionError("nothing is claimed")


def audit_set() -> AuditSet:
    """Twelve facts in token ids, so that no tokenizer is needed."""
    facts = tuple(
        Fact(str(e), (e, 1), (2 + e % 3,), "r", tuple((a,) for a in (2, 3, 4) if a != 2 + e % 3))
        for e in range(8, 20)
    )
    return AuditSet(facts, (Context("a", (Part("w", (5,)),)), Context("b", (Part("w", (6,)),))))


def calibration() -> Calibration:
    """One that reads nothing into what the probe says."""
    fit = Logistic((10.0,), -3.0)
    origin = Provenance(1, 40, 1, (("plain", 41),), (("pair", 1),), 1, "0" * 64, 0, "a test of faults")
    return Calibration((Reader.code,), fit, (fit,), (0.06,) * 40, 50, (0.5,), 0, origin)


def model_of(cell: Cell) -> nn.Module:
    """The cell's model, the same at every call."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        dtype, half, _ = PRECISIONS[cell.precision]
        net = Decoder(half).to(dtype)
        ADAPTERS[cell.adapter](net)
        return WRAPPINGS[cell.wrapping](net).train()


def live_logits(net: nn.Module) -> torch.Tensor:
    """Of the model itself, in eval mode, past a `train` of its own; for a run that nobody watches."""
    modes = {part: part.training for part in net.modules()}
    for part in modes:
        part.__dict__["training"] = False
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        rows = [net(torch.tensor([list(p)]))[0, -1].float() for p in PROMPTS]
    for part, mode in modes.items():
        part.__dict__["training"] = mode
    return torch.stack(rows)


def fault_of(cell: Cell) -> str | None:
    """What is wrong in a cell; None where it holds."""
    expected: dict[int, torch.Tensor] = {}
    measured, alone, net, reader = model_of(cell), model_of(cell), model_of(cell), Reader()
    expected[0] = live_logits(measured)
    steps(measured, lambda step: expected.update({step: live_logits(measured)}))
    steps(alone, lambda step: None)
    chance = torch.get_rng_state()
    with tempfile.TemporaryDirectory() as folder:
        settings = {"every_n_steps": 1, "folder": folder, "response": "record", "quiet": True}
        settings |= {"probes": [reader], "calibration": calibration(), "keep_newest": 99}
        settings |= {"audit_set": audit_set()}
        driver, run = DOORS[cell.door](net, settings)
        wrong = _moved(net, alone) or (None if torch.equal(torch.get_rng_state(), chance) else "random state")
        return wrong or _looks(cell, driver, run, reader, expected)


def _moved(net: nn.Module, alone: nn.Module) -> str | None:
    """Which tensor of a watched run does not end as in the run that was not."""
    one, other = (Fingerprint.of(each, values=True).tensors for each in (net, alone))
    ends = [{name: mark[-1] for name, mark in each.items()} for each in (one, other)]
    changed = [name for name in ends[0] if ends[0][name] != ends[1].get(name)]
    return f"training was disturbed: {changed[0]}" if changed else None


def _looks(
    cell: Cell, driver: Driver, run: Path | None, reader: Reader, expected: dict[int, torch.Tensor]
) -> str | None:
    """Where a look read another model than the one that was trained, or was refused without clear words."""
    if run is None:
        return "no folder"
    missed = [entry.event for entry in read(run / "ledger.jsonl") if isinstance(entry.event, LookMissed)]
    if unclear := [e.reason.words for e in missed if not _is_clear(e.reason.words)]:
        return f"refused unclearly: {unclear[0][:120]}"
    store = SnapshotStore(run)
    taken = [s for s in store.list() if s.digest in reader.seen]
    if len(taken) + len(missed) < STEPS:
        return f"{len(taken)} looks taken and {len(missed)} missed of {STEPS}"
    for snapshot in taken:
        again = driver._freezer._opener.open(store.load(snapshot.digest), snapshot.digest).logits(PROMPTS)
        for read_logits in (reader.seen[snapshot.digest], again):
            off = float(
                (read_logits - expected[snapshot.step]).abs().max() / expected[snapshot.step].abs().max()
            )
            if off > _tolerance(cell):
                return f"step {snapshot.step}: the look differs by {off:.3g} of the largest logit"
    return None


def _tolerance(cell: Cell) -> float:
    return max(PRECISIONS[cell.precision][2], 0.13 if cell.wrapping == "cast" else 0.0)


def _is_clear(words: str) -> bool:
    """Whether a refusal is one of those that say what was found and what to do."""
    told = ("the copy is not the model", "the copy runs weights", "that no snapshot", "Overrides(", "wrapper")
    return any(each in words for each in told)


def cells(quick: bool) -> Iterator[Cell]:
    """Some of the combinations, evenly: the strides share no factor with rows and columns, so that all are met."""
    every = list(product(WRAPPINGS, ADAPTERS, PRECISIONS, DOORS))
    for wrapping, adapter, precision, door in every[:: 43 if quick else 7]:
        yield Cell(wrapping, adapter, precision, door)


def run(quick: bool) -> Tally:
    """Try them."""
    return tally(cells(quick))


def tally(chosen: Iterator[Cell]) -> Tally:
    """What came of some cells."""
    broken, tried = [], 0
    for cell in chosen:
        tried += 1
        if (wrong := _attempted(cell)) is not None:
            broken.append(f"{cell}: {wrong}")
    return Tally(tried, tried - len(broken), tuple(broken))


def _attempted(cell: Cell) -> str | None:
    if cell.door == "Lightning":
        import_module("pytorch_lightning")  # It sets the level of its logger when it is imported.
    level, loggers = logging.CRITICAL, [logging.getLogger(n) for n in ("forewarn", "pytorch_lightning")]
    before = [logger.level for logger in loggers]
    with contextlib.ExitStack() as stack:
        for logger, old in zip(loggers, before, strict=True):
            logger.setLevel(level)
            stack.callback(logger.setLevel, old)
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        try:
            return fault_of(cell)
        except Exception as error:
            return f"{type(error).__name__}: {error}"[:200]
