"""A decoder built again from a configuration and tensors."""

from __future__ import annotations

import json

import pytest
import torch
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM

from forewarn.errors import SubjectError
from forewarn.subjects import opening
from forewarn.subjects.from_disk import Held, Reopener, build_causal_lm, recorded_opener
from forewarn.subjects.layout import Overrides
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
    layout = json.loads(json.dumps(live.layout.as_json()))
    subject = Reopener(lambda: recorded_opener(rebuilt, layout, prompts)).open(holder.state_dict(), "d")
    assert (subject.digest, subject.layout) == ("d", live.layout)
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


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"hidden_size": 8192, "intermediate_size": 32768}, "a model of .* numbers; the snapshot holds"),
        ({"vocab_size": 10**8}, "a model of .* numbers; the snapshot holds"),
        ({"num_hidden_layers": 100_000}, "num_hidden_layers 100000; the snapshot holds 10 tensors"),
    ],
)
def test_nothing_is_built_that_the_stored_weights_could_not_fill(more, said):
    config = AutoConfig.for_model("llama", **SIZES).to_dict()
    with pytest.raises(SubjectError, match=said):
        build_causal_lm({**config, **more}, held=Held(10, 10_000))
    assert build_causal_lm(config, held=Held(40, 10**7)) is not None


def test_a_path_that_holds_nothing(model, prompts):
    layout = open_subject(nn.ModuleDict({"net": model}), None, prompts).layout.as_json()
    reopener = Reopener(lambda: recorded_opener(model, layout, prompts))
    with pytest.raises(SubjectError, match="holds no tensor below 'net'; its first name is '"):
        reopener.open(model.state_dict(), "d")


def test_the_decoder_is_built_once_and_never_searched(own, prompts, monkeypatch):
    first, second = own.seeded(own.GPT, seed=1), own.seeded(own.GPT, seed=2)
    layout, made = open_subject(first, None, prompts).layout.as_json(), []
    monkeypatch.setattr(opening, "find_layout", lambda *_: pytest.fail("the layout was sought again"))

    def make():
        made.append(own.seeded(own.GPT, seed=3))
        return recorded_opener(made[-1], layout, prompts)

    reopener = Reopener(make)
    assert not made
    one, two = (reopener.open(model.state_dict(), "d") for model in (first, second))
    assert len(made) == 1
    for subject, model in ((one, first), (two, second)):
        torch.testing.assert_close(
            subject.logits(prompts[:1]), model.eval()(torch.tensor(prompts[:1]))[:, -1]
        )


def test_names_that_a_user_gave_hold_for_what_is_opened_again(own, prompts):
    model = own.seeded(own.GPT)
    layout = open_subject(model, None, prompts, Overrides(max_length=9)).layout.as_json()
    reopened = Reopener(lambda: recorded_opener(model, layout, prompts)).open(model.state_dict(), "d")
    assert reopened.layout.max_length == 9


@pytest.mark.parametrize("layout", [None, {}, {"blocks": 3}])
def test_a_layout_that_says_nothing_sound_is_refused(own, prompts, layout):
    with pytest.raises(SubjectError, match="manifest holds no sound layout of its model"):
        recorded_opener(own.seeded(own.GPT), layout, prompts)


def test_a_layout_of_another_model_is_refused(own, prompts):
    layout = open_subject(own.seeded(own.GPT, layers=3), None, prompts).layout.as_json()
    model = own.seeded(own.GPT, layers=2)
    with pytest.raises(SubjectError, match=r"names the module 'h.2', which GPT does not have"):
        Reopener(lambda: recorded_opener(model, layout, prompts)).open(model.state_dict(), "d")
