"""Location and reading on decoder families of transformers, against a table of names written by hand."""

from __future__ import annotations

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from forewarn.subjects.layout import Layout
from forewarn.subjects.opening import open_subject
from forewarn.subjects.subject import Edit

V, LAYERS = 61, 3
WIDE = {"vocab_size": V, "hidden_size": 32, "num_hidden_layers": LAYERS, "num_attention_heads": 4}
BASE = {
    **WIDE,
    "intermediate_size": 48,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
GPT = {"vocab_size": V, "n_embd": 32, "n_layer": LAYERS, "n_head": 4, "n_positions": 64, "bos_token_id": 1}
HEADED = {**BASE, "head_dim": 8}
NEO = {
    "vocab_size": V,
    "hidden_size": 32,
    "num_layers": LAYERS,
    "num_heads": 4,
    "attention_types": [[["global", "local", "global"], 1]],
    "max_position_embeddings": 64,
}
LLAMA = ("model.embed_tokens", "model.layers", "self_attn", "mlp", ("model.norm",), "lm_head")
GPT2 = ("transformer.wte", "transformer.h", "attn", "mlp", ("transformer.ln_f",), "lm_head")
BLOOM = (
    "transformer.word_embeddings",
    "transformer.h",
    "self_attention",
    "mlp",
    ("transformer.ln_f",),
    "lm_head",
)
OPT_NORM = "model.decoder.final_layer_norm"
OPT = ("model.decoder.embed_tokens", "model.decoder.layers", "self_attn", "fc2", (OPT_NORM,), "lm_head")
NEOX = ("gpt_neox.embed_in", "gpt_neox.layers", "attention", "mlp", ("gpt_neox.final_layer_norm",), "lm_head")

# family: (configuration, names, parallel, tail, embedding factor or None where it is no plain factor)
FAMILIES = {
    "gpt2": (GPT, GPT2, False, "none", 1.0),
    "gptj": ({**GPT, "rotary_dim": 4}, GPT2, True, "none", 1.0),
    "gpt_neox": (BASE, NEOX, True, "none", 1.0),
    "gpt_neo": (NEO, GPT2, False, "none", 1.0),
    "gpt_bigcode": (GPT, GPT2, False, "none", 1.0),
    "llama": (BASE, LLAMA, False, "none", 1.0),
    "llama-tied": ({**BASE, "tie_word_embeddings": True}, LLAMA, False, "none", 1.0),
    "qwen2": (BASE, LLAMA, False, "none", 1.0),
    "qwen3": (HEADED, LLAMA, False, "none", 1.0),
    "gemma": (HEADED, LLAMA, False, "none", 32**0.5),
    "gemma2": (HEADED, LLAMA, False, "soft cap at 30", 32**0.5),
    "gemma3_text": (HEADED, LLAMA, False, "none", 32**0.5),
    "mistral": (BASE, LLAMA, False, "none", 1.0),
    "mixtral": ({**BASE, "num_local_experts": 4}, LLAMA, False, "none", 1.0),
    "opt": (
        {**WIDE, "ffn_dim": 48, "word_embed_proj_dim": 32, "max_position_embeddings": 64},
        OPT,
        False,
        "none",
        1.0,
    ),
    "opt-projected": (
        {**WIDE, "ffn_dim": 48, "word_embed_proj_dim": 16, "max_position_embeddings": 64},
        (*OPT[:4], (OPT_NORM, "model.decoder.project_out"), "lm_head"),
        False,
        "none",
        None,
    ),
    "bloom": (
        {"vocab_size": V, "hidden_size": 32, "n_layer": LAYERS, "n_head": 4},
        BLOOM,
        False,
        "none",
        None,
    ),
    "phi": (BASE, (*LLAMA[:4], ("model.final_layernorm",), "lm_head"), True, "none", 1.0),
    "phi3": (BASE, LLAMA, False, "none", 1.0),
    "olmo2": (BASE, LLAMA, False, "none", 1.0),
    "falcon": (WIDE, BLOOM, True, "none", 1.0),
    "granite": (
        {**BASE, "logits_scaling": 3.0, "embedding_multiplier": 12.0},
        LLAMA,
        False,
        "scaled by 0.3333",
        12.0,
    ),
    "cohere": ({**BASE, "logit_scale": 0.25}, LLAMA, True, "scaled by 0.25", 1.0),
    "starcoder2": (BASE, LLAMA, False, "none", 1.0),
}
PROMPTS = [[5, 9, 11, 7, 30, 60], [3, 4], [8, 8, 1, 2]]


@pytest.fixture(scope="module", params=FAMILIES)
def opened(request):
    """(family, live model, subject)."""
    family = request.param
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        config = AutoConfig.for_model(family.split("-")[0], **FAMILIES[family][0])
        model = AutoModelForCausalLM.from_config(config).eval()
    return family, model, open_subject(model, None, PROMPTS)


def test_the_parts_are_where_the_table_says(opened):
    family, _, subject = opened
    _, (embedding, blocks, attention, mlp, readout, unembedding), parallel, tail, _ = FAMILIES[family]
    layout = subject.layout
    names = tuple(f"{blocks}.{k}" for k in range(LAYERS))
    assert (layout.decoder, layout.embedding, layout.blocks) == ("", embedding, names)
    assert layout.attention == tuple(f"{name}.{attention}" for name in names)
    assert layout.mlp == tuple(f"{name}.{mlp}" for name in names)
    assert (layout.readout, layout.unembedding, layout.functional) == (readout, unembedding, False)
    assert (layout.parallel, str(layout.tail), layout.time_first) == (parallel, tail, False)
    assert (layout.n_layers, layout.width, layout.vocab, layout.tokens) == (LAYERS, 32, V, V)
    assert Layout.from_json(layout.as_json()) == layout


@torch.no_grad()
def test_residuals_are_the_hidden_states_of_the_model(opened):
    _, model, subject = opened
    residuals = subject.residuals(PROMPTS)
    for k, prompt in enumerate(PROMPTS):
        states = model(torch.tensor([prompt]), output_hidden_states=True).hidden_states
        assert len(states) == LAYERS + 1
        for site in range(LAYERS):  # the last of `hidden_states` is after the final norm
            torch.testing.assert_close(residuals[site, k], states[site][0, -1], atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_the_last_site_reads_out_as_the_logits(opened):
    _, model, subject = opened
    logits = torch.cat([model(torch.tensor([p])).logits[:, -1] for p in PROMPTS])
    torch.testing.assert_close(subject.logits(PROMPTS), logits, atol=1e-5, rtol=1e-4)
    read = subject.read_logits(subject.residuals(PROMPTS)[-1])
    torch.testing.assert_close(read, logits, atol=1e-5, rtol=1e-4)


def test_an_edit_at_any_layer_changes_the_logits(opened):
    _, _, subject = opened
    before = subject.logits(PROMPTS)
    delta = torch.linspace(-1.0, 1.0, subject.width)[None]
    for layer in range(LAYERS + 1):
        assert (subject.logits(PROMPTS, [Edit(layer, delta)]) - before).abs().max() > 1e-4


@torch.no_grad()
def test_writing_is_the_slow_argmax_loop(opened):
    _, model, subject = opened
    for prompt, row in zip(PROMPTS, subject.write(PROMPTS, 4).tolist(), strict=True):
        text = list(prompt)
        for token in row:
            assert token == int(model(torch.tensor([text])).logits[0, -1].argmax())
            text.append(token)


@torch.no_grad()
def test_embeddings_carry_the_factor_that_the_model_applies(opened):
    family, model, subject = opened
    factor = FAMILIES[family][4]
    tokens = [1, 7, 60]
    found = subject.embedding_of(tokens)
    if factor is None:
        seen = subject.residuals([[t] for t in tokens])[0]
        torch.testing.assert_close(found, seen)
    else:
        table = model.get_input_embeddings().weight[tokens]
        torch.testing.assert_close(found, table * factor, atol=1e-6, rtol=1e-5)


def test_families_are_many_enough():
    assert len({name.split("-")[0] for name in FAMILIES}) >= 12
