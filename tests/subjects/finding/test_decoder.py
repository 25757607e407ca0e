"""The decoder inside a user's module."""

from __future__ import annotations

import pytest
import pytorch_lightning as pl
import torch
from torch import nn
from torch.nn import functional as F
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM

from forewarn.errors import AuditSetError, SubjectError
from forewarn.subjects.finding.decoder import changed_at, trial_ids
from forewarn.subjects.finding.shaking import shake
from forewarn.subjects.layout import Overrides
from forewarn.subjects.opening import Opener, open_subject

SMALL = {"vocab_size": 23, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}


class Holder(pl.LightningModule):
    """Training code around a model that lies somewhere inside."""

    def __init__(self, lm):
        super().__init__()
        self.parts = nn.ModuleDict({"policy": nn.ModuleDict({"lm": lm})})
        self.register_buffer("seen", torch.zeros(()))

    def training_step(self, batch, index):
        return self.parts["policy"]["lm"](batch, labels=batch).loss


class IsDecoder(pl.LightningModule):
    """A LightningModule that maps ids to logits itself."""

    def __init__(self, gpt):
        super().__init__()
        self.gpt = gpt

    def forward(self, ids):
        return self.gpt(ids)

    def training_step(self, batch, index):
        return F.cross_entropy(self(batch)[:, :-1].flatten(0, 1), batch[:, 1:].flatten())


def llama():
    return AutoModelForCausalLM.from_config(AutoConfig.for_model("llama", intermediate_size=24, **SMALL))


def test_a_language_model_anywhere_inside(own, prompts):
    module = Holder(own.seeded(llama))
    assert Opener(module, prompts).layout.decoder == "parts.policy.lm"
    subject = open_subject(module, None, prompts)
    assert subject.layout.path(subject.layout.blocks[0]) == "parts.policy.lm.model.layers.0"


def test_a_lightning_module_that_is_the_decoder(own, prompts):
    module = IsDecoder(own.seeded(own.GPT))
    assert Opener(module, prompts).layout.decoder == ""
    assert open_subject(module, None, prompts).layout.blocks == ("gpt.h.0", "gpt.h.1")


def test_an_own_decoder_in_a_lightning_module(own, prompts):
    assert Opener(Holder(own.seeded(own.GPT)), prompts).layout.decoder == "parts.policy.lm"


def test_of_two_the_one_in_training(own, prompts):
    pair = nn.ModuleDict({"reference": own.seeded(own.GPT), "policy": own.seeded(own.GPT, seed=1)})
    pair["reference"].requires_grad_(False)
    assert Opener(pair, prompts).layout.decoder == "policy"
    pair["reference"].requires_grad_(True)
    with pytest.raises(
        SubjectError, match=r"several decoders were found: 'reference', 'policy'.*Overrides\(dec"
    ):
        Opener(pair, prompts)
    layout = open_subject(pair, None, prompts, Overrides(decoder="reference")).layout
    assert layout.decoder == "reference"


def test_a_decoder_named_wrongly(own, prompts):
    with pytest.raises(SubjectError, match=r"names 'model', which Holder does not have; its parts are parts"):
        open_subject(Holder(own.seeded(own.GPT)), None, prompts, Overrides(decoder="model"))


def test_a_bidirectional_model_is_refused(own, prompts):
    with pytest.raises(
        SubjectError, match=r"no decoder was found in GPT.*\n.*is not causal: its values at earlier"
    ):
        Opener(own.seeded(own.GPT, causal=False), prompts)


def test_a_bidirectional_model_that_shows_only_its_last_logits_is_refused(own, prompts):
    with pytest.raises(
        SubjectError, match=r"the model is not causal: the last block 'h.1' gives other values"
    ):
        open_subject(own.seeded(own.GPT, causal=False, head="cut"), None, prompts)


def test_an_encoder_of_transformers_is_refused(own, prompts):
    bert = own.seeded(
        lambda: AutoModelForCausalLM.from_config(AutoConfig.for_model("bert", intermediate_size=24, **SMALL))
    )
    with pytest.raises(SubjectError, match="is not causal"):
        Opener(bert, prompts)


def test_a_body_without_a_head_is_refused(own, prompts):
    body = own.seeded(
        lambda: AutoModel.from_config(AutoConfig.for_model("llama", intermediate_size=24, **SMALL))
    )
    with pytest.raises(SubjectError, match=r"no decoder was found in LlamaModel. Wanted: a part that maps"):
        Opener(body, prompts)


def test_trial_prompts_have_one_length_and_two_tokens():
    for example in ([7], [0], [3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4], [1, 2], list(range(40))):
        ids = trial_ids(example)
        assert ids.shape[0] == 2
        assert 6 <= ids.shape[1] <= 12
        assert len(ids[0].unique()) >= 2
        for position in (0, -1):
            changed = changed_at(ids, position)
            assert (changed != ids).sum() == 2
            assert (changed != ids)[:, position].all()


def test_an_empty_example_is_refused():
    with pytest.raises(AuditSetError, match="the example prompt is empty"):
        trial_ids([])


def test_shaking_moves_zeros_mends_nan_and_keeps_ties(own):
    model = own.seeded(llama)
    model.lm_head.weight = model.model.embed_tokens.weight
    model.model.layers[0].mlp.down_proj.weight.data.zero_()
    model.model.layers[1].mlp.down_proj.weight.data.fill_(float("nan"))
    state = torch.get_rng_state()
    shake(model)
    assert torch.equal(torch.get_rng_state(), state)
    assert model.lm_head.weight is model.model.embed_tokens.weight
    assert all(bool(p.isfinite().all()) and bool(p.abs().max() > 0) for p in model.parameters())
