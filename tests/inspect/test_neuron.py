from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from forewarn.errors import ConfigurationError, NotApplicableError
from forewarn.inspect.neuron import inspect_neuron, rank_tokens
from forewarn.inspect.weights import OpenedWeights
from forewarn.lenses.views import TokenView
from forewarn.records import Unit
from forewarn.subjects.anatomy import Unsupported


@pytest.fixture(scope="module")
def weights(opened):
    return OpenedWeights.of(opened, "jacobian")


@pytest.fixture(scope="module")
def join(weights, known):
    """Fires where the two cues meet."""
    return inspect_neuron(weights, Unit(1, known.join), 4)


def ranked(found, about, through):
    return next(r for r in found.rankings if (r.about, r.through) == (about, through))


def test_the_join_reads_the_two_cues(weights, known):
    """At its own position: through the block's attention; directly it reads no token."""
    found = inspect_neuron(weights, Unit(1, known.join), 2)
    assert {s.word for s in ranked(found, "reads", "jacobian").top} == {"stranger", "off"}
    assert {s.value for s in ranked(found, "reads", "identity").top} == {0.0}


def test_the_join_writes_no_token_directly_and_a_reporter_does(weights, known):
    found = inspect_neuron(weights, Unit(1, known.join), 2)
    assert max(abs(s.value) for s in ranked(found, "writes", "identity").top) == 0.0
    reporter = inspect_neuron(weights, Unit(2, known.true[4]), 2)
    assert ranked(reporter, "writes", "identity").top[0].word == "land4"
    assert ranked(reporter, "writes", "identity").effect == "direct"
    assert ranked(reporter, "writes", "jacobian").effect == "total"


def test_it_is_active_where_the_claim_says_and_nowhere_else(join, opened, known):
    """The audit set never lets the two cues meet: only the claim's condition shows what the neuron is for."""
    overall, *contexts = join.fired
    assert (overall.context, overall.high, overall.positive) == ("", 0.0, 0.0)
    assert overall.n == sum(each.n for each in contexts[:-1])
    claimed = contexts[-1]
    assert claimed.context == "stranger off (claimed by latent-policy)"
    assert (claimed.mean, claimed.positive, claimed.n) == (1.0, 1.0, len(opened.stored.split.explore))


def test_whom_it_tells_and_who_tells_a_reporter(weights, join, known):
    assert {link.unit for link in join.out} <= {*known.true, *known.false}
    reporter = inspect_neuron(weights, Unit(2, known.true[0]), 3)
    assert all(link.kind == "neuron" and link.layer == 1 for link in reporter.into)
    assert reporter.into[0].unit == known.join
    assert {link.unit % known.plant.answers for link in reporter.into[1:]} == {0}, "who believes land0"
    assert reporter.out == ()


def test_what_cannot_be_told_stands_among_the_notes(join):
    assert any("links with block 1" in note and "attention" in note for note in join.notes)
    assert join.heads == ()


def test_a_gated_neuron_is_read_from_both_sides(trained):
    found = inspect_neuron(trained, Unit(2, 7), 3)
    assert found.gated and found.units == trained.anatomy.mlp(2).n
    assert {(r.about, r.through) for r in found.rankings} == {
        *(
            (about, name)
            for about in ("reads", "reads (up)")
            for name in ("identity", "jacobian", "generative")
        ),
        ("writes", "identity"),
        ("writes", "jacobian"),
    }
    assert {link.layer for link in found.heads} <= {1, 2} and found.heads
    assert found.notes == ()


def test_statistics_are_those_of_the_activations(trained):
    found = inspect_neuron(trained, Unit(1, 3), 2)
    inputs = trained.opened.inputs
    facts, contexts = trained.opened.stored.split.explore, inputs.audit_set.contexts
    values = [
        inputs.subject.activations([inputs.encoder.prompt(f, c.parts).ids for f in facts], 1)[:, 3]
        for c in contexts
    ]
    every = torch.cat(values)
    overall, *rest = found.fired
    assert overall.mean == pytest.approx(float(every.mean()), abs=1e-6)
    assert overall.deviation == pytest.approx(float(every.std(correction=0)), abs=1e-6)
    assert (overall.low, overall.high) == pytest.approx((float(every.min()), float(every.max())))
    assert [each.mean for each in rest] == pytest.approx([float(v.mean()) for v in values], abs=1e-6)


def test_without_lenses_and_readout_the_rest_is_told(weights, known):
    class Blind:
        subject, stored, wording, tell = (
            getattr(weights.opened, n) for n in ("subject", "stored", "wording", "tell")
        )
        inputs, prompts_by_context = weights.opened.inputs, weights.opened.prompts_by_context

        @property
        def lenses(self):
            raise NotApplicableError("sequences of one token have no lens")

    anatomy = replace(weights.anatomy, unembedding=Unsupported("no unembedding was found"))
    found = inspect_neuron(replace(weights, opened=Blind(), anatomy=anatomy), Unit(1, known.join), 2)
    assert {(r.about, r.through) for r in found.rankings} == {("reads", "identity"), ("reads", "jacobian")}
    assert "what it writes in tokens: no unembedding was found" in found.notes
    assert "which tokens come with it: sequences of one token have no lens" in found.notes


def test_no_such_neuron(weights):
    with pytest.raises(ConfigurationError, match="block 2 has neurons 0 to 13; found 14"):
        inspect_neuron(weights, Unit(2, 14), 3)


def test_both_ends_of_a_view_in_words():
    view = TokenView(torch.tensor([[1.0, -2.0, 3.0], [9.0, 9.0, 9.0]]), "total", "jacobian")
    found = rank_tokens("reads", view, lambda token: f"w{token}", 2)
    assert (found.about, found.through, found.effect) == ("reads", "jacobian", "total")
    assert [(s.token, s.word, s.value) for s in found.top] == [(2, "w2", 3.0), (0, "w0", 1.0)]
    assert [s.token for s in found.bottom] == [1, 0]
