"""A decoder built again from a configuration and tensors."""

from __future__ import annotations

import json

import pytest
import torch
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM

from forewarn.errors import SubjectError
from forewarn.subjects.from_disk import build_by_factory, build_causal_lm, open_from_disk
from forewarn.subjects.opening import open_subject

SIZES = {"vocab_size": 23, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}


@pytest.fixture(params=["llama", "gpt2"])
def model(request, own):
    config = AutoConfig.for_model(request.param, **SIZES)
    return own.seeded(lambda: AutoModelForCausalLM.from_config(config))


def test_what_was_saved_reads_the_same(model, prompts):
    config = json.loads(json.dumps(model.config.to_dict()))
    holder = nn.ModuleDict({"lm": model})
    live = open_subject(holder, None, prompts)
    state = torch.get_rng_state()
    rebuilt = build_causal_lm(config, model.state_dict())
    assert torch.equal(torch.get_rng_state(), state)
    subject = open_from_disk(rebuilt, holder.state_dict(), prompts, live.layout.decoder, "d")
    assert subject.digest == "d"
    assert torch.equal(subject.logits(prompts), live.logits(prompts))
    assert torch.equal(subject.residuals(prompts), live.residuals(prompts))


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "found model_type None"),
        ({"model_type": "llama", "auto_map": {"AutoModel": "x.Y"}}, "found model_type 'llama' and auto_map"),
        ({"model_type": "no-such"}, r"cannot build a causal language model of type 'no-such'"),
    ],
)
def test_configurations_that_are_refused(config, message):
    with pytest.raises(SubjectError, match=message):
        build_causal_lm(config)


def test_a_configuration_that_asks_for_more_than_was_saved(model):
    config = model.config.to_dict() | {"vocab_size": 10**9}
    with pytest.raises(
        SubjectError, match=r"asks for '.*' as \[1000000000, 16\]; the snapshot holds \[23, 16\]"
    ):
        build_causal_lm(config, model.state_dict())


def test_a_path_that_holds_nothing(model, prompts):
    with pytest.raises(SubjectError, match="holds no tensor below 'net'"):
        open_from_disk(model, model.state_dict(), prompts, "net")


def test_a_factory_is_called_without_touching_chance():
    state = torch.get_rng_state()
    built = build_by_factory("torch.nn:Linear", {"in_features": 2, "out_features": 3})
    assert isinstance(built, nn.Linear)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("torch.nn", "is named 'package.module:function'; found 'torch.nn'"),
        ("no_such_module_here:f", "failed: ModuleNotFoundError"),
        ("torch.nn:Nothing", "failed: AttributeError"),
        ("builtins:dict", "built a dict; a torch.nn.Module was wanted"),
    ],
)
def test_factories_that_are_refused(name, message):
    with pytest.raises(SubjectError, match=message):
        build_by_factory(name, {})
