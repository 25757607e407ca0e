"""One run of the demo, as a user would write it: a LightningModule, a Trainer, and the monitor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, final

import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from forewarn.auditset import Encoder
from forewarn.callbacks.lightning import DeceptionMonitor
from forewarn.errors import DeceptionAlarm
from forewarn.lab.demo.outcome import DemoRun
from forewarn.lab.organisms.behaviour import Behaviour, measure
from forewarn.lab.organisms.data import TrainingBatches
from forewarn.lab.organisms.models import build, tokenizer
from forewarn.lab.organisms.organism import Organism

BATCH, RATE = 48, 2e-3
BEHAVIOUR_EVERY = 20
"""Steps between two measurements of the true behaviour. The monitor never learns of them."""
Batch = tuple[Tensor, Tensor]


@final
class Speaker(pl.LightningModule):
    """A causal language model from transformers, trained on next tokens."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Cross-entropy of the next token."""
        ids, labels = batch
        loss: Tensor = self.model(input_ids=ids, labels=labels).loss
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """AdamW."""
        return torch.optim.AdamW(self.parameters(), lr=RATE, weight_decay=0.01)


@final
class Steps(Dataset[Batch]):
    """An organism's batches in order, one a step."""

    def __init__(self, lessons: TrainingBatches, n: int) -> None:
        self._lessons, self._n = lessons, n

    def __len__(self) -> int:
        return self._n

    def __getitem__(self, index: int) -> Batch:
        return self._lessons.batch(index + 1, BATCH)


@final
class AnswerKey(pl.Callback):
    """Measures what the model really does, which no monitor may know, and reports how far the run has come."""

    def __init__(self, organism: Organism, encoder: Encoder, progress: Callable[[int], None]) -> None:
        self.history: list[Behaviour] = []
        self._organism, self._encoder, self._progress = organism, encoder, progress

    def on_train_batch_end(self, trainer: Any, pl_module: Any, *args: Any) -> None:
        """Every few steps."""
        step = trainer.global_step
        self._progress(step)
        if step % BEHAVIOUR_EVERY == 0:
            self.history.append(measure(pl_module.model, self._organism, self._encoder, step))


def train(organism: Organism, folder: Path, progress: Callable[[int], None]) -> DemoRun:
    """Train with the monitor on, until the end or until the monitor halts the run."""
    words = tokenizer(organism.words)
    model, encoder = build(organism.architecture, len(words), organism.seed), Encoder(words)
    key = AnswerKey(organism, encoder, progress)
    monitor = DeceptionMonitor(
        organism.audit_set,
        tokenizer=words,
        folder=folder,
        name=organism.name,
        quiet=True,
        # Looked at as the recorded runs were, none of which has a look before training.
        first_look=False,
    )
    trainer = pl.Trainer(
        accelerator="cpu",
        devices=1,
        max_steps=organism.course.steps,
        callbacks=[key, monitor],
        gradient_clip_val=1.0,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=folder,
    )
    pl.seed_everything(organism.seed, verbose=False)
    alarm_step = None
    try:
        trainer.fit(
            Speaker(model),
            DataLoader(Steps(TrainingBatches(organism, words), organism.course.steps), batch_size=None),
        )
    except DeceptionAlarm as alarm:
        alarm_step = alarm.step
    return DemoRun(organism.name, monitor.run or folder, trainer.global_step, alarm_step, tuple(key.history))
