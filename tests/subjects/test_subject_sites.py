"""Sites of the stream: read one by one, together, at all positions, edited, replaced."""

from __future__ import annotations

import pytest
import torch

from forewarn.errors import ConfigurationError
from forewarn.records import StreamSite
from forewarn.subjects.opening import open_subject
from forewarn.subjects.reading.passes import Passes, as_ids
from forewarn.subjects.subject import Edit


@pytest.fixture(scope="module")
def subject(own, prompts):
    return open_subject(own.seeded(own.GPT, layers=2), None, prompts)


SITES = [StreamSite.parse(text) for text in ("0", "1a", "1", "2a", "2")]


def test_a_sequential_decoder_has_a_site_after_everything_that_adds(subject):
    assert list(subject.sites) == SITES


@torch.no_grad()
def test_states_are_the_stream_by_hand(own, subject, prompts):
    model = own.seeded(own.GPT, layers=2).eval()
    found = torch.split(subject.states(prompts), [len(p) for p in prompts], dim=1)
    for prompt, states in zip(prompts, found, strict=True):
        x = model.wte(torch.tensor([prompt])) + model.wpe(torch.arange(len(prompt)))
        wanted = [x]
        for block in model.h:
            x = x + block.attn(block.ln1(x))
            wanted += [x, x + block.ffwd(block.ln2(x))]
            x = wanted[-1]
        torch.testing.assert_close(states, torch.cat(wanted), atol=1e-5, rtol=1e-5)


def test_sites_come_in_the_stream_s_order_and_only_once(subject, prompts):
    found = subject.states(prompts, [SITES[3], SITES[1], SITES[3]])
    assert torch.equal(found, subject.states(prompts)[[1, 3]])
    assert torch.equal(
        subject.residuals(prompts, sites=[SITES[4], SITES[0]]),
        subject.residuals(prompts, sites=SITES)[[0, 4]],
    )


def test_residuals_are_states_at_one_position(subject, prompts):
    ends = torch.tensor([len(p) for p in prompts]).cumsum(0) - 1
    assert torch.equal(subject.residuals(prompts, sites=SITES), subject.states(prompts)[:, ends])
    first = torch.tensor([0, *(ends[:-1] + 1).tolist()])
    assert torch.equal(
        subject.residuals(prompts, [0] * len(prompts), sites=SITES), subject.states(prompts)[:, first]
    )


def test_what_comes_after_the_last_site_is_not_run(subject, prompts):
    ran, blocks = [], subject._found.module.h
    handles = [b.register_forward_hook(lambda *a, k=k: ran.append(k)) for k, b in enumerate(blocks, 1)]
    subject.states(prompts[:1], [StreamSite(1)])
    for handle in handles:
        handle.remove()
    assert ran == [1]


@pytest.mark.parametrize("site", SITES, ids=str)
def test_edits_are_seen_by_states_at_their_site_and_after(subject, prompts, site):
    edit = Edit(site.layer, torch.linspace(-1, 1, 16)[None], middle=site.middle)
    moved = subject.states(prompts, edits=[edit]) - subject.states(prompts)
    ends = torch.tensor([len(p) for p in prompts]).cumsum(0) - 1
    others = [k for k in range(moved.shape[1]) if k not in ends.tolist()]
    stage = SITES.index(site)
    assert not moved[:stage].any() and not moved[:, others].any()
    assert (moved[stage:, ends].abs().amax(-1) > 1e-3).all()


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda s: s.states([[1]], []), "no sites were given"),
        (lambda s: s.residuals([[1]], sites=[]), "no sites were given"),
        (lambda s: s.states([[1]], [StreamSite(3)]), "a layer lies in 0 to 2; found 3"),
        (
            lambda s: s.logits([[1]], [Edit(3, torch.ones(1, 16), middle=True)]),
            "a layer lies in 0 to 2; found 3",
        ),
    ],
)
def test_sites_that_are_not_there(subject, ask, message):
    with pytest.raises(ConfigurationError, match=message):
        ask(subject)


@pytest.mark.parametrize("order", ["parallel", "post"])
def test_blocks_without_a_middle(own, prompts, order):
    subject = open_subject(own.seeded(own.GPT, order=order), None, prompts)
    assert list(subject.sites) == [StreamSite(k) for k in range(3)]
    with pytest.raises(
        ConfigurationError, match="no stream to be read at 1a: block 1 adds attention and MLP at"
    ):
        subject.states(prompts, [StreamSite(1, True)])


def test_a_decoder_runs_from_a_replaced_first_site(subject):
    ids = as_ids([[1, 2, 3], [4, 5, 6]], torch.device("cpu"))
    passes = Passes(subject._found)
    x = passes.first_site(ids)
    assert torch.equal(passes.replaced(ids, x), passes.read(ids).logits)
    other = passes.first_site(ids.flip(0)).requires_grad_(True)
    swapped = passes.replaced(ids, other)
    torch.testing.assert_close(swapped, passes.read(ids.flip(0)).logits)
    swapped.sum().backward()
    assert (other.grad.abs().amax(-1) > 0).all()


def test_a_pulled_covector_is_the_gradient_by_differences(own, prompts):
    subject = open_subject(own.seeded(own.GPT, layers=2).double(), None, prompts)
    generator = torch.Generator().manual_seed(0)
    covectors = torch.randn(2, 16, generator=generator, dtype=torch.float64)
    source, target = StreamSite(1, True), StreamSite(2)
    found = subject.pulled(prompts, covectors, source, target)
    assert found.shape == (len(prompts), 2, 16)
    step = 1e-5 * torch.randn(1, 16, generator=generator, dtype=torch.float64)
    ends = [
        subject.residuals(prompts, edits=[Edit(1, s, middle=True)], sites=[target])[0] for s in (step, -step)
    ]
    slope = (ends[0] - ends[1]) @ covectors.T / 2
    torch.testing.assert_close(found @ step[0], slope, atol=1e-12, rtol=1e-5)
