"""Opening one snapshot after another, and what is refused."""

from __future__ import annotations

import gc
import weakref

import pytest
import torch
from torch import nn

from forewarn.errors import AuditSetError, SubjectError
from forewarn.subjects.copying.live import LiveModule
from forewarn.subjects.opening import Opener, open_subject


def test_each_snapshot_reads_as_a_model_with_its_weights(own, prompts):
    first, second = (own.seeded(own.GPT, seed=s) for s in (0, 1))
    opener = Opener(first, prompts)
    for model, digest in ((second, "b"), (first, "a"), (second, "b")):
        subject = opener.open({k: v.clone() for k, v in model.state_dict().items()}, digest)
        assert subject.digest == digest
        assert torch.equal(subject.logits(prompts), open_subject(model, None, prompts).logits(prompts))
        assert torch.equal(subject.residuals(prompts), open_subject(model, None, prompts).residuals(prompts))


def test_training_on_does_not_reach_an_open_subject(own, prompts):
    model = own.seeded(own.GPT)
    weights = model.state_dict()
    subject = Opener(model, prompts).open(weights)
    before = subject.logits(prompts)
    with torch.no_grad():
        for p in model.parameters():
            p.add_(1.0)
    assert torch.equal(subject.logits(prompts), before)


def test_opening_the_next_closes_the_last(own, prompts):
    model = own.seeded(own.GPT)
    opener = Opener(model, prompts)
    first = opener.open(None)
    opener.open(model.state_dict())
    asks = (
        lambda: first.logits(prompts),
        lambda: first.residuals(prompts),
        lambda: first.embedding_of([1]),
        lambda: first.read_logits(torch.zeros(1, own.width)),
    )
    for ask in asks:
        with pytest.raises(
            SubjectError, match="this subject is closed: its opener has opened another snapshot"
        ):
            ask()
    with pytest.raises(SubjectError, match="template's own weights have been replaced"):
        opener.open(None)


def test_a_diverged_run_is_refused(own, prompts):
    model = own.seeded(own.GPT)
    opener = Opener(model, prompts)
    weights = model.state_dict() | {"ln_f.bias": torch.full((own.width,), float("nan"))}
    with pytest.raises(SubjectError, match=r"the logits are not finite: 92 of 92 are nan or inf. Has"):
        opener.open(weights)
    model.ln_f.bias.data.fill_(float("inf"))
    with pytest.raises(SubjectError, match="the logits are not finite"):
        open_subject(model, None, prompts)


def test_chance_in_eval_mode_is_refused(own, prompts):
    class Dropping(own.GPT):
        def finish(self, x):
            return self.lm_head(nn.functional.dropout(x, 0.1))

    with pytest.raises(SubjectError, match=r"no decoder was found.*\n.*gives other values each time"):
        open_subject(own.seeded(Dropping), None, prompts)


def test_a_learned_logit_scale_is_read_anew(own, prompts):
    class Scaled(own.GPT):
        def __init__(self):
            super().__init__()
            self.temperature = nn.Parameter(torch.tensor(0.5))

        def finish(self, x):
            return self.lm_head(x) * self.temperature.exp()

    model = own.seeded(Scaled)
    opener = Opener(model, prompts)
    for value in (0.5, 1.5):
        subject = opener.open(model.state_dict() | {"temperature": torch.tensor(value)})
        assert subject.layout.tail.scale == pytest.approx(float(torch.tensor(value).exp()), rel=1e-5)


def test_long_and_many_examples_are_checked_in_part(own, prompts):
    subject = Opener(own.seeded(own.GPT), [*prompts, [1] * 40, [2] * 30]).open(None)
    assert subject.layout.max_length == 32


@pytest.mark.parametrize("example", [[], [[]]])
def test_an_example_is_needed(own, example):
    with pytest.raises(AuditSetError, match="at least one example prompt"):
        Opener(own.seeded(own.GPT), example)


def test_tokens_that_the_model_does_not_have(own):
    with pytest.raises(AuditSetError, match=r"the example holds the token 99, .*lie in 0 to 31"):
        Opener(own.seeded(own.GPT), [[1, 99]])
    with pytest.raises(AuditSetError, match="prompt 1 holds the token 23"):
        Opener(own.seeded(own.GPT), [[1, 2], [23]])


def test_bfloat16_reads_as_its_float32_copy(own, prompts):
    model = own.seeded(own.GPT).to(torch.bfloat16)
    subject = open_subject(model, model.state_dict(), prompts)
    wide = open_subject(own.seeded(own.GPT).to(torch.bfloat16).float(), None, prompts)
    assert torch.equal(subject.logits(prompts), wide.logits(prompts))


def test_the_live_module_is_walked_once_and_then_let_go(own, prompts, monkeypatch):
    model, walks = own.seeded(own.GPT), []
    of = LiveModule.of
    monkeypatch.setattr(
        LiveModule, "of", staticmethod(lambda module, stepped=(): walks.append(1) or of(module, stepped))
    )
    opener, weights, gone = Opener(model, prompts), dict(model.state_dict()), weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None
    opener.open(None)
    opener.open(weights)
    opener.twin().open(weights)
    assert walks == [1]
