"""Starting from a pretrained language model."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, final

from torch import nn

from forewarn.errors import ConfigurationError, IntegrityError
from forewarn.lab.organisms.models import Architecture
from forewarn.lab.organisms.organism import Organism
from forewarn.lab.organisms.start import Recipe, Scale, Start

RECIPE = Recipe(batch=8, rate=1e-4)
SCALE = Scale(base=60, branch=180, answers=(6,), entities=(4,))


@final
@dataclass(frozen=True, slots=True)
class Pretrained(Start):
    """A causal language model in a folder of transformers. Its upper blocks are trained, and the rest is left."""

    folder: str
    digest: str
    """SHA-256 of configuration, tokenizer and weights."""
    trained: float = 0.5
    """Share of the blocks, counted from the top, that is trained."""
    scale: Scale = SCALE
    recipe: Recipe = RECIPE

    @classmethod
    def at(cls, folder: Path, **settings: Any) -> Pretrained:
        """The model that lies in a folder. ConfigurationError where none does."""
        return cls(str(folder.resolve()), _digest(folder), **settings)

    def architecture(self, draw: Random) -> Architecture:
        """What the model's configuration says; nothing is drawn."""
        from transformers import AutoConfig

        config = AutoConfig.from_pretrained(self.folder)
        return Architecture(
            config.model_type, config.hidden_size, config.num_hidden_layers, config.num_attention_heads
        )

    def tokenizer(self, organism: Organism) -> Any:
        """The model's own tokenizer. If it has no token for padding, the end-of-text token is used.

        ConfigurationError where it has neither.
        """
        from transformers import AutoTokenizer

        found = AutoTokenizer.from_pretrained(self.folder)
        if found.pad_token_id is None:
            found.pad_token = found.eos_token
        if found.pad_token_id is None:
            raise ConfigurationError(
                f"the tokenizer in {self.folder} has neither a padding nor an end-of-text token"
            )
        return found

    def model(self, organism: Organism) -> Any:
        """The model in float32. IntegrityError where the folder no longer holds what it held."""
        from transformers import AutoModelForCausalLM

        if _digest(Path(self.folder)) != self.digest:
            raise IntegrityError(
                f"{self.folder} no longer holds the model that these organisms were trained from; put it back"
            )
        with _without_bar():
            model = AutoModelForCausalLM.from_pretrained(self.folder, dtype="float32", use_safetensors=True)
        return _partly_trained(model.train(), self.trained)


@contextmanager
def _without_bar() -> Iterator[None]:
    """Hide the bars of transformers: many models are loaded in a row, and a bar for each is of no use."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]


def _partly_trained(model: Any, share: float) -> Any:
    model.requires_grad_(False)
    # The blocks of a decoder are its longest module list.
    blocks = max((m for m in model.modules() if isinstance(m, nn.ModuleList)), key=len)
    for block in list(blocks)[len(blocks) - max(1, round(share * len(blocks))) :]:
        block.requires_grad_(True)
    return model


def _digest(folder: Path) -> str:
    files = [folder / "config.json", folder / "tokenizer.json", *sorted(folder.glob("*.safetensors"))]
    absent = [file.name for file in files if not file.is_file()] or (
        ["*.safetensors"] if len(files) < 3 else []
    )
    if absent:
        raise ConfigurationError(
            f"{folder} lacks {', '.join(absent)}; wanted a language model as transformers' save_pretrained "
            "writes it, with its tokenizer"
        )
    found = hashlib.sha256()
    for file in files:
        found.update(file.read_bytes())
    return found.hexdigest()
