from __future__ import annotations

import copy

import pytest
import torch

from forewarn.errors import ConfigurationError
from forewarn.lenses.transports import Jacobian, matrix
from forewarn.lenses.transports.jacobian import cut
from forewarn.records import StreamSite
from forewarn.subjects.opening import open_subject

PROMPTS = [[5, 9, 11, 7], [3, 4, 8], [6, 1], [2, 19, 4, 4, 4]]
families = pytest.mark.parametrize("family", ["llama", "gpt2", "gpt_neox"])


def distance(found, true):
    return float((found - true).norm() / true.norm())


def blocks(module):
    for path in ("model.layers", "transformer.h", "gpt_neox.layers"):
        try:
            return module.get_submodule(path)
        except AttributeError:
            continue
    raise AssertionError


def by_autograd(module, prompt, source, target):
    """d h_target(last) / d h_source(last) by torch's own `jacobian`, through hooks on the blocks."""
    parts, seen = blocks(module), {}

    def run(x):
        def swap(_, __, output):
            out = output[0] if isinstance(output, tuple) else output
            return torch.cat([out[:, :-1], x[None, None]], 1)

        def keep(_, __, output):
            seen["h"] = (output[0] if isinstance(output, tuple) else output)[0, -1]

        handles = [
            parts[source - 1].register_forward_hook(swap),
            parts[target - 1].register_forward_hook(keep),
        ]
        module(input_ids=torch.tensor([prompt]))
        for handle in handles:
            handle.remove()
        return seen["h"]

    kept = {}
    handle = parts[source - 1].register_forward_hook(
        lambda _, __, output: kept.update(
            h=(output[0] if isinstance(output, tuple) else output)[0, -1].detach()
        )
    )
    module.eval()(input_ids=torch.tensor([prompt]))
    handle.remove()
    return torch.autograd.functional.jacobian(run, kept["h"])


@families
def test_it_is_the_mean_derivative_of_autograd(opened, draw, family):
    true = torch.stack([by_autograd(opened[family].module, p, 1, 3) for p in PROMPTS]).mean(0)
    source, target = StreamSite(1), StreamSite(3)
    few, covectors = draw(0, 3, 16), draw(1, 2, 16)
    made = Jacobian(opened[family].subject, PROMPTS)
    # Llama's norm is computed in float32, whatever the model's own type.
    close = {"rtol": 1e-5, "atol": 1e-6} if family == "llama" else {"rtol": 1e-9, "atol": 1e-9}
    torch.testing.assert_close(made.pull(covectors, source, target), covectors @ true, **close)
    assert distance(made.push(few, source, target), few @ true.T) < 1e-4
    assert distance(matrix(made, 16, source, target), true) < 1e-4
    assert distance(made.push(few, source, target), few @ true.T) < 1e-4
    assert distance(made.pull(covectors, source, target), covectors @ true) < 1e-4


def test_middle_sites_and_the_embedding_are_sites_too(opened, draw):
    made, v, w = Jacobian(opened["gpt2"].subject, PROMPTS), draw(0, 2, 16), draw(1, 3, 16)
    for source, target in ((StreamSite(0), StreamSite(2, True)), (StreamSite(1, True), StreamSite(1))):
        once, again = made.push(v, source, target) @ w.T, v @ made.pull(w, source, target).T
        assert distance(once, again) < 1e-4


def test_a_site_to_itself_is_the_identity(opened, draw):
    made = Jacobian(opened["llama"].subject, PROMPTS)
    v, site = draw(0, 2, 16), StreamSite(2)
    assert torch.equal(made.push(v, site, site), v)
    assert torch.equal(made.pull(v, site, site), v)
    assert made.spread(site, site) == 0.0


def test_the_same_vectors_are_pushed_once_for_all_targets(opened, draw):
    subject = opened["llama"].subject
    made, vectors, source = Jacobian(subject, PROMPTS), draw(0, 3, 16), StreamSite(1)
    made.push(vectors, source, StreamSite(2))
    before = subject.forwards
    made.push(vectors, source, StreamSite(3))
    assert subject.forwards == before
    made.push(2 * vectors, source, StreamSite(3))
    assert subject.forwards > before


def test_in_single_precision_it_is_still_close(opened, draw):
    source, target = StreamSite(1), StreamSite(3)
    single = open_subject(copy.deepcopy(opened["llama"].module).float(), None, PROMPTS)
    vectors = draw(0, 4, 16)
    found = Jacobian(single, PROMPTS).push(vectors, source, target)
    exact = Jacobian(opened["llama"].subject, PROMPTS).push(vectors, source, target)
    assert found.dtype == torch.float64
    assert distance(found, exact) < 1e-3


def test_positions_cut_the_prompts(opened, draw):
    subject, v, ends = opened["gpt2"].subject, draw(0, 2, 16), (StreamSite(1), StreamSite(3))
    once = Jacobian(subject, PROMPTS, [1, 2, 0, 3]).push(v, *ends)
    again = Jacobian(subject, [[5, 9], [3, 4, 8], [6], [2, 19, 4, 4]]).push(v, *ends)
    assert torch.equal(once, again)


def test_its_spread_is_that_of_the_prompts_own_derivatives(opened):
    subject, ends = opened["gpt2"].subject, (StreamSite(1), StreamSite(3))
    each = subject.pulled(PROMPTS, torch.eye(16).double(), *ends)
    variance = ((each - each.mean(0)) ** 2).sum() / (len(PROMPTS) - 1)
    expected = float((variance / (each.mean(0) ** 2).sum()).sqrt())
    assert Jacobian(subject, PROMPTS).spread(*ends) == pytest.approx(expected, rel=1e-3)
    assert Jacobian(subject, [PROMPTS[0], PROMPTS[0]]).spread(*ends) < 1e-8
    assert Jacobian(subject, PROMPTS[:1]).spread(*ends) == float("inf")


def test_a_wide_streams_spread_is_told_by_random_directions(opened, monkeypatch):
    subject, ends = opened["gpt2"].subject, (StreamSite(1), StreamSite(3))
    whole = Jacobian(subject, PROMPTS).spread(*ends)
    monkeypatch.setattr("forewarn.lenses.transports.jacobian.PROBES", 12)
    assert Jacobian(subject, PROMPTS).spread(*ends) == pytest.approx(whole, rel=0.25)


def test_a_linear_decoder_has_no_spread(linear):
    assert Jacobian(linear.subject, PROMPTS).spread(StreamSite(0), StreamSite(3)) < 1e-8


def test_bad_calls_are_refused(opened, draw):
    made = Jacobian(opened["gpt_neox"].subject, PROMPTS)
    with pytest.raises(ConfigurationError, match="found 2 to 1"):
        made.push(draw(0, 1, 16), StreamSite(2), StreamSite(1))
    with pytest.raises(ConfigurationError, match=r"\[k, 16\]"):
        made.pull(draw(0, 1, 15), StreamSite(1), StreamSite(2))
    with pytest.raises(ConfigurationError, match="no stream to be read at 2a"):
        made.push(draw(0, 1, 16), StreamSite(1), StreamSite(2, True))
    with pytest.raises(ConfigurationError, match="lies in 0 to 3; found 9"):
        made.spread(StreamSite(1), StreamSite(9))
    with pytest.raises(ConfigurationError, match="found no prompt"):
        cut([], None)
    for wrong in ([0], [0, 3]):
        with pytest.raises(ConfigurationError, match="one position inside each of the 2 prompts"):
            cut([[1, 2], [1, 2]], wrong)
