"""Snapshot tensors into a copy: exact, or refused."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from forewarn.errors import SubjectError
from forewarn.subjects.copying.weights import load_weights
from forewarn.subjects.found import FoundDecoder


def found(decoder, path=""):
    """All that loading asks of a layout is where the decoder lies."""
    return FoundDecoder.of(decoder, SimpleNamespace(decoder=path))


@pytest.fixture
def pair(own):
    return own.seeded(own.GPT, seed=0).requires_grad_(False), own.seeded(own.GPT, seed=1)


def test_tensors_arrive_and_stay_where_they_were(pair):
    decoder, source = pair
    places = [p.data_ptr() for p in decoder.parameters()]
    load_weights(found(decoder, ""), source.state_dict(), {})
    assert all(torch.equal(v, source.state_dict()[k]) for k, v in decoder.state_dict().items())
    assert [p.data_ptr() for p in decoder.parameters()] == places


def test_names_below_a_path_and_behind_wrappers(pair):
    decoder, source = pair
    weights = {f"net._orig_mod.{k}": v for k, v in source.state_dict().items()} | {"metric": torch.zeros(2)}
    load_weights(found(decoder, "net"), weights, {})
    assert torch.equal(decoder.wte.weight, source.wte.weight)


def test_one_name_of_tied_tensors_is_enough(own):
    decoder = own.seeded(own.GPT).requires_grad_(False)
    decoder.lm_head.weight = decoder.wte.weight
    weights = {k: v + 1 for k, v in decoder.state_dict().items() if k != "lm_head.weight"}
    load_weights(found(decoder, ""), weights, {})
    assert torch.equal(decoder.lm_head.weight, weights["wte.weight"])


def broken(weights, change):
    out = dict(weights)
    change(out)
    return out


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: w.pop("ln_f.bias"), r"the snapshot lacks 1 tensors \('ln_f.bias'\)"),
        (
            lambda w: w.update(extra=torch.zeros(1)),
            r"holds 1 tensors \('extra'\), which the decoder",
        ),
        (
            lambda w: w.update({"ln_f.bias": torch.zeros(3)}),
            r"holds 'ln_f.bias' as \[3\], the model wants \[16\]",
        ),
        (lambda w: w.clear(), r"lacks 29 tensors \('wte.weight', .*, …\)"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_written(pair, change, message):
    decoder, source = pair
    before = {k: v.clone() for k, v in decoder.state_dict().items()}
    with pytest.raises(SubjectError, match=message):
        load_weights(found(decoder, ""), broken(source.state_dict(), change), {})
    assert all(torch.equal(v, before[k]) for k, v in decoder.state_dict().items())
