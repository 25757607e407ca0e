"""What can be had of each family, and each vector beside what the model does by itself."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from forewarn.errors import NotApplicableError
from forewarn.records import StreamSite
from forewarn.subjects.anatomy import HeadWeights, MlpWeights, Unsupported
from forewarn.subjects.opening import open_subject
from forewarn.subjects.subject import Clamp

BETWEEN = "stands between"
# family: what can be had; anything else is why not
TABLE = {
    "gpt2": ("yes", "yes", "yes"),
    "gptj": ("yes", "yes", "yes"),
    "gpt_neox": ("yes", "yes", "yes"),
    "gpt_neo": ("yes", "yes", "yes"),
    "gpt_bigcode": ("yes", "yes", "yes"),
    "llama": ("yes", "yes", "yes"),
    "llama-tied": ("yes", "yes", "yes"),
    "qwen2": ("yes", "yes", "yes"),
    "qwen3": ("yes", "yes", "queries are normalised"),
    "gemma": ("yes", "yes", "yes"),
    "gemma2": (BETWEEN, BETWEEN, ""),
    "gemma3_text": (BETWEEN, BETWEEN, ""),
    "mistral": ("yes", "yes", "yes"),
    "mixtral": ("a mixture of experts", "yes", "yes"),
    "opt": ("yes", "yes", "yes"),
    "opt-projected": ("yes", "yes", "yes"),
    "bloom": ("yes", "yes", "a bias by position"),
    "phi": ("yes", "yes", "yes"),
    "phi3": ("yes", "yes", "yes"),
    "olmo2": (BETWEEN, BETWEEN, ""),
    "falcon": ("yes", "yes", "yes"),
    "falcon-new": ("yes", "yes", "yes"),
    "granite": ("yes", "yes", "yes"),
    "cohere": ("yes", "yes", "yes"),
    "starcoder2": ("yes", "yes", "yes"),
    "stablelm": ("yes", "yes", "yes"),
    "olmo": ("yes", "yes", "yes"),
    "nemotron": ("yes", "yes", "yes"),
}
PROMPTS = [[5, 9, 11, 7, 30, 60, 12, 40, 3, 21], [3, 4], [8, 8, 1, 2], [17]]
LONG = PROMPTS[0]


@pytest.fixture(scope="module", params=TABLE)
def opened(request, families):
    """(family, live model with lively weights, subject)."""
    model = families.build(request.param, lively=True)
    return request.param, model, open_subject(model, None, PROMPTS)


def heard(model, names, prompt):
    """What modules of the live model were given and gave on one prompt: {name: (given [t w], gave [t v])}."""
    seen = {}

    def hook(name):
        def keep(module, args, kwargs, output):
            given = next(x for x in (*args, *kwargs.values()) if isinstance(x, torch.Tensor))
            gave = output[0] if isinstance(output, tuple) else output
            seen[name] = tuple(x.detach().reshape(len(prompt), -1).clone() for x in (given, gave))

        return keep

    handles = [model.get_submodule(n).register_forward_hook(hook(n), with_kwargs=True) for n in names]
    with torch.no_grad():
        model(torch.tensor([prompt]))
    for handle in handles:
        handle.remove()
    return seen


def close(found, wanted):
    torch.testing.assert_close(found, wanted, atol=3e-5 * float(wanted.abs().max()), rtol=1e-4)


def stream(subject, site, prompt=LONG):
    return subject.states([prompt], [site])[0]


def test_each_family_gives_what_the_table_says(opened):
    family, _, subject = opened
    neurons, heads, scores = TABLE[family]
    anatomy = subject.anatomy()
    for layer in range(1, subject.n_layers + 1):
        block = anatomy.block(layer)
        for part, wanted, kind in ((block.mlp, neurons, MlpWeights), (block.heads, heads, HeadWeights)):
            assert isinstance(part, kind if wanted == "yes" else Unsupported)
            if isinstance(part, Unsupported):
                assert wanted in part.reason
                assert f"block {layer}" in part.reason
        if isinstance(block.heads, HeadWeights):
            assert (block.heads.query is None) == (scores != "yes")
            assert (block.heads.key is None) == (scores != "yes")
            assert scores == "yes" or scores in block.heads.reason


def test_norm_and_unembedding_give_the_logits(opened):
    _, _, subject = opened
    final, unembedding = subject.anatomy().readout()
    bias, cap = subject.anatomy().unembedding_bias, subject.layout.tail.cap
    h = subject.residuals(PROMPTS)[-1]
    logits = h @ final.fold(unembedding).T / final.sigma(h)[:, None] + final.offset(unembedding)
    logits = logits if bias is None else logits + bias
    close(logits if cap is None else cap * torch.tanh(logits / cap), subject.logits(PROMPTS))


def test_embeddings_are_those_of_all_tokens(opened):
    _, _, subject = opened
    tokens = [0, 7, subject.layout.tokens - 1]
    close(subject.anatomy().embedding[tokens], subject.embedding_of(tokens))
    assert len(subject.anatomy().embedding) == subject.layout.tokens


def test_pre_activations_are_read_from_the_stream(opened, families):
    family, model, subject = opened
    if TABLE[family][0] != "yes":
        pytest.skip("no neurons")
    parts = families.PARTS[family]
    for layer, block in enumerate(subject.layout.blocks, 1):
        mlp = subject.anatomy().mlp(layer)
        h = stream(subject, mlp.site)
        seen = heard(model, [f"{block}.{n}" for n in {parts.pre, parts.up or parts.pre}], LONG)
        rows, more = seen[f"{block}.{parts.pre}"][1], seen[f"{block}.{parts.up or parts.pre}"][1]
        close(mlp.pre(h), rows[:, : mlp.n])
        if parts.up is None:
            assert mlp.up is None and mlp.linear(h) is None
        else:
            close(mlp.linear(h), more[:, -mlp.n :])


def test_what_neurons_add_is_activation_times_write(opened, families):
    family, model, subject = opened
    if TABLE[family][0] != "yes":
        pytest.skip("no neurons")
    layer = 2
    mlp, name = subject.anatomy().mlp(layer), f"{subject.layout.blocks[1]}.{families.PARTS[family].out}"
    acts = torch.stack([heard(model, [name], p)[name][0][-1] for p in PROMPTS])
    torch.testing.assert_close(subject.activations(PROMPTS, layer), acts, atol=1e-5, rtol=1e-4)
    units = [1, 7, 30]
    after, before = (
        subject.residuals(PROMPTS, edits=edits, sites=[mlp.writes_to])[0]
        for edits in ([Clamp(layer, units, torch.full((3,), 2.0))], [])
    )
    close(after - before, (2.0 - acts[:, units]) @ mlp.write[units])


def test_what_heads_add_is_predicted_from_the_stream_alone(opened):
    family, _, subject = opened
    if TABLE[family][1] != "yes":
        pytest.skip("no heads")
    for layer in range(1, subject.n_layers + 1):
        heads = subject.anatomy().heads(layer)
        h, added = stream(subject, heads.site), attention_adds(opened, layer)
        taken = slow_weights(heads, h)
        shown = torch.einsum("tsh,shr,hrd->td", taken, heads.values(h), heads.write)
        if heads.query is None:
            shown, added = shown[:1], added[:1]  # the first position, where there is nothing to weigh
        close(shown - shown[:1] + added[:1], added)


def attention_adds(opened, layer):
    """What attention adds at each position: from the stream, or in a parallel block from its module."""
    _, model, subject = opened
    if subject.layout.joints[layer - 1].middle:
        return stream(subject, StreamSite(layer, True)) - stream(subject, StreamSite(layer - 1))
    name = subject.layout.attention[layer - 1]
    return heard(model, [name], LONG)[name][1]


def slow_weights(heads, h):
    """softmax(scale * R(t) q . R(s) k), position by position: [t s head]."""
    t = len(h)
    taken = torch.zeros(t, t, heads.n)
    if heads.query is None:
        taken[0, 0] = 1.0
        return taken
    queries, keys = heads.queries(h), heads.keys(h)
    for i in range(t):
        for head in range(heads.n):
            scores = []
            for j in range(i + 1):
                q, k = queries[i, head], keys[j, head]
                if heads.rotary is not None:
                    q, k = heads.rotary.turn(q, i), heads.rotary.turn(k, j)
                scores.append(heads.scale * (q * k).sum())
            taken[i, : i + 1, head] = torch.stack(scores).softmax(0)
    return taken


def test_the_first_position_shows_the_values_whatever_the_scores(opened):
    family, _, subject = opened
    if TABLE[family][1] != "yes":
        pytest.skip("no heads")
    if not subject.layout.joints[0].middle:
        pytest.skip("read in the test above")
    heads = subject.anatomy().heads(1)
    tokens = [[5], [9], [30]]
    states = subject.states(tokens, [StreamSite(0), StreamSite(1, True)])
    shown = torch.einsum("thr,hrd->td", heads.values(states[0]), heads.write)
    added = states[1] - states[0]
    close(shown - shown[:1], added - added[:1])


def test_unsupported_parts_raise_their_reason(opened):
    family, _, subject = opened
    for part, wanted in zip((subject.anatomy().mlp, subject.anatomy().heads), TABLE[family], strict=False):
        if wanted != "yes":
            with pytest.raises(NotApplicableError, match=wanted):
                part(1)


def test_the_table_holds_every_family(families):
    assert set(TABLE) == set(families.CONFIGS)
    assert set(families.PARTS) == {name for name, row in TABLE.items() if row[0] == "yes"}


def test_the_manual_has_the_same_table():
    text = (Path(__file__).parents[3] / "docs" / "explanation" / "subjects.md").read_text(encoding="utf8")
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    [start] = [k for k, row in enumerate(rows) if row == ["families", "neurons", "heads", "scores"]]
    told = {}
    for names, *cells in rows[start + 1 : start + 8]:
        for name in names.partition(" (")[0].split(", "):
            told[name] = [cell.startswith("yes") for cell in cells]
    found = {name.partition("-")[0]: [cell == "yes" for cell in row] for name, row in TABLE.items()}
    assert told == found
