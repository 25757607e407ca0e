"""Decoder families of transformers in tiny configurations, and where each keeps what its neurons read and write.

The names are written by hand, so that what forewarn finds by behaviour can be held against them.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from transformers import AutoConfig, AutoModelForCausalLM

V, LAYERS, D = 61, 3, 32
WIDE = {"vocab_size": V, "hidden_size": D, "num_hidden_layers": LAYERS, "num_attention_heads": 4}
BASE = {
    **WIDE,
    "intermediate_size": 48,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
GPT = {
    "vocab_size": V,
    "n_embd": D,
    "n_layer": LAYERS,
    "n_head": 4,
    "n_positions": 64,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
HEADED = {**BASE, "head_dim": 8}
NEO = {
    "vocab_size": V,
    "hidden_size": D,
    "num_layers": LAYERS,
    "num_heads": 4,
    "attention_types": [[["global", "local", "global"], 1]],
    "max_position_embeddings": 64,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
OPT = {**WIDE, "ffn_dim": 48, "max_position_embeddings": 64}
BLOOM = {"vocab_size": V, "hidden_size": D, "n_layer": LAYERS, "n_head": 4}

CONFIGS = {
    "gpt2": GPT,
    "gptj": {**GPT, "rotary_dim": 4},
    "gpt_neox": BASE,
    "gpt_neo": NEO,
    "gpt_bigcode": GPT,
    "llama": BASE,
    "llama-tied": {**BASE, "tie_word_embeddings": True},
    "qwen2": BASE,
    "qwen3": HEADED,
    "gemma": HEADED,
    "gemma2": HEADED,
    "gemma3_text": HEADED,
    "mistral": BASE,
    "mixtral": {**BASE, "num_local_experts": 4},
    "opt": {**OPT, "word_embed_proj_dim": D},
    "opt-projected": {**OPT, "word_embed_proj_dim": 16},
    "bloom": BLOOM,
    "phi": BASE,
    "phi3": BASE,
    "olmo2": BASE,
    "falcon": WIDE,
    "falcon-new": {**WIDE, "new_decoder_architecture": True, "num_kv_heads": 2},
    "granite": {
        **BASE,
        "logits_scaling": 3.0,
        "embedding_multiplier": 12.0,
        "residual_multiplier": 0.25,
        "attention_multiplier": 0.2,
    },
    "cohere": {**BASE, "logit_scale": 0.25},
    "starcoder2": BASE,
    "stablelm": {**BASE, "use_parallel_residual": False},
    "olmo": BASE,
    "nemotron": BASE,
}


@dataclass(frozen=True)
class Parts:
    """Modules of one block, by hand."""

    pre: str
    """What gives the pre-activations (of the gate)."""
    out: str
    """What is given the activations."""
    up: str | None = None
    """What gives the linear factor; the same module where both are fused, gate first."""


GATED = Parts("mlp.gate_proj", "mlp.down_proj", "mlp.up_proj")
PARTS = {
    **dict.fromkeys(
        (
            "llama",
            "llama-tied",
            "qwen2",
            "qwen3",
            "gemma",
            "mistral",
            "granite",
            "cohere",
            "stablelm",
            "olmo",
        ),
        GATED,
    ),
    **dict.fromkeys(("gpt2", "gpt_neo", "gpt_bigcode", "starcoder2"), Parts("mlp.c_fc", "mlp.c_proj")),
    **dict.fromkeys(
        ("gpt_neox", "bloom", "falcon", "falcon-new"), Parts("mlp.dense_h_to_4h", "mlp.dense_4h_to_h")
    ),
    **dict.fromkeys(("opt", "opt-projected"), Parts("fc1", "fc2")),
    "gptj": Parts("mlp.fc_in", "mlp.fc_out"),
    "phi": Parts("mlp.fc1", "mlp.fc2"),
    "phi3": Parts("mlp.gate_up_proj", "mlp.down_proj", "mlp.gate_up_proj"),
    "nemotron": Parts("mlp.up_proj", "mlp.down_proj"),
}


def build(family: str, *, lively: bool = False, seed: int = 0):
    """A model in eval mode. `lively`: every weight of a size that matters, norms' gains and constants included."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        config = AutoConfig.for_model(family.split("-", maxsplit=1)[0], **CONFIGS[family])
        model = AutoModelForCausalLM.from_config(config).eval()
        if lively:
            with torch.no_grad():
                for weight in model.parameters():
                    size = 0.15 if weight.ndim > 1 else 0.3
                    weight.add_(size * torch.randn(weight.shape))
    return model
