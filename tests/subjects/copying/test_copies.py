"""The copy, and the live module that must not notice it."""

from __future__ import annotations

import functools
import hashlib
import random
import threading

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch import nn

from forewarn.errors import SubjectError
from forewarn.subjects.copying import copies
from forewarn.subjects.copying.live import LiveModule
from forewarn.subjects.opening import Opener


def copy_module(module):
    return copies.copy_module(LiveModule.of(module))


def fingerprint(module):
    """Everything about a live module and the process that a look could disturb."""
    digest = hashlib.sha256()
    for name, tensor in module.state_dict().items():
        digest.update(name.encode() + tensor.detach().numpy().tobytes())
    flags = [(n, m.training) for n, m in module.named_modules()]
    hooks = [(n, len(m._forward_hooks), len(m._forward_pre_hooks)) for n, m in module.named_modules()]
    params = [
        (n, id(p), p.requires_grad, None if p.grad is None else float(p.grad.sum()))
        for n, p in module.named_parameters()
    ]
    chance = (torch.get_rng_state().tolist(), random.getstate(), np.random.get_state()[1].tolist())
    modes = (torch.is_grad_enabled(), torch.get_default_dtype(), torch.get_num_threads())
    return digest.hexdigest(), flags, hooks, params, chance, modes


class Training(pl.LightningModule):
    def __init__(self, gpt):
        super().__init__()
        self.gpt, self.lock = gpt, threading.Lock()
        self.loss = None

    def training_step(self, batch, index):
        self.loss = self.gpt(batch).mean()
        return self.loss

    def configure_optimizers(self):
        self.kept = torch.optim.AdamW(self.parameters())
        return self.kept


@pytest.fixture
def live(own):
    """A module in the midst of training: one part frozen in eval, a hook, gradients, a graph kept."""
    module = Training(own.seeded(own.GPT)).train()
    module.gpt.h[0].eval()
    module.gpt.h[1].register_forward_hook(lambda *_: None)
    module.training_step(torch.tensor([[1, 2, 3]]), 0).backward()
    module.configure_optimizers()
    return module


def test_the_live_module_notices_nothing(live, prompts):
    before = fingerprint(live)
    opener = Opener(live, prompts)
    subject = opener.open(None)
    subject.residuals(prompts)
    subject.write(prompts, 2)
    subject.embedding_gradient(prompts, [1] * len(prompts))
    opener.open(live.state_dict())
    Opener(live, prompts)
    assert fingerprint(live) == before


def test_nor_when_opening_fails(own, prompts):
    module = own.seeded(own.GPT, causal=False)
    before = fingerprint(module)
    with pytest.raises(SubjectError):
        Opener(module, prompts)
    assert fingerprint(module) == before


def test_the_copy_is_a_reader(live):
    twin = copy_module(live)
    assert not any(m.training for m in twin.modules())
    assert not any(p.requires_grad or p.grad is not None for p in twin.parameters())
    assert not any(m._forward_hooks for m in twin.modules())
    assert twin.kept is None
    assert twin.lock is None
    assert not twin.loss.requires_grad
    shared = {p.data_ptr() for p in live.parameters()} & {p.data_ptr() for p in twin.parameters()}
    assert not shared


def test_the_trainer_stays_behind(live):
    trainer = pl.Trainer(logger=False, enable_checkpointing=False, enable_progress_bar=False)
    live.trainer = trainer
    live.friend = trainer
    twin = copy_module(live)
    assert twin._trainer is None
    assert twin.friend is None
    assert live.trainer is trainer
    assert live.friend is trainer


def test_half_precision_is_widened_and_ties_are_kept(own):
    model = own.seeded(own.GPT).to(torch.bfloat16)
    model.lm_head.weight = model.wte.weight
    twin = copy_module(model)
    assert {p.dtype for p in twin.parameters()} == {torch.float32}
    assert twin.lm_head.weight is twin.wte.weight
    torch.testing.assert_close(twin.wte.weight, model.wte.weight.detach().float())
    assert model.wte.weight.dtype is torch.bfloat16
    assert {p.dtype for p in copy_module(own.seeded(own.GPT).double()).parameters()} == {torch.float64}


class Compiled(nn.Module):
    """What torch.compile returns, as far as names go."""

    def __init__(self, inner):
        super().__init__()
        self._orig_mod = inner


def test_wrappers_are_taken_off_wherever_they_are(own, prompts):
    gpt = own.seeded(own.GPT)
    gpt.h[0] = Compiled(gpt.h[0])
    module = Compiled(nn.ModuleDict({"lm": nn.DataParallel(gpt)}))
    twin = copy_module(module)
    assert type(twin["lm"]) is type(gpt)
    assert type(twin["lm"].h[0]) is own.Block


def test_torch_compile_itself(own, prompts):
    gpt = own.seeded(own.GPT)
    compiled = torch.compile(gpt, backend="eager")
    subject = Opener(compiled, prompts).open(compiled.state_dict())
    plain = Opener(gpt, prompts).open(None)
    assert torch.equal(subject.logits(prompts), plain.logits(prompts))


def test_a_patched_forward_does_not_lead_back(own, prompts):
    gpt = own.seeded(own.GPT)
    calls = []
    inner = type(gpt).forward

    def closure(ids):
        calls.append(1)
        return inner(gpt, ids)

    gpt.forward = closure
    Opener(gpt, prompts).open(None)
    assert not calls
    assert gpt.forward is closure


@pytest.mark.filterwarnings("ignore:.*weight_norm.*:FutureWarning")
def test_hooks_that_compute_weights_are_kept(own, prompts):
    gpt = own.seeded(own.GPT)
    nn.utils.weight_norm(gpt.h[0].ffwd[0])
    gpt(torch.tensor([[1, 2]]))
    subject = Opener(gpt, prompts).open(None)
    with torch.no_grad():
        wanted = gpt.eval()(torch.tensor([prompts[0]]))[:, -1]
    torch.testing.assert_close(subject.logits(prompts[:1]), wanted, atol=1e-5, rtol=1e-4)


class Stubborn(nn.Linear):
    def __deepcopy__(self, memo):
        raise TypeError("not me")


def test_a_module_that_cannot_be_copied_is_refused():
    with pytest.raises(
        SubjectError, match=r"Sequential cannot be copied \(TypeError: not me\).*deep-copyable"
    ):
        copy_module(nn.Sequential(Stubborn(2, 2)))


def test_partials_follow_the_copy():
    module = nn.Linear(2, 2)
    module.extra = functools.partial(type(module).forward, module)
    twin = copy_module(module)
    assert twin.extra.args[0] is twin
