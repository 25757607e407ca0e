"""What one walk reads off a module that is being trained."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from forewarn.errors import SubjectError
from forewarn.subjects.copying.live import LiveModule


class Compiled(nn.Module):
    """What torch.compile returns, as far as names go."""

    def __init__(self, inner):
        super().__init__()
        self._orig_mod = inner


@pytest.fixture
def wrapped(own):
    gpt = own.seeded(own.GPT, head="tied")
    gpt.h[0] = Compiled(gpt.h[0])
    return Compiled(nn.ModuleDict({"lm": nn.DataParallel(gpt)}))


def test_names_are_those_of_the_module_and_those_without_wrappers(wrapped):
    live = LiveModule.of(wrapped)
    assert type(live.inner) is nn.ModuleDict
    assert set(live.names) == set(wrapped.state_dict())
    assert live.names["_orig_mod.lm.module.h.0._orig_mod.ln1.weight"] == "lm.h.0.ln1.weight"
    assert {"lm.wte.weight", "lm.lm_head.weight"} <= set(live.names.values())


def test_what_is_trained_goes_by_the_plain_names(wrapped):
    assert LiveModule.of(wrapped).trained >= {"lm.h.0.ln1.weight", "lm.wte.weight"}
    assert not LiveModule.of(wrapped.requires_grad_(False)).trained


def test_the_longest_table_bounds_the_tokens(own):
    assert LiveModule.of(own.seeded(own.GPT, size=99)).rows == 99
    assert LiveModule.of(own.seeded(own.GPT, size=9)).rows == own.seeded(own.GPT).wte.num_embeddings
    assert LiveModule.of(nn.Linear(2, 2)).rows is None


def test_buffers_that_are_not_stored_have_no_name(own):
    gpt = own.seeded(own.GPT)
    gpt.register_buffer("kept", torch.ones(1))
    gpt.register_buffer("passing", torch.ones(1), persistent=False)
    assert {"kept"} == set(LiveModule.of(gpt).names) & {"kept", "passing"}


def test_weights_that_do_not_exist_yet_are_refused(own):
    with torch.device("meta"):
        model = own.GPT()
    with pytest.raises(
        SubjectError, match=r"'wte.weight' is on the meta device.*Open it after its weights exist"
    ):
        LiveModule.of(model)


def test_sharded_weights_are_refused(own):
    gpt = own.seeded(own.GPT)
    gpt.wte.weight.full_tensor = lambda: None
    with pytest.raises(
        SubjectError, match=r"'wte.weight' is sharded over processes .* Gather the full weights"
    ):
        LiveModule.of(gpt)
