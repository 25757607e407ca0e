"""A whole fit: deterministic, leaves no trace, right or refused on awkward models."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
import torch

from forewarn.errors import AuditSetError, ConfigurationError
from forewarn.lenses import FitSettings, fit
from forewarn.lenses.files import MAPS
from forewarn.records import StreamSite
from forewarn.subjects.opening import Opener

SHORT = FitSettings(steps=10)


def equal(a, b):
    return (
        all(torch.equal(getattr(a, n).weight, getattr(b, n).weight) for n in MAPS) and a.quality == b.quality
    )


def test_the_same_inputs_give_the_same_bits(liar, text):
    one, two = (fit(liar, text.prompts, text.held_out, settings=SHORT) for _ in range(2))
    assert equal(one, two)
    assert not equal(one, fit(liar, text.prompts[:-3], text.held_out, settings=SHORT))


def test_the_process_and_the_model_are_left_as_they_were(trained_liar, text):
    model = trained_liar.model
    subject = Opener(model, text.prompts[:4]).open(None, "c" * 64)
    before = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()
    kept = {k: v.clone() for k, v in model.state_dict().items()}
    threads, dtype, logits = (
        torch.get_num_threads(),
        torch.get_default_dtype(),
        subject.logits(text.prompts[:2]),
    )
    fit(subject, text.prompts, text.held_out, settings=SHORT)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.array_equal(np.random.get_state()[1], before[1])
    assert random.getstate() == before[2]
    assert (torch.get_num_threads(), torch.get_default_dtype()) == (threads, dtype)
    assert torch.is_grad_enabled()
    assert all(torch.equal(v, kept[k]) for k, v in model.state_dict().items())
    assert all(p.grad is None for p in subject._found.module.parameters())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in subject._found.module.modules())
    assert torch.equal(subject.logits(text.prompts[:2]), logits)


def test_it_may_be_called_where_gradients_are_off(liar, text, liar_lenses, quick):
    with torch.inference_mode():
        assert equal(fit(liar, text.prompts, text.held_out, settings=quick), liar_lenses)


def test_what_is_written_down_beside_the_maps(liar, liar_lenses, text):
    assert liar_lenses.digest == liar.digest
    assert liar_lenses.readout == liar.unembedder().digest()
    assert liar_lenses.sites == liar.sites
    torch.testing.assert_close(liar_lenses.embedding, liar.embedding_of(range(liar.layout.tokens)))
    assert liar_lenses.tokens == len({p[: k + 1] for p in text.prompts for k in range(len(p))})


def test_a_few_sites_are_the_same_as_among_all(liar, text, liar_lenses, quick):
    asked = replace(quick, sites=(StreamSite(1),))
    found = fit(liar, text.prompts, text.held_out, settings=asked)
    assert found.sites == (StreamSite(1), liar.sites[-1])
    torch.testing.assert_close(
        found.generate(StreamSite(1)).weight, liar_lenses.generate(StreamSite(1)).weight, rtol=1e-4, atol=1e-5
    )
    assert found.quality[0].tuned_kl == pytest.approx(liar_lenses.quality[2].tuned_kl, rel=0.05)


@pytest.mark.parametrize("family", ["llama", "gpt2", "gpt_neox"])
@pytest.mark.parametrize("vocab", [12, 90])
def test_vocabularies_smaller_and_larger_than_the_width(family, vocab, small_model):
    made = small_model(vocab, 24, family)
    found = fit(made.subject, made.prompts, made.held_out, settings=SHORT)
    assert found.sites == made.subject.sites
    assert all(q.tuned_kl <= q.identity_kl + 0.02 for q in found.quality)
    assert found.quality[0].remembered > 0.9


def test_a_soft_cap_has_lenses_too(own_capped):
    subject, _ = own_capped
    draw = torch.Generator().manual_seed(1)
    rows = torch.randint(23, (60, 6), generator=draw).tolist()
    found = fit(subject, rows[:40], rows[40:], settings=SHORT)
    h = subject.residuals(rows[40:])[-1]
    torch.testing.assert_close(
        found.logits(subject, subject.sites[-1], h), subject.logits(rows[40:]), rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_other_precisions_are_read_and_lenses_are_float32(dtype, small_model, open_model):
    import copy

    made = small_model(40, 16)
    subject = open_model(copy.deepcopy(made.model).to(dtype), made.prompts)
    found = fit(subject, made.prompts, made.held_out, settings=SHORT)
    assert found.forwards.weight.dtype == found.embedding.dtype == torch.float32
    assert found.quality[-1].tuned_kl < 1e-4


def test_prompts_of_one_token_are_enough_when_there_are_many(small_model):
    made = small_model(90, 16)
    rows = [[token] for token in range(90)]
    found = fit(made.subject, rows[:60], rows[60:], settings=SHORT)
    assert found.tokens == 60
    assert found.quality[0].n == 15


def test_warm_lenses_of_another_model_or_of_too_few_sites_are_refused(liar, text, small_model, quick):
    made = small_model(40, 16)
    strange = fit(made.subject, made.prompts, made.held_out, settings=SHORT)
    with pytest.raises(ConfigurationError, match="width 16"):
        fit(liar, text.prompts, text.held_out, strange, quick)
    few = fit(liar, text.prompts, text.held_out, settings=replace(SHORT, sites=(StreamSite(1),)))
    with pytest.raises(ConfigurationError, match=r"warm lenses were fitted at 1, 2; wanted 0, 1a, 2a too"):
        fit(liar, text.prompts, text.held_out, few, quick)


def test_a_warm_start_needs_fewer_steps(liar, text, liar_lenses):
    settings = FitSettings(steps=1)
    cold = fit(liar, text.prompts, text.held_out, settings=settings)
    warm = fit(liar, text.prompts, text.held_out, liar_lenses, settings)
    assert warm.kl < cold.kl
    assert warm.kl <= 1.1 * liar_lenses.kl


def test_strange_tokens_are_refused(liar, text):
    with pytest.raises(AuditSetError, match="holds the token 99999"):
        fit(liar, [*text.prompts, [99999]], text.held_out)


def test_massive_states_at_the_first_position_do_not_ruin_the_fit(liar, text, monkeypatch, quick):
    """As large models have: one position whose state is a hundred times as long in two directions."""
    whole = type(liar).states

    def massive(self, prompts, sites=None, edits=()):
        found = whole(self, prompts, sites, edits)
        starts = torch.tensor([0, *(len(p) for p in prompts)]).cumsum(0)[:-1]
        found[1:-1, starts, :2] += 100.0 * found[1:-1].abs().mean()
        return found

    plain = fit(liar, text.prompts, text.held_out, settings=quick)
    monkeypatch.setattr(type(liar), "states", massive)
    struck = fit(liar, text.prompts, text.held_out, settings=quick)
    assert struck.kl < 1.25 * plain.kl
