"""Part 1: rotations planted between layers. Does a transport find the virtual weights whose truth is known?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from lens_parts.over_seeds import difference, mean_over
from lens_parts.rotated import WIDTH, Rotated
from scipy.stats import spearmanr
from torch import Tensor

from forewarn.lenses import FitSettings, LensSet, MomentsFitter, fit
from forewarn.lenses.transports import Identity, Jacobian, LayerMaps, Transport, regression, tuned
from forewarn.lenses.views.inputs import input_view
from forewarn.records import StreamSite
from forewarn.subjects.anatomy import Anatomy, NormWeights
from forewarn.subjects.subject import Subject

SETTINGS = ((0.0, 400), (0.3, 400), (1.0, 400), (2.5, 400), (1.0, 16))
RANGE = (-1.0, 1.0)
QUICK = ((0.0, 400), (1.0, 400), (2.5, 400), (1.0, 16))
RIDGES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
CHOOSING = (1000, 1001)
"""Seeds on which the ridge is chosen; none of them is scored."""
NULL_AT = 2.5
"""Smaller rotations have much in common, all being near the identity."""
Prompts = list[list[int]]


@dataclass(frozen=True)
class Planted:
    """One rotated decoder with everything that is fitted on it."""

    model: Rotated
    subject: Subject
    lens_set: LensSet
    prompts: Prompts

    def maps(self, use: Any = "both") -> LayerMaps:
        """The lenses' linear parts."""
        return LayerMaps.of(self.lens_set, use)

    def visible(self, use: Any = "both") -> LayerMaps:
        """Only what some token shows: the lenses' rows seen through unembedding and embedding."""
        rows = [w.detach() - w.detach().mean(0) for w in (self.model.head.weight, self.model.embed.weight)]
        return self.maps(use).weighted(*rows)


def run(quick: bool, seeds: Sequence[int], smollm2_at: str | None = None) -> dict[str, Any]:
    """Spearman of predicted with true virtual weight by angle and vocabulary; means over seeds, with intervals."""
    kept_to = (
        FitSettings(skip_first=1, most_tokens=1500, steps=12, batch=256)
        if quick
        else FitSettings(skip_first=1)
    )
    ridges = {16: _chosen(16, kept_to), 400: _chosen(400, kept_to)}
    rows = [
        {"angle": angle, "vocab": vocab, **_scored(angle, vocab, seeds, kept_to, ridges[vocab])}
        for angle, vocab in (QUICK if quick else SETTINGS)
    ]
    return {"width": WIDTH, "ridges": ridges, "ridges_chosen_on_seeds": list(CHOOSING), "rows": rows}


def _scored(
    angle: float, vocab: int, seeds: Sequence[int], settings: FitSettings, ridge: float
) -> dict[str, Any]:
    found: dict[str, dict[int, float]] = {}
    seen: dict[str, dict[int, float]] = {}
    for seed in seeds:
        made = _made(seed, angle, vocab, settings)
        transports = _transports(made, ridge)
        for name, transport in transports.items():
            found.setdefault(name, {})[seed] = agreement(made.model, transport)
        found.setdefault("null: lenses of another decoder", {})[seed] = _null(made, seed, vocab, settings)
        for name, value in _inputs(made, transports).items():
            seen.setdefault(name, {})[seed] = value
    alone = {s: max(found["forward, tokens only"][s], found["retro, tokens only"][s]) for s in seeds}
    return {
        "virtual": {name: mean_over(values, RANGE) for name, values in found.items()},
        "both_less_better_alone": difference(found["both, tokens only"], alone),
        "input": {name: mean_over(values, RANGE) for name, values in seen.items()},
    }


def _transports(made: Planted, ridge: float) -> dict[str, Transport]:
    states = made.subject.states(made.prompts)
    fitter = MomentsFitter(made.subject.sites, WIDTH)
    fitter.update(states)
    return {
        "identity": Identity(),
        "forward": tuned(made.maps("forward"), 0.0),
        "retro": tuned(made.maps("retro"), 0.0),
        "both": tuned(made.maps(), 0.0),
        "forward, tokens only": tuned(made.visible("forward"), ridge),
        "retro, tokens only": tuned(made.visible("retro"), ridge),
        "both, tokens only": tuned(made.visible(), ridge),
        "regression": regression(fitter.moments(), 0.0),
        "jacobian": Jacobian(made.subject, made.prompts[:32]),
    }


def _made(seed: int, angle: float, vocab: int, settings: FitSettings) -> Planted:
    model = Rotated(seed, angle, vocab)
    generator = torch.Generator().manual_seed(seed)
    prompts = torch.randint(vocab, (700, 4), generator=generator).tolist()
    subject = model.opened(prompts[:4])
    return Planted(
        model, subject, fit(subject, prompts[:500], prompts[500:], settings=settings), prompts[:500]
    )


def _chosen(vocab: int, settings: FitSettings) -> float:
    """The ridge with which both lenses, kept to tokens, agree best with the truth on other seeds."""
    made = [_made(seed, 1.0, vocab, settings) for seed in CHOOSING]
    return max(RIDGES, key=lambda r: sum(agreement(m.model, tuned(m.visible(), r)) for m in made))


def _null(made: Planted, seed: int, vocab: int, settings: FitSettings) -> float:
    """Lenses fitted on rotations that have nothing to do with these."""
    other = _made(seed + 500, NULL_AT, vocab, settings)
    return agreement(made.model, tuned(other.maps(), 0.0))


def agreement(model: Rotated, transport: Transport) -> float:
    """Spearman over all pairs of neurons at least two blocks apart."""
    predicted, true = list[Tensor](), list[Tensor]()
    for source, target, writes, reads, path in model.pairs():
        true.append((writes @ path.T @ reads.T).flatten())
        predicted.append((transport.push(writes, source, target) @ reads.T).flatten())
    return float(spearmanr(torch.cat(predicted).detach(), torch.cat(true).detach()).statistic)


def _inputs(made: Planted, transports: Mapping[str, Transport]) -> dict[str, float]:
    """Spearman over tokens and neurons of what drives the neurons of blocks 3 to 5, by its source."""
    through = {name: transports[name] for name in ("identity", "both", "regression", "jacobian")}
    values: dict[str, Callable[[StreamSite, Tensor], Tensor]] = {
        name: lambda site, reads, t=t: input_view(_anatomy(made), t, site, reads).values
        for name, t in {**through, "generative": made.lens_set}.items()
    }
    return {name: _drive_agreement(made.model, view) for name, view in values.items()}


def _drive_agreement(model: Rotated, view: Callable[[StreamSite, Tensor], Tensor]) -> float:
    predicted, true = list[Tensor](), list[Tensor]()
    embedding, path = model.embed.weight.detach(), torch.eye(WIDTH)
    for k, block in enumerate(model.blocks):
        if k >= 2:
            reads = block.read.detach()
            true.append((reads @ path @ (embedding - embedding.mean(0)).T).flatten())
            predicted.append(view(StreamSite(k), reads).flatten())
        path = block.turn.detach() @ path
    return float(spearmanr(torch.cat(predicted), torch.cat(true)).statistic)


def _anatomy(made: Planted) -> Anatomy:
    """What the input view asks of a model; these blocks are no MLPs that could be found."""
    embedding = made.model.embed.weight.detach()
    return Anatomy((), NormWeights.absent(embedding[0]), made.model.head.weight.detach(), embedding)
