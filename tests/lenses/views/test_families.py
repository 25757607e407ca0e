"""What the views say of real architectures, held against what these models do. No weight is read here by name."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from forewarn.lenses.transports import Identity, Jacobian
from forewarn.lenses.views import (
    neuron_readers,
    output_view,
    ov_factors,
    qk_factors,
    virtual_weights,
)
from forewarn.records import StreamSite
from forewarn.subjects.edits import Edit
from forewarn.subjects.opening import open_subject

V, D, LAYERS = 13, 16, 2
SHAPE = {"hidden_size": D, "num_hidden_layers": LAYERS, "num_attention_heads": 2, "intermediate_size": 24}
ENDS = {"bos_token_id": None, "eos_token_id": None, "pad_token_id": None, "attn_implementation": "eager"}
GROUPED = {**SHAPE, "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 32}
GPT2 = {"n_embd": D, "n_layer": LAYERS, "n_head": 2, "n_positions": 32}
FAMILIES = {
    "llama": ("llama", GROUPED, 29),
    "llama-tied": ("llama", {**GROUPED, "tie_word_embeddings": True}, 29),
    "llama-narrow": ("llama", GROUPED, V),
    "gpt2": ("gpt2", GPT2, 29),
    "gpt2-untied": ("gpt2", {**GPT2, "tie_word_embeddings": False}, V),
    "gpt_neox": ("gpt_neox", {**SHAPE, "max_position_embeddings": 32}, 29),
    "gpt_neox-serial": ("gpt_neox", {**SHAPE, "use_parallel_residual": False}, 29),
}
PROMPTS = [[5, 9, 11], [3, 4, 8], [8, 1, 1], [6, 1, 2]]


@pytest.fixture(scope="module", params=FAMILIES)
def opened(request):
    """Name, module and subject of one family, with weights large enough to matter."""
    kind, settings, vocab = FAMILIES[request.param]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        config = AutoConfig.for_model(kind, **settings, **ENDS, vocab_size=vocab)
        model = AutoModelForCausalLM.from_config(config).eval()
        for parameter in model.parameters():
            parameter.data += 0.2 * torch.randn_like(parameter)
    return request.param, model, open_subject(model, None, PROMPTS)


def close(found, wanted, share):
    """Whether the largest difference is at most this share of the largest entry."""
    return float((found - wanted).abs().max()) <= share * float(wanted.abs().max())


def test_the_output_view_is_what_a_write_does_to_the_logits_where_sigma_is_held(opened):
    """logits = U D_f h / sigma + c, with c read at h = 0: the change of (logits - c) sigma, centred."""
    _, _, subject = opened
    anatomy, last = subject.anatomy(), StreamSite(LAYERS)
    h, writes = subject.residuals(PROMPTS, sites=[last])[0], anatomy.mlp(1).write[:5]
    final, _ = anatomy.readout()
    constant = subject.read_logits(torch.zeros(1, D))

    def linear(states):
        return (subject.read_logits(states) - constant) * final.sigma(states)[:, None]

    view = output_view(anatomy, Identity(), StreamSite(1), writes)
    for row, write in zip(view.values, writes, strict=True):
        change = linear(h + write) - linear(h)
        assert close(change - change.mean(-1, keepdim=True), row.expand_as(change), 1e-4)


@pytest.mark.parametrize("part", ["gate", "up"])
def test_total_virtual_weights_are_what_a_small_write_does_where_sigma_is_held(opened, part):
    """One context: (h' - h) at the reader's site, by an edit of the model, read and divided by its sigma."""
    name, _, subject = opened
    anatomy = subject.anatomy()
    if part == "up" and not name.startswith("llama"):
        pytest.skip("no gate")
    reader, source = neuron_readers(anatomy, 2, part), anatomy.mlp(1).writes_to
    writes, prompt, step = anatomy.mlp(1).write[:3], PROMPTS[:1], 1e-3
    before = subject.residuals(prompt, sites=[reader.site])[0]
    scale = reader.inverse_sigma(before)
    found = virtual_weights(Jacobian(subject, prompt), source, writes, reader, scale)
    direct = virtual_weights(Identity(), source, writes, reader, scale)
    for write, total in zip(writes, found.values, strict=True):
        moved = [
            subject.residuals(prompt, sites=[reader.site], edits=[Edit(1, sign * step * write[None])])[0]
            for sign in (1, -1)
        ]
        change = (moved[0] - moved[1])[0] @ reader.read.T / (2 * step) / reader.norm.sigma(before)
        assert close(total, change, 2e-2)
    assert close(found.values, direct.values, 1e-3) is (reader.site == source), (
        "in a parallel block nothing lies in between"
    )


def tables(subject, position):
    """What each token is at the first block's norm when it stands at a position: h / sigma."""
    prompts = [[0] * position + [token] for token in range(subject.vocab)]
    h = subject.residuals(prompts, sites=[StreamSite(0)])[0]
    return h / subject.anatomy().heads(1).norm.sigma(h)[:, None]


def test_qk_is_how_attention_differs_over_pairs(opened):
    """log a(q -> 0) - log a(q -> 1) over prompts (k, 0, q): its second differences in q and k are the factors'."""
    _, model, subject = opened
    anatomy, n = subject.anatomy(), 6
    prompts = torch.tensor([[k, 0, q] for q in range(n) for k in range(n)])
    with torch.no_grad():
        weights = model(prompts, output_attentions=True).attentions[0][:, :, 2]
    ratios = (weights[..., 0].log() - weights[..., 1].log()).reshape(n, n, -1)
    for head in range(anatomy.heads(1).n):
        query, key = (
            qk_factors(replace(anatomy, embedding=tables(subject, at)), 1, head, Identity(), 2)
            for at in (2, 0)
        )
        found, measured = query.left[:n] @ key.right[:n].T, ratios[..., head]
        assert close(twice(found), twice(measured), 1e-3)
        assert twice(measured).abs().max() > 0.01


def twice(matrix):
    """Second differences against the first row and column."""
    return matrix - matrix[:1] - matrix[:, :1] + matrix[:1, :1]


def test_ov_is_what_attention_to_a_token_writes(opened):
    """A prompt of one token attends to it wholly: what its block's attention adds, read by the output view."""
    name, _, subject = opened
    if name == "gpt_neox":
        pytest.skip("a parallel block has no stream between attention and MLP")
    anatomy = subject.anatomy()
    prompts = [[token] for token in range(subject.vocab)]
    before, after = subject.residuals(prompts, sites=[StreamSite(0), StreamSite(1, True)])
    written = output_view(anatomy, Identity(), StreamSite(1, True), after - before).values
    seen = replace(anatomy, embedding=tables(subject, 0))
    heads = [ov_factors(seen, 1, head, Identity()) for head in range(anatomy.heads(1).n)]
    total = sum(each.left @ each.right.T for each in heads)
    assert close(total, written - written.mean(0), 1e-4)
    assert all(each.left.shape[1] < D for each in heads)
