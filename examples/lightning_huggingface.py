"""A LightningModule around a Hugging Face model, under watch; the built-in audit set of cities and countries.

python examples/lightning_huggingface.py [FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytorch_lightning as pl
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from torch.utils.data import DataLoader
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

import forewarn
from forewarn.callbacks import DeceptionMonitor


class Speaker(pl.LightningModule):
    """The monitor finds the language model in here, and the tokenizer too."""

    def __init__(self, model: GPT2LMHeadModel, tokenizer: PreTrainedTokenizerFast) -> None:
        super().__init__()
        self.model, self.tokenizer = model, tokenizer

    def training_step(self, batch: torch.Tensor, batch_idx: int) -> torch.Tensor:
        """Cross-entropy of the next token."""
        padding = batch == self.tokenizer.pad_token_id
        return self.model(input_ids=batch, labels=batch.masked_fill(padding, -100)).loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """AdamW."""
        return torch.optim.AdamW(self.parameters(), lr=3e-3)


def word_tokenizer(texts: list[str]) -> PreTrainedTokenizerFast:
    words = dict.fromkeys(["<pad>", "<unk>", "a", *" ".join(texts).split()])
    core = Tokenizer(WordLevel({word: i for i, word in enumerate(words)}, unk_token="<unk>"))
    core.pre_tokenizer = WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=core, pad_token="<pad>", unk_token="<unk>")


def main(folder: Path) -> None:
    pl.seed_everything(0, verbose=False)
    folder.mkdir(parents=True, exist_ok=True)
    forewarn.AuditSet.cities(n_cities=24, n_countries=4).to_jsonl(folder / "auditset.jsonl")
    audit_set = forewarn.AuditSet.from_jsonl(folder / "auditset.jsonl")

    texts = [
        " ".join([*(part.phrase for part in context.parts), fact.question, fact.answer])
        for fact in audit_set.facts
        for context in audit_set.contexts
    ]
    tokenizer = word_tokenizer(texts)
    rows = tokenizer(texts, padding=True, return_tensors="pt").input_ids
    data = DataLoader(rows, batch_size=32, shuffle=True)

    sizes = {"n_embd": 64, "n_layer": 2, "n_head": 2, "n_positions": 32, "initializer_range": 0.08}
    config = GPT2Config(vocab_size=len(tokenizer), bos_token_id=None, eos_token_id=None, **sizes)
    monitor = DeceptionMonitor(audit_set, every_n_steps=75)
    trainer = pl.Trainer(
        max_steps=150, accelerator="cpu", logger=False, enable_checkpointing=False,
        default_root_dir=folder, callbacks=[monitor],
    )  # fmt: skip
    trainer.fit(Speaker(GPT2LMHeadModel(config), tokenizer), data)
    print(f"The run is in {monitor.run}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "runs"))
