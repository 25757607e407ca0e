"""What must hold of every transport, whatever the model: gauge, composition, the linear case, and chance.

The fifth of them, that the identity gives the effect of a write with all else frozen, is tested on real models
beside the effects themselves (tests/lenses/test_effects.py).
"""

from __future__ import annotations

import pytest
import torch
from scipy.stats import spearmanr
from torch import nn

from forewarn.lab.organisms.models import Architecture, build
from forewarn.lenses.effects import Reader, total_effect
from forewarn.lenses.transports import Identity, Jacobian, LayerMaps, matrix, regression, tuned
from forewarn.records import StreamSite
from forewarn.subjects.opening import open_subject

EXACT = {"rtol": 1e-8, "atol": 1e-8}
D, V = 8, 20
FIRST, MIDDLE, LAST = StreamSite(0), StreamSite(1), StreamSite(2)
SITES = (FIRST, MIDDLE, LAST)


class Numbers:
    def __init__(self, seed):
        self.generator = torch.Generator().manual_seed(seed)

    def __call__(self, *shape):
        return torch.randn(*shape, generator=self.generator, dtype=torch.float64)


class Model:
    """Everything that a view of a model uses: states, maps, and vectors that read and write."""

    def __init__(self, seed=0):
        draw = Numbers(seed)
        self.states = {site: draw(400, D) @ draw(D, D) for site in SITES}
        self.forward, self.retro = ({site: draw(D, D) for site in SITES} for _ in range(2))
        self.write, self.read = draw(5, D), draw(6, D)
        self.embedding, self.unembedding = draw(V, D), draw(V, D)

    def covariance(self, first, second):
        x, y = (self.states[site] - self.states[site].mean(0) for site in (first, second))
        return x.T @ y / len(x)

    def in_other_bases(self, seed=1, spread=1.0):
        """The same model with another basis at each site: what reads turns against what writes."""
        draw, out = Numbers(seed), Model()
        turns = {site: torch.linalg.matrix_exp(spread * draw(D, D) / D**0.5) for site in SITES}
        back = {site: torch.linalg.inv(turn) for site, turn in turns.items()}
        out.states = {site: h @ turns[site].T for site, h in self.states.items()}
        out.forward = {site: m @ back[site] for site, m in self.forward.items()}
        out.retro = {site: m @ back[site] for site, m in self.retro.items()}
        out.write, out.read = self.write @ turns[MIDDLE].T, self.read @ back[LAST]
        out.embedding, out.unembedding = self.embedding @ turns[FIRST].T, self.unembedding @ back[LAST]
        out.early_read = self.early() @ back[MIDDLE]
        return out

    early_read = None

    def early(self):
        return self.read if self.early_read is None else self.early_read

    def views(self, transport):
        """Virtual weights, output view, input view."""
        return (
            transport.push(self.write, MIDDLE, LAST) @ self.read.T,
            transport.push(self.write, MIDDLE, LAST) @ self.unembedding.T,
            self.embedding @ transport.pull(self.early(), FIRST, MIDDLE).T,
        )


def both(model, rcond=1e-10):
    return tuned(LayerMaps(model.forward, model.retro), 0.0, rcond=rcond)


MAKERS = {
    "both": both,
    "forward": lambda model: tuned(LayerMaps(model.forward, None), 0.0),
    "retro": lambda model: tuned(LayerMaps(None, model.retro), 0.0),
    "regression": lambda model: regression(model, 0.0),
}


@pytest.mark.parametrize("maker", MAKERS)
def test_corrected_views_do_not_know_in_which_basis_a_layer_is_written(maker):
    model, other = Model(), Model().in_other_bases()
    for once, again in zip(model.views(MAKERS[maker](model)), other.views(MAKERS[maker](other)), strict=True):
        torch.testing.assert_close(once, again, **EXACT)


def test_raw_views_do():
    model, other = Model(), Model().in_other_bases()
    for once, again in zip(model.views(Identity()), other.views(Identity()), strict=True):
        assert float((once - again).norm() / once.norm()) > 0.5


def test_a_careless_inverse_breaks_the_gauge():
    """Mutation: with small singular values cut away at 1e-2 the corrected views turn with the basis."""
    model, other = Model(), Model().in_other_bases(spread=2.0)
    exact = [float((a - b).norm() / a.norm()) for a, b in pairs(model, other, 1e-10)]
    careless = [float((a - b).norm() / a.norm()) for a, b in pairs(model, other, 1e-2)]
    assert max(exact) < 1e-8
    assert max(careless) > 1e-2


def pairs(model, other, rcond):
    return zip(model.views(both(model, rcond)), other.views(both(other, rcond)), strict=True)


def test_a_ridge_to_the_identity_gives_the_gauge_up():
    model, other = Model(), Model().in_other_bases()
    once, again = (m.views(tuned(LayerMaps(m.forward, m.retro), 1.0))[0] for m in (model, other))
    assert float((once - again).norm() / once.norm()) > 0.1


@pytest.mark.parametrize("maker", ["forward", "retro"])
def test_invertible_maps_compose(maker):
    made = MAKERS[maker](Model())
    path = matrix(made, D, MIDDLE, LAST) @ matrix(made, D, FIRST, MIDDLE)
    torch.testing.assert_close(path, matrix(made, D, FIRST, LAST), **EXACT)


class Step(nn.Module):
    def __init__(self):
        super().__init__()
        self.map = nn.Linear(D, D, bias=False)

    def forward(self, x):
        return x + self.map(x.cumsum(1))


class Linear(nn.Module):
    """A decoder without nonlinearities. In prompts of one token the state of site k is P_k e."""

    def __init__(self):
        super().__init__()
        self.embed, self.blocks = nn.Embedding(V, D), nn.ModuleList(Step() for _ in range(2))
        self.head = nn.Linear(D, V, bias=False)

    def forward(self, ids):
        x = self.embed(ids)
        for block in self.blocks:
            x = block(x)
        return self.head(x)


@pytest.fixture(scope="module")
def linear():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = Linear().double()
    true = torch.eye(D, dtype=torch.float64) + module.blocks[1].map.weight.detach()
    return open_subject(module, None, [[1, 2, 3, 4], [5, 6, 7]]), true


def test_in_a_linear_decoder_all_fitted_transports_are_the_true_product(linear):
    subject, true = linear
    words = [[token] for token in range(V)]
    model = Model()
    model.states = dict(zip(SITES, subject.states(words), strict=True))
    embedding = model.states[FIRST]
    model.forward = {site: least_squares(h, model.states[LAST]) for site, h in model.states.items()}
    model.retro = {site: least_squares(h, embedding) for site, h in model.states.items()}
    made = {name: make(model) for name, make in MAKERS.items()}
    made["jacobian"] = Jacobian(subject, [[1, 2, 3], [4, 5]])
    for name, transport in made.items():
        found = matrix(transport, D, MIDDLE, LAST)
        torch.testing.assert_close(found, true, **EXACT, msg=lambda text, name=name: f"{name}: {text}")


def least_squares(x, y):
    return torch.linalg.lstsq(x - x.mean(0), y - y.mean(0)).solution.T


@pytest.fixture(scope="module")
def measured():
    """Predicted weights and measured total effects of 24 neurons on 64, in an untrained model."""
    module = build(Architecture("gpt2", 32, 3, 2), V, 0)
    draw = torch.Generator().manual_seed(0)
    prompts = torch.randint(V, (12, 6), generator=draw).tolist()
    subject = open_subject(module, None, prompts)
    writes = 0.1 * subject.anatomy().mlp(1).write[:24]
    reader = Reader.neurons(subject.anatomy().mlp(3))
    effect = total_effect(subject, prompts, StreamSite(1), writes, [reader])[0]
    return {
        transport.name: (transport.push(writes, StreamSite(1), reader.site) @ reader.read.T, effect)
        for transport in (Identity(), Jacobian(subject, prompts))
    }


def rank_correlation(predicted, effect):
    return float(spearmanr(predicted.flatten(), effect.flatten()).statistic)


def test_with_its_own_labels_a_prediction_agrees(measured):
    raw, jacobian = (rank_correlation(*measured[name]) for name in ("identity", "jacobian"))
    assert raw > 0.8
    assert jacobian > max(raw, 0.99)


@pytest.mark.parametrize("name", ["identity", "jacobian"])
def test_with_neurons_shuffled_it_is_at_chance(measured, name):
    """One shuffle of 24 neurons strays by about 1/sqrt(24 r), r the number of directions that the readers share (a
    few); the mean of 200 by a fourteenth of that, well within 0.05.
    """
    predicted, effect = measured[name]
    draw = torch.Generator().manual_seed(0)
    found = [
        rank_correlation(predicted[torch.randperm(len(predicted), generator=draw)], effect)
        for _ in range(200)
    ]
    values = torch.tensor(found)
    assert abs(float(values.mean())) < 0.05
    assert 0.01 < float(values.std()) < 1 / 24**0.5
