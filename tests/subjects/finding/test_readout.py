"""Heads: with and without module, with and without norm, and what happens to the logits afterwards."""

from __future__ import annotations

import pytest
import torch

from forewarn.errors import SubjectError
from forewarn.subjects.layout import Overrides, Tail
from forewarn.subjects.opening import open_subject


def logits_of(model, prompts):
    out = [model.eval()(torch.tensor([p])) for p in prompts]
    return torch.cat([(o[0] if isinstance(o, tuple) else o)[:, -1] for o in out])


HEADS = {
    "linear": Tail(),
    "tied": Tail(),
    "cut": Tail(),
    "capped": Tail(cap=15.0),
    "scaled": Tail(scale=0.25),
    "logp": Tail(normalised=True),
}


@torch.no_grad()
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("norm", ["layer", None])
def test_every_head_is_explained(own, prompts, head, norm):
    model = own.seeded(own.GPT, head=head, norm=norm)
    subject = open_subject(model, None, prompts)
    layout = subject.layout
    assert layout.readout == (("ln_f",) if norm else ())
    assert (layout.unembedding, layout.functional) == (
        ("wte.weight", True) if head == "tied" else ("lm_head", False)
    )
    assert layout.tail == HEADS[head]
    wanted = logits_of(model, prompts)
    torch.testing.assert_close(subject.logits(prompts), wanted, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(
        subject.read_logits(subject.residuals(prompts)[-1]), wanted, atol=1e-4, rtol=1e-4
    )


def test_a_norm_without_a_module_is_recognised(own, prompts):
    subject = open_subject(own.seeded(own.GPT, norm="rms"), None, prompts)
    assert subject.layout.readout == ("function:rms_norm",)


def test_the_cap_is_found_though_small_logits_never_touch_it(own, prompts):
    model = own.seeded(own.GPT, head="capped")
    model.lm_head.weight.data.mul_(1e-3)
    assert open_subject(model, None, prompts).layout.tail.cap == pytest.approx(15.0, rel=1e-4)


def test_read_logits_keeps_leading_axes(own, prompts):
    subject = open_subject(own.seeded(own.GPT), None, prompts)
    residuals = subject.residuals(prompts)
    assert subject.read_logits(residuals).shape == (3, len(prompts), own.vocab)
    torch.testing.assert_close(
        subject.read_logits(residuals)[1, 2], subject.read_logits(residuals[1, 2]), atol=1e-6, rtol=1e-6
    )


def test_a_head_named_by_the_user(own, prompts):
    model = own.seeded(own.GPT)
    names = Overrides(
        norm="ln_f", unembedding="lm_head", blocks=("h.0", "h.1"), embedding="wte", max_length=9
    )
    layout = open_subject(model, None, prompts, names).layout
    assert (layout.readout, layout.unembedding, layout.max_length) == (("ln_f",), "lm_head", 9)


def test_a_wrong_norm_fails_the_check(own, prompts):
    names = Overrides(norm="h.0.ln1", unembedding="lm_head")
    with pytest.raises(SubjectError, match=r"unembed\(norm\(last block\)\) is not the logits: .*Overrides\("):
        model = own.seeded(own.GPT)
        model.ln_f.weight.data.mul_(3.0)
        open_subject(model, None, prompts, names)


def test_an_unembedding_that_is_not_there(own, prompts):
    with pytest.raises(SubjectError, match=r"names 'head', which is neither a module nor a parameter of GPT"):
        open_subject(own.seeded(own.GPT), None, prompts, Overrides(unembedding="head"))


def test_no_unembedding_is_refused(own, prompts):
    class Distances(own.GPT):
        def finish(self, x):
            return -torch.cdist(x, self.wte.weight)

    with pytest.raises(
        SubjectError, match=r"no unembedding was found after the last block 'h.1'.*Overrides\("
    ):
        open_subject(own.seeded(Distances, head="tied"), None, prompts)


def test_an_unknown_tail_is_refused(own, prompts):
    class Squared(own.GPT):
        def finish(self, x):
            return self.lm_head(x) ** 3

    with pytest.raises(
        SubjectError, match=r"not explained by the unembedding 'lm_head'.*neither a scale, a soft"
    ):
        open_subject(own.seeded(Squared), None, prompts)
