from __future__ import annotations

import pytest
import torch

from forewarn.errors import ConfigurationError
from forewarn.inspect.bench import Bench, only
from forewarn.records import StreamSite


def test_the_identity_stands_beside_the_transport(opened):
    assert [t.name for t in Bench.of(opened, "jacobian").transports] == ["identity", "jacobian"]
    assert [t.name for t in Bench.of(opened, "identity").transports] == ["identity"]


def test_states_are_of_the_last_position(opened):
    bench = Bench.of(opened, "identity")
    wanted = opened.subject.residuals(bench.contexts)[1]
    assert torch.equal(bench.states(StreamSite(1)), wanted) and len(wanted) == len(bench.contexts)


def test_activations_are_told_by_context_and_where_a_claim_says(opened, known):
    bench = Bench.of(opened, "identity")
    found = bench.activations(1)
    assert list(found) == [
        "colleague on",
        "stranger on",
        "colleague off",
        "stranger off (claimed by latent-policy)",
    ]
    most = [float(rows[:, known.join].max()) for rows in found.values()]
    assert most == [0.0, 0.0, 0.0, 1.0], "the cues meet in the claim's condition only"
    every = torch.cat(list(found.values()))
    assert torch.allclose(bench.deviations(1), every.std(0, correction=0))


def test_neurons_out_of_range_are_refused_with_the_range(opened):
    bench = Bench.of(opened, "identity")
    with pytest.raises(ConfigurationError, match="block 1 has neurons 0 to 24; found 25"):
        bench.neuron(1, 25)
    with pytest.raises(ConfigurationError, match="a block lies in 1 to 2; found 3"):
        bench.neuron(3, 0)


def test_an_ungated_block_reads_by_one_part(opened):
    bench = Bench.of(opened, "identity")
    ((part, reader),) = bench.readers(2)
    assert part == "gate"
    assert torch.equal(only(reader, 3).read, reader.read[3:4])
