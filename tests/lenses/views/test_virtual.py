from __future__ import annotations

import pytest
import torch

from forewarn.errors import ConfigurationError, NotApplicableError
from forewarn.lenses.effects import Reader
from forewarn.lenses.transports import Identity
from forewarn.lenses.views import head_weights, neuron_readers, virtual_weights
from forewarn.records import StreamSite

ONE, LATER = StreamSite(1), StreamSite(2, True)


@pytest.mark.parametrize("sources", [1, 5], ids=["pushed", "pulled"])
@pytest.mark.parametrize("part", ["gate", "up"])
def test_it_is_what_its_definition_says(drawn, sources, part):
    anatomy, transport = drawn.anatomy(gated=True), drawn.transport()
    writes, reader = anatomy.mlp(1).write[:sources], neuron_readers(anatomy, 2, part)
    reader = Reader(reader.site, reader.norm, reader.read[:3])
    found = virtual_weights(transport, ONE, writes, reader, 0.25)
    matrix, reads = transport.maps[ONE, LATER], getattr(anatomy.mlp(2), {"gate": "read"}.get(part, part))
    for i in range(sources):
        for j in range(3):
            assert found.values[i, j].item() == pytest.approx(0.25 * float(reads[j] @ matrix @ writes[i]))
    assert (found.effect, found.through) == ("total", "jacobian")


@pytest.mark.parametrize("kind", ["layer", "rms"])
def test_with_the_identity_it_is_the_frozen_effect_exactly(drawn, kind):
    """Add the write to states, hold the sigma of each: the mean change of the pre-activations."""
    anatomy = drawn.anatomy(kind)
    target, write, states = anatomy.mlp(2), anatomy.mlp(1).write[3], drawn.Draw(4)(20, drawn.D)
    sigma = target.norm.sigma(states)[:, None]
    change = ((states + write) @ target.read.T / sigma - states @ target.read.T / sigma).mean(0)
    reader = neuron_readers(anatomy, 2)
    found = virtual_weights(Identity(), ONE, write[None], reader, reader.inverse_sigma(states))
    assert torch.allclose(found.values[0], change, atol=1e-12)
    assert found.effect == "direct"


def test_a_corrected_weight_knows_no_gauge_and_a_raw_one_does(drawn):
    """h' = G h at both ends, each its own: G' A G^-1, writes G v, reads G'^-T w."""
    anatomy, transport, draw = drawn.anatomy(), drawn.transport(), drawn.Draw(9)
    first, second = draw(drawn.D, drawn.D), draw(drawn.D, drawn.D)
    reader, writes = neuron_readers(anatomy, 2), anatomy.mlp(1).write
    matrix = second @ transport.maps[ONE, LATER] @ torch.linalg.inv(first)
    turned = Reader(reader.site, reader.norm, reader.read @ torch.linalg.inv(second))
    before = virtual_weights(transport, ONE, writes, reader).values
    after = virtual_weights(drawn.Matrices({(ONE, LATER): matrix}), ONE, writes @ first.T, turned).values
    raw, raw_after = (
        virtual_weights(Identity(), ONE, w, r).values
        for w, r in ((writes, reader), (writes @ first.T, turned))
    )
    assert torch.allclose(before, after, atol=1e-7)
    assert not torch.allclose(raw, raw_after, atol=0.1)


def test_a_head_s_weight_is_the_most_that_its_values_can_do(drawn):
    anatomy, transport = drawn.anatomy(), drawn.transport()
    heads, reader = anatomy.heads(1), neuron_readers(anatomy, 2)
    found = head_weights(anatomy, transport, 1, reader, 0.5).values
    matrix = transport.maps[heads.writes_to, reader.site]
    values = drawn.Draw(3)(2000, 4)
    values = values / values.norm(dim=1, keepdim=True)
    for head in range(2):
        done = (0.5 * values @ heads.write[head] @ matrix.T @ reader.read.T).abs()
        assert torch.all(done <= found[head] + 1e-9)
        assert torch.all(done.max(0).values > 0.8 * found[head])


def test_refusals(drawn):
    anatomy = drawn.anatomy()
    with pytest.raises(NotApplicableError, match="neurons of block 1 have one factor each and no gate"):
        neuron_readers(anatomy, 1, "up")
    with pytest.raises(ConfigurationError, match="a block lies in 1 to 2; found 3"):
        neuron_readers(anatomy, 3)
    with pytest.raises(ConfigurationError, match="found 2 to 1a"):
        virtual_weights(Identity(), StreamSite(2), torch.ones(1, drawn.D), neuron_readers(anatomy, 1))
