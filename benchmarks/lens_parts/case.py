"""One trained model: measured effects of its neurons on later ones, and what predicts them."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from lens_parts.trained import Prompts, Trained, cut
from torch import Tensor

from forewarn.lenses import FitSettings, LensSet, Moments, MomentsFitter, fit
from forewarn.lenses.effects import Reader, direct_effect, total_effect
from forewarn.lenses.transports import Identity, Jacobian, LayerMaps, Transport, regression, tuned
from forewarn.records import StreamSite

RIDGES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
"""Tried for every transport that has one."""
FAR = 1e3
"""A ridge so large that the closed form with which a fit begins is the identity."""


@dataclass(frozen=True)
class Plan:
    """How much of a model is measured."""

    sources: tuple[int, ...]
    """Blocks whose neurons are moved."""
    readers: tuple[int, ...]
    """Blocks whose neurons are read."""
    neurons: int = 24
    """Moved in each source, and read in each reader for the input view; drawn at random."""
    contexts: int = 64
    """In which effects are measured; as many others serve the Jacobian."""
    least: int = 3
    """Times that a token must occur for its mean pre-activation to count."""
    lengths: tuple[int, int | None] = (2, None)
    """Shortest and longest context of the Jacobian."""
    settings: FitSettings = field(default_factory=FitSettings)


@dataclass(frozen=True)
class Measured:
    """Mean effects of one standard deviation of each neuron of a source block; [k n] and, for logits, [k v]."""

    writes: Tensor
    total: dict[int, Tensor]
    direct: dict[int, Tensor]
    logits_total: Tensor
    logits_direct: Tensor


@dataclass(frozen=True)
class Driven:
    """Mean pre-activations of some neurons by input token, on text that nothing was fitted on."""

    index: Tensor
    tokens: Tensor
    means: Tensor


@dataclass(frozen=True)
class Case:
    """All of it."""

    trained: Trained
    plan: Plan
    measured: dict[int, Measured]
    again: dict[int, Measured]
    """The same in other contexts, those of the Jacobian: what no prediction can be expected to surpass by much."""
    driven: dict[int, Driven]
    lens_set: LensSet
    modest: LensSet
    """Lenses fitted from the identity on, slowly, as the tuned-lens package fits its own."""
    moments: Moments
    jacobian: Jacobian
    seconds: dict[str, float]

    def reader(self, block: int) -> Reader:
        """The neurons of a block."""
        return Reader.neurons(self.trained.subject.anatomy().mlp(block))

    def pairs(self) -> list[tuple[int, int]]:
        """Source and reader blocks, where there is something between them."""
        found = [(s, r) for s in self.plan.sources for r in self.plan.readers if r > s]
        return [(s, r) for s, r in found if self.reader(r).site > StreamSite(s)]

    def maps(self, use: Any = "both") -> LayerMaps:
        """The lenses' linear parts."""
        return LayerMaps.of(self.lens_set, use)

    def near(self, use: Any = "both") -> LayerMaps:
        """Those of the lenses that began at the identity."""
        return LayerMaps.of(self.modest, use)

    def visible(self) -> LayerMaps:
        """The lenses' rows as tokens show them."""
        anatomy = self.trained.subject.anatomy()
        final, unembedding = anatomy.readout()
        folded, embedding = final.fold(unembedding), anatomy.embedding
        return self.maps().weighted(folded - folded.mean(0), embedding - embedding.mean(0))


FIXED: dict[str, Callable[[Case], Transport]] = {
    "identity": lambda case: Identity(),
    "forward, bare": lambda case: tuned(case.maps("forward"), 0.0),
    "retro, bare": lambda case: tuned(case.maps("retro"), 0.0),
    "both, bare": lambda case: tuned(case.maps(), 0.0),
    "forward from the identity, bare": lambda case: tuned(case.near("forward"), 0.0),
    "both from the identity, bare": lambda case: tuned(case.near(), 0.0),
    "regression, bare": lambda case: regression(case.moments, 0.0),
    "jacobian": lambda case: case.jacobian,
}
RIDGED: dict[str, Callable[[Case, float], Transport]] = {
    "forward": lambda case, ridge: tuned(case.maps("forward"), ridge),
    "retro": lambda case, ridge: tuned(case.maps("retro"), ridge),
    "tuned": lambda case, ridge: tuned(case.maps(), ridge),
    "tuned, tokens only": lambda case, ridge: tuned(case.visible(), ridge),
    "forward from the identity": lambda case, ridge: tuned(case.near("forward"), ridge),
    "tuned from the identity": lambda case, ridge: tuned(case.near(), ridge),
    "regression": lambda case, ridge: regression(case.moments, ridge),
}


def case(trained: Trained, plan: Plan) -> Case:
    """Measure effects on the measuring prompts; fit on the others. Seconds of each are kept."""
    seconds: dict[str, float] = {}
    contexts = trained.measuring[: plan.contexts]
    others = cut(trained.fitting[: plan.contexts], trained.seed, *plan.lengths)
    measured = _timed(
        seconds, "effects", lambda: {s: _effects(trained, plan, contexts, s) for s in plan.sources}
    )
    again = {s: _effects(trained, plan, others, s, measured[s].writes) for s in plan.sources}
    settings, sites = plan.settings, _sites(trained, plan)
    lens_set = _timed(
        seconds, "lenses", lambda: fit(trained.subject, trained.fitting, trained.deciding, settings=settings)
    )
    near = replace(settings, ridges=(FAR,), steps=60, rate=0.003)
    modest = fit(trained.subject, trained.fitting, trained.deciding, settings=near)
    moments = _timed(seconds, "moments", lambda: _moments(trained, sites))
    jacobian = Jacobian(trained.subject, others)
    driven = {block: _driven(trained, plan, block) for block in plan.readers}
    return Case(trained, plan, measured, again, driven, lens_set, modest, moments, jacobian, seconds)


def _timed(seconds: dict[str, float], name: str, work: Callable[[], Any]) -> Any:
    begun = time.perf_counter()
    out = work()
    seconds[name] = time.perf_counter() - begun
    return out


def _drawn(trained: Trained, n: int, of: int, salt: int) -> list[int]:
    return sorted(random.Random(trained.seed * 100 + salt).sample(range(of), min(n, of)))


def _effects(
    trained: Trained, plan: Plan, contexts: Prompts, source: int, writes: Tensor | None = None
) -> Measured:
    subject, anatomy = trained.subject, trained.subject.anatomy()
    mlp, blocks = anatomy.mlp(source), [r for r in plan.readers if r > source]
    if writes is None:
        index = _drawn(trained, plan.neurons, mlp.n, source)
        writes = subject.activations(contexts, source).std(0)[index, None] * mlp.write[index]
    readers = [Reader.neurons(anatomy.mlp(block)) for block in blocks] + [Reader.logits(anatomy)]
    asked = subject, contexts, StreamSite(source), writes, readers
    total, direct = total_effect(*asked), direct_effect(*asked)
    by_block = (dict(zip(blocks, found[:-1], strict=True)) for found in (total, direct))
    return Measured(writes, *by_block, _centred(total[-1]), _centred(direct[-1]))


def _centred(logits: Tensor) -> Tensor:
    return logits - logits.mean(-1, keepdim=True)


def _sites(trained: Trained, plan: Plan) -> tuple[StreamSite, ...]:
    """Those that a view needs, of the model's own."""
    anatomy = trained.subject.anatomy()
    reading = {anatomy.mlp(block).site for block in plan.readers}
    last = trained.subject.sites[-1]
    return tuple(sorted({StreamSite(0), last, *reading, *(StreamSite(s) for s in plan.sources)}))


def _moments(trained: Trained, sites: tuple[StreamSite, ...]) -> Moments:
    fitter = MomentsFitter(sites, trained.subject.width)
    for start in range(0, len(trained.fitting), 64):
        fitter.update(trained.subject.states(trained.fitting[start : start + 64], sites))
    return fitter.moments()


def _driven(trained: Trained, plan: Plan, block: int) -> Driven:
    mlp = trained.subject.anatomy().mlp(block)
    index = torch.tensor(_drawn(trained, plan.neurons, mlp.n, 50 + block))
    pre = mlp.pre(trained.subject.states(trained.measuring, [mlp.site])[0])[:, index]
    ids = torch.tensor([token for prompt in trained.measuring for token in prompt])
    tokens = sorted(token for token, n in Counter(ids.tolist()).items() if n >= plan.least)
    means = torch.stack([pre[ids == token].mean(0) for token in tokens], dim=1)
    return Driven(index, torch.tensor(tokens), means)
