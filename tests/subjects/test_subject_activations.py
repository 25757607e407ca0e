"""Activations read and held, beside the same model run by hand."""

from __future__ import annotations

import pytest
import torch

from forewarn.errors import ConfigurationError, NotApplicableError
from forewarn.records import StreamSite
from forewarn.subjects.opening import open_subject
from forewarn.subjects.subject import Clamp, Edit

ORDERS = ["pre", "parallel", "post"]


@pytest.fixture(scope="module", params=ORDERS)
def opened(request, own, prompts):
    model = own.seeded(own.GPT, layers=3, order=request.param)
    return model.eval(), open_subject(model, None, prompts)


def by_hand(model, prompt, clamps=(), start=None):
    """(stream at each block [site t d], activations of each block [t n], logits [t v]), without a hook."""
    start = len(prompt) - 1 if start is None else start

    def mlp(layer, y):
        acts = block.ffwd[1](block.ffwd[0](y))
        for clamp in clamps:
            if clamp.layer == layer:
                acts[start:, list(clamp.units)] = clamp.values
        kept.append(acts)
        return block.ffwd[2](acts)

    with torch.no_grad():
        x = model.wte(torch.tensor(prompt)) + model.wpe(torch.arange(len(prompt)))
        sites, kept = [x], []
        for layer, block in enumerate(model.h, 1):
            if block.order == "parallel":
                y = block.ln1(x)
                x = x + block.attn(y[None])[0] + mlp(layer, y)
            elif block.order == "post":
                x = block.ln1(x + block.attn(x[None])[0])
                x = block.ln2(x + mlp(layer, x))
            else:
                x = x + block.attn(block.ln1(x)[None])[0]
                x = x + mlp(layer, block.ln2(x))
            sites.append(x)
        return torch.stack(sites), kept, model.lm_head(model.ln_f(x))


CLAMPS = (Clamp(1, [3, 40], torch.tensor([2.0, -1.0])), Clamp(3, [0], torch.tensor([4.0])))


def test_activations_are_what_the_last_matrix_is_given(opened, prompts):
    model, subject = opened
    for layer in (1, 3):
        found = subject.activations(prompts, layer)
        early = subject.activations(prompts, layer, [0] * len(prompts))
        for k, prompt in enumerate(prompts):
            acts = by_hand(model, prompt)[1][layer - 1]
            torch.testing.assert_close(found[k], acts[-1], atol=1e-5, rtol=1e-5)
            torch.testing.assert_close(early[k], acts[0], atol=1e-5, rtol=1e-5)


def test_what_is_held_is_held_and_reaches_all_that_follows(opened, prompts):
    model, subject = opened
    logits, residuals = subject.logits(prompts, CLAMPS), subject.residuals(prompts, edits=CLAMPS)
    states = torch.split(
        subject.states(prompts, subject.layout.whole_sites, CLAMPS), list(map(len, prompts)), 1
    )
    read = subject.activations(prompts, 1, edits=CLAMPS)
    for k, prompt in enumerate(prompts):
        sites, acts, final = by_hand(model, prompt, CLAMPS)
        torch.testing.assert_close(logits[k], final[-1], atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(residuals[:, k], sites[:, -1], atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(states[k], sites, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(read[k], acts[0][-1], atol=1e-4, rtol=1e-4)
    assert (logits - subject.logits(prompts)).abs().max() > 0.01


def test_holding_what_is_there_changes_nothing(opened, prompts):
    _, subject = opened
    acts = subject.activations(prompts, 2)
    assert torch.equal(subject.logits(prompts, [Clamp(2, range(64), acts)]), subject.logits(prompts))


def test_it_is_held_at_every_written_position(opened, prompts):
    model, subject = opened
    clamps = (Clamp(2, [5, 6], torch.tensor([9.0, -9.0])),)
    for prompt, row in zip(prompts, subject.write(prompts, 3, clamps).tolist(), strict=True):
        text = list(prompt)
        for token in row:
            assert token == int(by_hand(model, text, clamps, len(prompt) - 1)[2][-1].argmax())
            text.append(token)


def test_each_prompt_may_have_its_own_values(opened, prompts):
    _, subject = opened
    values = torch.linspace(-2, 2, len(prompts))[:, None]
    together = subject.logits(prompts, [Clamp(1, [7], values)])
    for k, prompt in enumerate(prompts):
        alone = subject.logits([prompt], [Clamp(1, [7], values[k])])
        torch.testing.assert_close(together[k], alone[0], atol=1e-5, rtol=1e-5)


def test_an_edit_before_it_shows_in_what_is_read(opened, prompts):
    _, subject = opened
    edit = Edit(1, torch.ones(1, subject.width) * torch.linspace(-1, 1, subject.width))
    assert torch.equal(subject.activations(prompts, 1, edits=[edit]), subject.activations(prompts, 1))
    moved = subject.activations(prompts, 2, edits=[edit]) - subject.activations(prompts, 2)
    assert moved.abs().max() > 1e-3


@pytest.mark.parametrize("batch_first", [True, False])
def test_time_may_come_first(own, prompts, batch_first):
    model = own.seeded(own.Encoder, batch_first=batch_first)
    subject, kept = open_subject(model, None, prompts), []
    layer = model.eval().encoder.layers[1]
    for prompt in prompts:
        handle = layer.linear2.register_forward_pre_hook(lambda m, a: kept.append(a[0].reshape(-1, 32)[-1]))
        with torch.no_grad():
            model(torch.tensor([prompt]))
        handle.remove()
    torch.testing.assert_close(subject.activations(prompts, 2), torch.stack(kept), atol=1e-5, rtol=1e-5)
    held = [Clamp(2, [3], torch.tensor([1.5]))]
    assert (subject.activations(prompts, 2, edits=held)[:, 3] == 1.5).all()
    site = [StreamSite(2)]
    step = (subject.residuals(prompts, edits=held, sites=site) - subject.residuals(prompts, sites=site))[0]
    wanted = (1.5 - torch.stack(kept)[:, 3])[:, None] * layer.linear2.weight[:, 3]
    torch.testing.assert_close(step, wanted, atol=1e-5, rtol=1e-4)


def test_a_mixture_of_experts_has_no_such_matrix(families):
    subject = open_subject(families.build("mixtral"), None, [[5, 6, 7]])
    for ask in (
        lambda: subject.activations([[1, 2]], 1),
        lambda: subject.logits([[1, 2]], [Clamp(1, [0], torch.ones(1))]),
    ):
        with pytest.raises(
            NotApplicableError, match=r"MLP of block 1 .*'mlp' has none \(a mixture of experts"
        ):
            ask()


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda s: s.activations([[1]], 0), "a block lies in 1 to 3; found 0"),
        (lambda s: s.logits([[1]], [Clamp(4, [0], torch.ones(1))]), "a block lies in 1 to 3; found 4"),
        (lambda s: s.logits([[1]], [Clamp(1, [64], torch.ones(1))]), "block 1 has 64 neurons"),
        (
            lambda s: s.logits([[1]], [Clamp(1, [1], torch.ones(2, 1))]),
            "1 prompts were given, but a clamp for 2",
        ),
    ],
)
def test_what_does_not_fit_is_refused(opened, ask, message):
    with pytest.raises(ConfigurationError, match=message):
        ask(opened[1])


def test_no_hook_stays_behind(opened, prompts):
    _, subject = opened
    subject.logits(prompts, CLAMPS)
    subject.activations(prompts, 1)
    list(subject.anatomy().blocks)
    decoder = subject._found.module
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in decoder.modules())
