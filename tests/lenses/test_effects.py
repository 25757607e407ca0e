"""Effects of a write, beside a twin that edits and freezes the modules of the model itself."""

from __future__ import annotations

from contextlib import ExitStack
from types import SimpleNamespace

import pytest
import torch

from forewarn.errors import ConfigurationError, NotApplicableError
from forewarn.lab.organisms.models import Architecture, build
from forewarn.lenses import effects
from forewarn.lenses.effects import Reader, direct_effect, frozen_effect, total_effect
from forewarn.records import StreamSite
from forewarn.subjects.anatomy import NormWeights, Unsupported
from forewarn.subjects.opening import open_subject

PROMPTS = [[5, 9, 11, 7], [3, 4, 8], [6, 1], [2, 19, 4, 4, 4]]
# Where the blocks are, and in each: attention, MLP, the norm before the MLP, the MLP's first matrix.
PARTS = {
    "llama": ("model.layers", "self_attn", "mlp", "post_attention_layernorm", "mlp.gate_proj"),
    "gpt2": ("transformer.h", "attn", "mlp", "ln_2", "mlp.c_fc"),
    "gpt_neox": ("gpt_neox.layers", "attention", "mlp", "post_attention_layernorm", "mlp.dense_h_to_4h"),
}
families = pytest.mark.parametrize("family", PARTS)
# Llama's norm is computed in float32, whatever the model's own type.
CLOSE = {"llama": {"rtol": 1e-4, "atol": 1e-6}, "gpt2": {"rtol": 1e-8, "atol": 1e-10}}


@pytest.fixture(scope="module")
def made():
    """One model of each family in double precision, its norms not trivial."""

    def one(family):
        module = build(Architecture(family, 16, 3, 2), 23, 0).double().eval()
        generator = torch.Generator().manual_seed(1)
        with torch.no_grad():
            for p in module.parameters():
                if p.ndim == 1:
                    p.add_(0.3 * torch.randn(p.shape, generator=generator, dtype=torch.float64))
        subject = open_subject(module, None, PROMPTS)
        return SimpleNamespace(family=family, module=module, subject=subject, anatomy=subject.anatomy())

    return {family: one(family) for family in PARTS}


def main(output):
    return output[0] if isinstance(output, tuple) else output


class Twin:
    """One pass of the model with a write after block l; what is frozen is put back by hooks."""

    def __init__(self, model, prompt):
        self.family, self.module, self.prompt = model.family, model.module, prompt
        self.blocks = model.module.get_submodule(PARTS[model.family][0])
        self.clean = {}

    def run(self, layer, write, block, freeze):
        """Pre-activations of a block at the last position."""
        with ExitStack() as stack, torch.no_grad():
            for k, part in enumerate(self.blocks):
                if freeze:
                    self.frozen(stack, part, k)
            self.on(stack, self.blocks[layer - 1], lambda out: self.written(out, write))
            _, _, _, norm, first = PARTS[self.family]
            if freeze == "all":
                handle = self.blocks[block - 1].get_submodule(norm)
                stack.callback(handle.register_forward_hook(self.with_old_sigma).remove)
            seen = []
            self.on(stack, self.blocks[block - 1].get_submodule(first), lambda out: seen.append(out[0, -1]))
            self.module(input_ids=torch.tensor([self.prompt]))
            return seen[0]

    def frozen(self, stack, part, k):
        for name in PARTS[self.family][1:3]:
            module = part.get_submodule(name)
            if (k, name) not in self.clean:
                self.clean[k, name] = self.output_of(module)
            kept = self.clean[k, name]
            stack.callback(module.register_forward_hook(lambda _, __, out, kept=kept: kept).remove)

    def output_of(self, module):
        found = []
        handle = module.register_forward_hook(lambda _, __, out: found.append(out))
        self.module(input_ids=torch.tensor([self.prompt]))
        handle.remove()
        return found[0]

    def remember(self, block):
        """The input of a block's norm as it is without a write."""
        found, norm = [], self.blocks[block - 1].get_submodule(PARTS[self.family][3])
        handle = norm.register_forward_hook(lambda _, given, __: found.append(given[0].detach()))
        with torch.no_grad():
            self.module(input_ids=torch.tensor([self.prompt]))
        handle.remove()
        self.before = found[0]

    def with_old_sigma(self, norm, given, _):
        h, old, centre = given[0], self.before, self.family != "llama"
        h, old = (x - x.mean(-1, keepdim=True) if centre else x for x in (h, old))
        eps = norm.variance_epsilon if self.family == "llama" else norm.eps
        out = norm.weight * h / ((old**2).mean(-1, keepdim=True) + eps).sqrt()
        return out + norm.bias if centre else out

    @staticmethod
    def on(stack, module, act):
        stack.callback(
            module.register_forward_hook(lambda _, __, out: act(main(out)) if act else None).remove
        )

    @staticmethod
    def written(out, write):
        return torch.cat([out[:, :-1], out[:, -1:] + write], 1)


def by_twin(model, layer, write, block, freeze):
    changes = []
    for prompt in PROMPTS:
        twin = Twin(model, prompt)
        twin.remember(block)
        nothing = torch.zeros_like(write)
        changes.append(twin.run(layer, write, block, freeze) - twin.run(layer, nothing, block, freeze))
    return torch.stack(changes).mean(0)


def writes_of(model, layer, n=3):
    return 0.7 * model.anatomy.mlp(layer).write[:n]


def ask(effect, model, layer, writes, block):
    reader = Reader.neurons(model.anatomy.mlp(block))
    return effect(model.subject, PROMPTS, StreamSite(layer), writes, [reader])[0]


@families
def test_frozen_is_exactly_what_the_model_does_with_everything_held(made, family):
    """The direct-effect identity: the raw virtual weight over sigma, to float64."""
    writes = writes_of(made[family], 1)
    found = ask(frozen_effect, made[family], 1, writes, 3)
    expected = torch.stack([by_twin(made[family], 1, write, 3, "all") for write in writes])
    torch.testing.assert_close(found, expected, rtol=1e-8, atol=1e-8)
    assert found.abs().max() > 1e-3


@families
def test_direct_takes_the_norm_anew(made, family):
    writes = writes_of(made[family], 1)
    found = ask(direct_effect, made[family], 1, writes, 3)
    expected = torch.stack([by_twin(made[family], 1, write, 3, "modules") for write in writes])
    torch.testing.assert_close(found, expected, **CLOSE.get(family, CLOSE["gpt2"]))
    assert float((found - ask(frozen_effect, made[family], 1, writes, 3)).norm() / found.norm()) > 1e-3


@families
def test_total_leaves_all_free(made, family):
    writes = writes_of(made[family], 1)
    found = ask(total_effect, made[family], 1, writes, 3)
    expected = torch.stack([by_twin(made[family], 1, write, 3, None) for write in writes])
    torch.testing.assert_close(found, expected, **CLOSE.get(family, CLOSE["gpt2"]))
    assert float((found - ask(direct_effect, made[family], 1, writes, 3)).norm() / found.norm()) > 1e-2


@families
def test_small_direct_writes_come_to_the_frozen_effect_less_what_the_norm_takes_back(made, family):
    """d(w . h / sigma) = w . v / sigma - (w . h) (h . v) / (d sigma^3), h centred where the norm centres."""
    model, write = made[family], 1e-6 * writes_of(made[family], 1, 1)
    reader = Reader.neurons(model.anatomy.mlp(3))
    h = model.subject.residuals(PROMPTS, sites=[reader.site])[0]
    sigma = reader.norm.sigma(h)
    h = h - h.mean(-1, keepdim=True) if reader.norm.kind == "layer" else h
    back = (h @ reader.read.T) * (h @ write[0] / (16 * sigma**3))[:, None]
    expected = ask(frozen_effect, model, 1, write, 3)[0] - back.mean(0)
    torch.testing.assert_close(ask(direct_effect, model, 1, write, 3)[0], expected, rtol=1e-5, atol=1e-12)


@families
def test_logits_are_read_as_neurons_are(made, family):
    from forewarn.subjects.edits import Edit

    model, writes = made[family], writes_of(made[family], 2)
    reader = Reader.logits(model.anatomy)
    found = total_effect(model.subject, PROMPTS, StreamSite(2), writes, [reader])[0]
    clean = model.subject.logits(PROMPTS)
    expected = [(model.subject.logits(PROMPTS, [Edit(2, w[None])]) - clean).mean(0) for w in writes]
    torch.testing.assert_close(found, torch.stack(expected), **CLOSE.get(family, CLOSE["gpt2"]))
    last = model.subject.residuals(PROMPTS)[-1]
    direct = direct_effect(model.subject, PROMPTS, StreamSite(2), writes, [reader])[0]
    moved = [(model.subject.read_logits(last + w) - model.subject.read_logits(last)).mean(0) for w in writes]
    torch.testing.assert_close(direct, torch.stack(moved), **CLOSE.get(family, CLOSE["gpt2"]))


def test_a_reader_where_it_is_written_sees_no_difference_between_total_and_direct(made):
    model = made["gpt_neox"]
    writes, reader = writes_of(model, 1), Reader.neurons(model.anatomy.mlp(2))
    assert reader.site == StreamSite(1)
    asked = model.subject, PROMPTS, StreamSite(1), writes, [reader]
    torch.testing.assert_close(total_effect(*asked)[0], direct_effect(*asked)[0])


def test_several_readers_are_answered_in_their_own_order_in_one_pass(made, monkeypatch):
    model, writes = made["gpt2"], writes_of(made["gpt2"], 1, 5)
    readers = [Reader.neurons(model.anatomy.mlp(3)), Reader.neurons(model.anatomy.mlp(2))]
    monkeypatch.setattr(effects, "ROWS", 8)
    both = total_effect(model.subject, PROMPTS, StreamSite(1), writes, readers)
    for found, block in zip(both, (3, 2), strict=True):
        torch.testing.assert_close(found, ask(total_effect, model, 1, writes, block))


def test_a_write_that_is_none_has_no_effect(made):
    zero = torch.zeros(1, 16, dtype=torch.float64)
    for effect in (total_effect, direct_effect, frozen_effect):
        assert ask(effect, made["gpt2"], 1, zero, 3).abs().max() < 1e-12


def test_inverse_sigma_is_a_mean_of_inverses():
    norm = NormWeights("rms", torch.ones(2), 0.0)
    reader = Reader(StreamSite(0), norm, torch.eye(2))
    assert reader.inverse_sigma(torch.tensor([[1.0, 1.0], [4.0, 4.0]])) == pytest.approx((1 + 0.25) / 2)


def test_bad_calls_are_refused(made):
    model, writes = made["gpt2"], writes_of(made["gpt2"], 2)
    with pytest.raises(ConfigurationError, match="a write at 2 is read at 2 or later; found readers at 2a"):
        ask(total_effect, model, 2, writes, 2)
    with pytest.raises(ConfigurationError, match="found readers at no site"):
        direct_effect(model.subject, PROMPTS, StreamSite(2), writes, [])
    with pytest.raises(ConfigurationError, match=r"\[k, 16\]"):
        ask(frozen_effect, model, 1, writes[:, :5], 2)


def test_logits_that_are_no_reading_are_refused_with_the_reason():
    from forewarn.subjects.anatomy import Anatomy

    anatomy = Anatomy((), Unsupported("two norms follow each other"), torch.eye(2), torch.eye(2))
    with pytest.raises(NotApplicableError, match="two norms follow each other"):
        Reader.logits(anatomy)
