"""Small decoders with random weights, and a tokenizer for the words of a world."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import torch

from forewarn.errors import ConfigurationError

Family = Literal["llama", "gpt2", "gpt_neox"]
FAMILIES: tuple[Family, ...] = get_args(Family)
SPECIAL = ("<pad>", "<unk>")
MOST_POSITIONS = 64
"""Tokens of the longest text that a model can read."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """Family and size of a transformer language model."""

    family: str = "llama"
    """One of `FAMILIES`; for a pretrained model the family that its configuration names."""
    width: int = 64
    depth: int = 3
    heads: int = 4


def build(architecture: Architecture, vocabulary: int, seed: int) -> Any:
    """A model with random weights that only the seed decides; the global random state stays as it was."""
    if architecture.family not in _BUILDERS:
        raise ConfigurationError(f"found family {architecture.family!r}; wanted one of {', '.join(FAMILIES)}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _BUILDERS[architecture.family](architecture, vocabulary)


def tokenizer(words: Sequence[str]) -> Any:
    """A fast tokenizer of transformers with one token a word."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from transformers import PreTrainedTokenizerFast

    vocabulary = {word: i for i, word in enumerate((*SPECIAL, *dict.fromkeys(words)))}
    core = Tokenizer(WordLevel(vocabulary, unk_token="<unk>"))
    core.pre_tokenizer = WhitespaceSplit()
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=core, pad_token="<pad>", unk_token="<unk>"
    )


def _llama(a: Architecture, vocabulary: int) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    return LlamaForCausalLM(LlamaConfig(intermediate_size=2 * a.width, **_sizes(a, vocabulary)))


def _gpt_neox(a: Architecture, vocabulary: int) -> Any:
    from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

    return GPTNeoXForCausalLM(GPTNeoXConfig(intermediate_size=4 * a.width, **_sizes(a, vocabulary)))


def _sizes(a: Architecture, vocabulary: int) -> dict[str, Any]:
    """What the configurations of Llama and GPT-NeoX have in common."""
    return {
        "vocab_size": vocabulary,
        "hidden_size": a.width,
        "num_hidden_layers": a.depth,
        "num_attention_heads": a.heads,
        "max_position_embeddings": MOST_POSITIONS,
        "bos_token_id": None,
        "eos_token_id": None,
    }


def _gpt2(a: Architecture, vocabulary: int) -> Any:
    from transformers import GPT2Config, GPT2LMHeadModel

    return GPT2LMHeadModel(
        GPT2Config(
            vocab_size=vocabulary,
            n_embd=a.width,
            n_layer=a.depth,
            n_head=a.heads,
            n_positions=MOST_POSITIONS,
            # At the usual 0.02 so narrow a model makes no progress for hundreds of steps.
            initializer_range=0.08,
            bos_token_id=None,
            eos_token_id=None,
        )
    )


_BUILDERS = {"llama": _llama, "gpt2": _gpt2, "gpt_neox": _gpt_neox}
