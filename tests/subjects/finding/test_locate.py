"""Location and reading on decoder families of transformers, against a table of names written by hand."""

from __future__ import annotations

import pytest
import torch

from forewarn.records import StreamSite
from forewarn.subjects.layout import Layout
from forewarn.subjects.opening import open_subject
from forewarn.subjects.subject import Edit

V, LAYERS = 61, 3
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

# family: (names, parallel, tail, embedding factor or None where it is no plain factor)
FAMILIES = {
    "gpt2": (GPT2, False, "none", 1.0),
    "gptj": (GPT2, True, "none", 1.0),
    "gpt_neox": (NEOX, True, "none", 1.0),
    "gpt_neo": (GPT2, False, "none", 1.0),
    "gpt_bigcode": (GPT2, False, "none", 1.0),
    "llama": (LLAMA, False, "none", 1.0),
    "llama-tied": (LLAMA, False, "none", 1.0),
    "qwen2": (LLAMA, False, "none", 1.0),
    "qwen3": (LLAMA, False, "none", 1.0),
    "gemma": (LLAMA, False, "none", 32**0.5),
    "gemma2": (LLAMA, False, "soft cap at 30", 32**0.5),
    "gemma3_text": (LLAMA, False, "none", 32**0.5),
    "mistral": (LLAMA, False, "none", 1.0),
    "mixtral": (LLAMA, False, "none", 1.0),
    "opt": (OPT, False, "none", 1.0),
    "opt-projected": ((*OPT[:4], (OPT_NORM, "model.decoder.project_out"), "lm_head"), False, "none", None),
    "bloom": (BLOOM, False, "none", None),
    "phi": ((*LLAMA[:4], ("model.final_layernorm",), "lm_head"), True, "none", 1.0),
    "phi3": (LLAMA, False, "none", 1.0),
    "olmo2": (LLAMA, False, "none", 1.0),
    "falcon": (BLOOM, True, "none", 1.0),
    "falcon-new": (BLOOM, True, "none", 1.0),
    "granite": (LLAMA, False, "scaled by 0.3333", 12.0),
    "cohere": (LLAMA, True, "scaled by 0.25", 1.0),
    "starcoder2": (LLAMA, False, "none", 1.0),
    "stablelm": (LLAMA, False, "none", 1.0),
    "olmo": (LLAMA, False, "none", 1.0),
    "nemotron": (LLAMA, False, "none", 1.0),
}
PROMPTS = [[5, 9, 11, 7, 30, 60], [3, 4], [8, 8, 1, 2]]


@pytest.fixture(scope="module", params=FAMILIES)
def opened(request, families):
    """(family, live model, subject)."""
    model = families.build(request.param)
    return request.param, model, open_subject(model, None, PROMPTS)


def test_the_parts_are_where_the_table_says(opened):
    family, _, subject = opened
    (embedding, blocks, attention, mlp, readout, unembedding), parallel, tail, _ = FAMILIES[family]
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
    factor = FAMILIES[family][3]
    tokens = [1, 7, 60]
    found = subject.embedding_of(tokens)
    if factor is None:
        seen = subject.residuals([[t] for t in tokens])[0]
        torch.testing.assert_close(found, seen)
    else:
        table = model.get_input_embeddings().weight[tokens]
        torch.testing.assert_close(found, table * factor, atol=1e-6, rtol=1e-5)


def test_families_are_many_enough(families):
    assert set(FAMILIES) == set(families.CONFIGS)
    assert len({name.split("-")[0] for name in FAMILIES}) >= 12


# Of a first block: the module whose output is what attention adds, where it is not the attention itself.
ADDS = {
    "bloom": "self_attention.dense",
    **dict.fromkeys(("gemma2", "gemma3_text", "olmo2"), "post_attention_layernorm"),
}
MULTIPLIER = {"granite": 0.25}


@torch.no_grad()
def test_the_middle_is_the_input_plus_what_attention_adds(opened):
    family, model, subject = opened
    names, parallel, _, _ = FAMILIES[family]
    middles = [site for site in subject.sites if site.middle]
    if parallel:
        assert not middles
        return
    assert [site.layer for site in middles] == list(range(1, LAYERS + 1))
    seen = []
    part = model.get_submodule(f"{subject.layout.blocks[0]}.{ADDS.get(family, names[2])}")
    handle = part.register_forward_hook(lambda m, a, o: seen.append(o[0] if isinstance(o, tuple) else o))
    model(torch.tensor([PROMPTS[0]]))
    handle.remove()
    found = subject.states([PROMPTS[0]], [StreamSite(0), StreamSite(1, True)])
    added = seen[0][0] * MULTIPLIER.get(family, 1.0)
    torch.testing.assert_close(found[1], found[0] + added, atol=1e-6, rtol=1e-5)


def test_an_edit_in_the_middle_moves_the_middle_by_just_that(opened):
    _, _, subject = opened
    delta = torch.linspace(-1.0, 1.0, subject.width)[None]
    for site in (site for site in subject.sites if site.middle):
        edited, plain = (
            subject.residuals(PROMPTS, edits=edits, sites=subject.sites)
            for edits in ([Edit(site.layer, delta, middle=True)], [])
        )
        stage = subject.sites.index(site)
        assert torch.equal(edited[:stage], plain[:stage])
        moved = (edited - plain)[stage]
        torch.testing.assert_close(moved, delta.expand_as(moved), atol=1e-5, rtol=1e-5)
        assert (edited - plain)[stage + 1].abs().max() > 1e-3
