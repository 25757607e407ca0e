"""From a copy of a module to a layout: a shaken copy is searched, and the first one stays as it is."""

from __future__ import annotations

import pytest
import torch

from forewarn.errors import SubjectError
from forewarn.subjects.finding.decoder import trial_ids
from forewarn.subjects.finding.find import find_layout
from forewarn.subjects.finding.trial_pass import TrialPass
from forewarn.subjects.layout import Overrides


@pytest.fixture
def twin(own):
    return own.seeded(own.GPT).eval().requires_grad_(False)


def test_the_copy_that_is_given_is_not_shaken(twin, prompts):
    before = {name: tensor.clone() for name, tensor in twin.state_dict().items()}
    state = torch.get_rng_state()
    layout = find_layout(twin, trial_ids(prompts[0]), Overrides(), ())
    assert layout.blocks == ("h.0", "h.1")
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(before[name], tensor) for name, tensor in twin.state_dict().items())


def test_zeros_in_the_way_hide_no_part(twin, prompts):
    found = find_layout(twin, trial_ids(prompts[0]), Overrides(), ())
    with torch.no_grad():
        twin.h[1].attn.out.weight.zero_()
    assert find_layout(twin, trial_ids(prompts[0]), Overrides(), ()) == found


def test_whether_the_unembedding_may_be_cut_is_part_of_the_layout(own, twin, prompts):
    assert find_layout(twin, trial_ids(prompts[0]), Overrides(), ()).cut
    functional = own.seeded(own.GPT, head="tied").eval().requires_grad_(False)
    found = find_layout(functional, trial_ids(prompts[0]), Overrides(), ())
    assert found.cut == (not found.functional)


def test_a_decoder_of_another_name_is_refused_with_the_names_that_there_are(twin, prompts):
    with pytest.raises(SubjectError, match=r"names 'lm', which GPT does not have; its parts are wte, wpe, "):
        find_layout(twin, trial_ids(prompts[0]), Overrides(decoder="lm"), ())


@torch.no_grad()
def test_a_trial_pass_holds_calls_and_logits_of_the_same_prompts(twin):
    ids = trial_ids([1, 2, 3])
    trial = TrialPass.of(twin, ids)
    torch.testing.assert_close(trial.logits, twin(ids)[:, -1])
    (last,) = [call for call in trial.calls if call.name == "h.1"]
    assert [call.name for call in trial.after(last)][:1] == ["ln_f"]
    assert [c.name for c in trial.on(ids.flip(0))] == [c.name for c in trial.calls]
    assert (trial.shape.batch, trial.shape.length) == tuple(ids.shape)
