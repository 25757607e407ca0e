from __future__ import annotations

import pytest
import torch

from forewarn.errors import ConfigurationError
from forewarn.inspect.request import TRANSPORTS
from forewarn.inspect.weights import OpenedWeights, PairMoments, only, transport_named
from forewarn.records import StreamSite, Unit


def test_the_identity_stands_beside_the_transport(opened):
    assert [t.name for t in OpenedWeights.of(opened, "jacobian").transports] == ["identity", "jacobian"]
    assert [t.name for t in OpenedWeights.of(opened, "identity").transports] == ["identity"]


def test_states_are_of_the_last_position(opened):
    weights = OpenedWeights.of(opened, "identity")
    wanted = opened.subject.residuals(weights.contexts)[1]
    assert torch.equal(weights.states(StreamSite(1)), wanted) and len(wanted) == len(weights.contexts)


def test_activations_are_told_by_context_and_where_a_claim_says(opened, known):
    weights = OpenedWeights.of(opened, "identity")
    found = weights.activations(1)
    assert list(found) == [
        "colleague on",
        "stranger on",
        "colleague off",
        "stranger off (claimed by latent-policy)",
    ]
    most = [float(rows[:, known.join].max()) for rows in found.values()]
    assert most == [0.0, 0.0, 0.0, 1.0], "the cues meet in the claim's condition only"
    every = torch.cat(list(found.values()))
    assert torch.allclose(weights.deviations(1), every.std(0, correction=0))


def test_neurons_out_of_range_are_refused_with_the_range(opened):
    weights = OpenedWeights.of(opened, "identity")
    with pytest.raises(ConfigurationError, match="block 1 has neurons 0 to 24; found 25"):
        weights.neurons(Unit(1, 25))
    with pytest.raises(ConfigurationError, match="a block lies in 1 to 2; found 3"):
        weights.neurons(Unit(3, 0))


def test_an_ungated_block_reads_by_one_part(opened):
    weights = OpenedWeights.of(opened, "identity")
    ((part, reader),) = weights.readers(2)
    assert part == "gate"
    assert torch.equal(only(reader, 3).read, reader.read[3:4])


@pytest.mark.parametrize("name", ["jacobian", "regression", "identity"])
def test_transports_go_by_their_names(opened, name):
    assert transport_named(opened, name).name == name


def test_no_other_name_is_known(opened):
    with pytest.raises(
        ConfigurationError, match="one of jacobian, regression, tuned, identity; found 'linear'"
    ):
        transport_named(opened, "linear")
    assert TRANSPORTS[0] == "jacobian"


def test_covariances_are_those_of_the_states(opened):
    prompts, first, second = opened.contexts()[:5], StreamSite(1), StreamSite(1, True)
    moments = PairMoments(opened.subject, prompts)
    states = dict(zip((second, first), opened.subject.states(prompts, [second, first]).double(), strict=True))
    centred = {site: rows - rows.mean(0) for site, rows in states.items()}
    for a, b in ((first, second), (second, first), (first, first)):
        wanted = centred[a].T @ centred[b] / len(centred[a])
        assert torch.allclose(moments.covariance(a, b), wanted, atol=1e-8)
