from __future__ import annotations

import pytest
import torch

from forewarn.audit.inspection.bench import Bench, only
from forewarn.errors import ConfigurationError
from forewarn.records import StreamSite


def test_the_identity_stands_beside_the_transport(opened):
    assert [t.name for t in Bench.of(opened, "jacobian").transports] == ["identity", "jacobian"]
    assert [t.name for t in Bench.of(opened, "identity").transports] == ["identity"]


def test_states_and_activations_are_of_the_last_position(opened, known):
    bench = Bench.of(opened, "identity")
    states, activations = bench.states(StreamSite(1)), bench.activations(1)
    assert len(states) == len(activations) == len(bench.contexts)
    wanted = opened.subject.residuals(bench.contexts)[1]
    assert torch.equal(states, wanted)
    assert activations[:, known.join].max() == 0, "the cues never meet in the audit set"


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
