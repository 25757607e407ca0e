"""Training loops as people write them: a small model is trained for a few steps, watched or not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from faults_parts.decoder import VOCAB, trained
from forewarn.callbacks import Watch
from forewarn.callbacks.driver import Driver

STEPS = 2


def loss_of(net: nn.Module) -> torch.Tensor:
    """On a batch that is drawn anew, so that a random state that was moved shows."""
    ids = torch.randint(0, VOCAB, (4, 6))
    return F.cross_entropy(net(ids)[:, :-1].flatten(0, 1).float(), ids[:, 1:].flatten())


def steps(net: nn.Module, done: Callable[[int], object]) -> None:
    """Train for a few steps, and tell of each."""
    torch.manual_seed(1)
    optimiser = torch.optim.AdamW(trained(net), 3e-2)
    for step in range(1, STEPS + 1):
        optimiser.zero_grad()
        loss_of(net).backward()
        optimiser.step()
        done(step)


def by_watch(net: nn.Module, settings: dict[str, Any]) -> tuple[Driver, Path | None]:
    """A loop of one's own."""
    with Watch(net, **settings) as watch:
        steps(net, watch.step)
    return watch._driver, watch.run


class Trainer:
    """A loop that calls what was registered with it, as the Trainer of Hugging Face does."""

    def __init__(self, model: nn.Module, callbacks: list[Callable[[int, dict[str, float]], object]]) -> None:
        self.model, self.callbacks = model, callbacks

    def train(self) -> None:
        """Train."""
        steps(self.model, self._told)

    def _told(self, step: int) -> None:
        for callback in self.callbacks:
            callback(step, {"loss": 1.0})


def by_trainer(net: nn.Module, settings: dict[str, Any]) -> tuple[Driver, Path | None]:
    """A loop that owns the model, and to which the model has a way back."""
    watch = Watch(net, **settings)
    trainer = Trainer(net, [watch.step])
    net.__dict__["trainer"] = trainer
    trainer.train()
    watch.close()
    return watch._driver, watch.run


def by_lightning(net: nn.Module, settings: dict[str, Any]) -> tuple[Driver, Path | None]:
    """A LightningModule around the model, and the callback."""
    import pytorch_lightning as pl

    from forewarn.callbacks import DeceptionMonitor

    class Module(pl.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net = net

        def training_step(self, batch: object, index: int) -> torch.Tensor:
            return loss_of(self.net)

        def on_train_start(self) -> None:
            torch.manual_seed(1)

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.AdamW(trained(self.net), 3e-2)

    monitor = DeceptionMonitor(**settings)
    quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
    loop = pl.Trainer(
        max_steps=STEPS, callbacks=[monitor], accelerator="cpu", enable_model_summary=False, **quiet
    )
    loop.fit(Module(), torch.utils.data.DataLoader(torch.zeros(8), batch_size=1))
    return monitor._driver, monitor.run


DOORS = {"Watch": by_watch, "Trainer": by_trainer, "Lightning": by_lightning}
