"""Two small training runs that are watched, keep their own checkpoint, and go on from it."""

from __future__ import annotations

import hashlib
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader
from transformers import GPT2Config, GPT2LMHeadModel

import forewarn
from forewarn.auditset import AuditSet, Context, Fact, Part
from forewarn.callbacks import DeceptionMonitor
from forewarn.judges.calibration import Calibration
from forewarn.judges.provenance import Provenance
from forewarn.lenses import FitSettings, keeper
from forewarn.probes import Probe
from forewarn.records import Claim, Evidence, Interval, Nothing, Site
from forewarn.stats.calibration import Logistic

STEPS = 5
_ENTITIES = range(10, 22)
_ANSWERS = (2, 3, 4)
FACTS = tuple(
    Fact(str(e), (e, 1), (2 + e % 3,), "r", tuple((a,) for a in _ANSWERS if a != 2 + e % 3))
    for e in _ENTITIES
)
AUDIT = AuditSet(FACTS, (Context("a", (Part("w", (6,)),)), Context("b", (Part("w", (7,)),))))
ROWS = torch.tensor([[w, e, 1, 2 + e % 3] for w in (6, 7) for e in _ENTITIES])


class _EveryOther(Probe):
    """Claims something of one in five snapshots, whatever they hold, and reads every look through lenses."""

    code, title, unit = "every-other", "every other", "share"

    def sites(self, layout: Any) -> tuple[Site, ...]:
        return (Site(1, 0.5),)

    def cost(self, inputs: Any) -> float:
        return 1.0

    def explore(self, inputs: Any, site: Site, split: Any) -> Claim | Nothing:
        inputs.lenses(split)
        if int(inputs.subject.digest[24:32], 16) % 5 == 0:
            return Claim(self.code, site, 0.9, "{}")
        return Nothing(self.code, site, "nothing", len(split.explore))

    def confirm(self, inputs: Any, claim: Claim, split: Any) -> Evidence:
        interval, digest, n = Interval(0.8, 1.0, 0.95), inputs.subject.digest, len(split.confirm)
        return Evidence(
            self.code,
            "It says so",
            claim.site,
            0.9,
            self.unit,
            interval,
            0.0,
            n,
            claim.explored,
            "{}",
            digest,
        )


def _calibration() -> Calibration:
    fit = Logistic((10.0,), -3.0)
    origin = Provenance(1, 40, 1, (("plain", 41),), (("pair", 1),), 1, "0" * 64, 0, "a test")
    return Calibration((_EveryOther.code,), fit, (fit,), (0.06,) * 40, 50, (0.5,), 0, origin)


def _settings(root: Path) -> dict[str, Any]:
    return {
        "every_n_steps": 1,
        "response": "record",
        "folder": root / "runs",
        "name": "run",
        "keep_newest": 1,
        "probes": [_EveryOther()],
        "calibration": _calibration(),
        "quiet": True,
    }


def _model() -> nn.Module:
    config = GPT2Config(
        vocab_size=32,
        n_embd=16,
        n_layer=1,
        n_head=2,
        n_positions=16,
        bos_token_id=None,
        eos_token_id=None,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
    )
    return GPT2LMHeadModel(config)


def _loss(net: nn.Module, rows: Tensor) -> Tensor:
    return F.cross_entropy(net(rows).logits[:, -2], rows[:, -1])


def plain(root: Path) -> str:
    """A loop of one's own with `Watch`; digest of weights and optimiser at the end."""
    torch.manual_seed(0)
    root.mkdir(exist_ok=True)
    net, place = _model(), root / "checkpoint.pt"
    optimiser = torch.optim.AdamW(net.parameters(), 1e-2)
    monitor, done = forewarn.Watch(net, AUDIT, **_settings(root)), 0
    if place.exists():
        kept = torch.load(place, weights_only=True)
        net.load_state_dict(kept["net"])
        optimiser.load_state_dict(kept["optimiser"])
        monitor.load_state_dict(kept["monitor"])
        torch.set_rng_state(kept["random"])
        done = kept["step"]
    with monitor:
        for step in range(done + 1, STEPS + 1):
            optimiser.zero_grad()
            loss = _loss(net.train(), ROWS)
            loss.backward()
            optimiser.step()
            monitor.step(step, {"loss": float(loss)})
            kept = {"net": net.state_dict(), "optimiser": optimiser.state_dict(), "step": step}
            kept |= {"monitor": monitor.state_dict(), "random": torch.get_rng_state()}
            torch.save(kept, root / "checkpoint.part")
            (root / "checkpoint.part").replace(place)
    return _digest(net.state_dict(), optimiser.state_dict())


class _Module(pl.LightningModule):
    def __init__(self) -> None:
        super().__init__()
        self.model = _model()

    def training_step(self, batch: Tensor, _: int) -> Tensor:
        loss = _loss(self.model, batch)
        self.log("loss", loss)
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.AdamW(self.parameters(), 1e-2)


def lightning(root: Path) -> str:
    """A Trainer of Lightning with its own checkpoints; digest of weights and optimiser at the end."""
    root.mkdir(exist_ok=True)
    pl.seed_everything(0, verbose=False)
    keeper = ModelCheckpoint(root / "kept", every_n_train_steps=1, save_top_k=-1)
    trainer = pl.Trainer(
        max_steps=STEPS,
        callbacks=[DeceptionMonitor(AUDIT, **_settings(root)), keeper],
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=root,
    )
    stored = sorted((root / "kept").glob("*.ckpt"), key=lambda path: int(path.stem.partition("step=")[2]))
    module = _Module()
    trainer.fit(
        module, DataLoader(ROWS, len(ROWS)), ckpt_path=stored[-1] if stored else None, weights_only=True
    )
    return _digest(module.state_dict(), trainer.optimizers[0].state_dict())


def _digest(*states: Mapping[str, Any]) -> str:
    seal = hashlib.sha256()
    for name, value in _leaves(states, ""):
        seal.update(name.encode())
        seal.update(value.numpy().tobytes() if isinstance(value, Tensor) else repr(value).encode())
    return seal.hexdigest()


def _leaves(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, held in value.items():
            yield from _leaves(held, f"{name}/{key}")
    elif isinstance(value, tuple | list):
        for place, held in enumerate(value):
            yield from _leaves(held, f"{name}/{place}")
    else:
        yield name, value.detach().cpu() if isinstance(value, Tensor) else value


def _quick_fit() -> FitSettings:
    """What is written, and when, is the same however well a lens is fitted."""
    return FitSettings(steps=1, descents=1, most_tokens=64)


def _quietly(train: Callable[[Path], str]) -> Callable[[Path], str]:
    def quiet(root: Path) -> str:
        logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
        logging.getLogger("forewarn").setLevel(logging.CRITICAL)
        with warnings.catch_warnings(), patch.object(keeper, "FitSettings", _quick_fit):
            warnings.simplefilter("ignore")
            return train(root)

    return quiet


TRAININGS: Mapping[str, Callable[[Path], str]] = {"Watch": _quietly(plain), "Lightning": _quietly(lightning)}
