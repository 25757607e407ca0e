"""Part 3: how near the forward lens comes to the model's output, and how fast, beside the tuned-lens package.

Both are given the same distinct states at the same sites (the package's: after the embedding and after each block
but the last), choose by the same deciding states, and are scored on the same others, about facts or text that
neither saw. Unit of an interval within a model: prompts (bootstrap over them, both lenses on the same draw); over
models: the seed. Seconds are processor seconds on one thread, without the model's own passes; of the peer without
its evaluations, of ours with the closed forms and all held-out decisions. `speedup`: the peer's seconds until its
scored KL is within 1 % of its best, over ours until as low a KL, each length of ours fitted from the start.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from lens_parts.models import ABSENT as NO_MODEL
from lens_parts.models import smollm2
from lens_parts.over_seeds import mean_over
from lens_parts.peer import ABSENT, OPTIMISERS, Recipe, Trial, installed, train
from lens_parts.runs import one_thread, run_of
from torch import Tensor

from forewarn.lenses import fit
from forewarn.lenses.affine import Affines
from forewarn.lenses.fitting.closed_forms import closed_forms
from forewarn.lenses.fitting.data import LensData, gather
from forewarn.lenses.fitting.forward import forward_lenses
from forewarn.lenses.fitting.quality import output_kl
from forewarn.lenses.fitting.sample import Sample
from forewarn.lenses.settings import FitSettings
from forewarn.records import StreamSite
from forewarn.subjects.opening import Opener
from forewarn.subjects.quiet import undisturbed
from forewarn.subjects.subject import Subject

LENGTHS = (0, 4, 8, 15, 30, 60, 120, 240)
"""Steps of our descent that are tried in turn until the peer's KL is reached."""
LAYERS = (0, 10, 20, 29)
"""Of SmolLM2-135M."""
RESAMPLES = 2000


def run(quick: bool, seeds: Sequence[int], smollm2_at: str | None = None) -> dict[str, Any]:
    """Organisms at the end of their training, one that was never trained, and in full mode SmolLM2-135M."""
    steps, snapshots = 480, 8 if quick else 12
    recipes = [Recipe(name, n, 10**9, 10) for name in OPTIMISERS for n in ((500,) if quick else (250, 1000))]
    with one_thread():
        rows = [_organism(seed, steps, snapshots, recipes) for seed in seeds]
        found = {"peer": "tuned-lens 0.2.0" if installed() else ABSENT, "models": rows, **_over(rows)}
        found["null: never trained"] = _untrained(seeds[0], steps, snapshots)
        found["retrodiction"] = _retrodiction(seeds[0], steps, snapshots)
        return found if quick else {**found, "smollm2": _smollm2(smollm2_at)}


def _organism(seed: int, steps: int, snapshots: int, recipes: Sequence[Recipe]) -> dict[str, Any]:
    held = run_of(seed, steps, snapshots)
    bout = _bout(held.model, *held.material(steps, FitSettings()))
    return {
        "name": held.name,
        "seed": seed,
        "model": held.architecture,
        **bout.fought(recipes, FitSettings()),
    }


@dataclass(frozen=True)
class _Bout:
    """Both lenses on one model's states."""

    model: Any
    subject: Subject
    material: LensData

    def fought(self, recipes: Sequence[Recipe], settings: FitSettings) -> dict[str, Any]:
        """Ours as it is set; the peer, where there is one, with the recipe that serves it best."""
        ours, seconds = self.ours(settings)
        found = self._own(ours, seconds)
        return {**found, **self._against(recipes, ours, settings)} if recipes and installed() else found

    def _own(self, ours: Float[Tensor, "layer n"], seconds: float) -> dict[str, Any]:
        none = self._kl(Affines.identity(len(self._sites), self.subject.width), self.material.scored)
        return {
            "n": self.material.fitted.n,
            "n_scored": self.material.scored.n,
            "sites": [str(site) for site in self._sites[:-1]],
            "kl identity": none.mean(1).tolist(),
            "kl ours": ours.mean(1).tolist(),
            "seconds ours": seconds,
        }

    def ours(self, settings: FitSettings) -> tuple[Float[Tensor, "layer n"], float]:
        """KL of each scored state under the forward lens, and the seconds of its fit."""
        material, begun = self.material, time.process_time()
        with undisturbed(self.subject.device):
            forms = closed_forms(material.fitted, material.embedding[material.fitted.tokens], material.sites)
            lens = forward_lenses(self.subject.unembedder(), material, forms, None, settings)
        seconds = time.process_time() - begun
        return self._kl(lens, material.scored), seconds

    def _against(
        self, recipes: Sequence[Recipe], ours: Float[Tensor, "layer n"], settings: FitSettings
    ) -> dict[str, Any]:
        trials = [self._trial(recipe) for recipe in recipes]
        best = min(trials, key=lambda trial: trial.deciding[-1])
        target = float(best.by_layer.mean())
        needed, length = self._until(target, settings)
        theirs = best.seconds_to_best()
        return {
            "kl peer": best.by_layer.mean(1).tolist(),
            "kl_ratio": _ratio(ours, best.by_layer, self.material.scored.prompts),
            "kl_ratio by site": (ours.mean(1) / best.by_layer.mean(1)).tolist(),
            "peer chosen": f"{best.recipe.optimiser}, {best.recipe.steps} steps",
            "peer's trials": {f"{t.recipe.optimiser}, {t.recipe.steps} steps": t.scored[-1] for t in trials},
            "seconds peer to its best": theirs,
            "seconds ours to the same": needed,
            "steps ours to the same": length,
            "speedup": None if needed is None else theirs / needed,
        }

    def _until(self, target: float, settings: FitSettings) -> tuple[float | None, int | None]:
        """Seconds and steps of the shortest fit of ours that is as good; None where none is."""
        for length in LENGTHS:
            kl, seconds = self.ours(replace(settings, steps=length, work=1e18))
            if float(kl.mean()) <= target:
                return seconds, length
        return None, None

    def _trial(self, recipe: Recipe) -> Trial:
        material = self.material
        with undisturbed(self.subject.device):
            reader = self.subject.unembedder()
            logp = _outputs(reader, material.fitted.states[-1])

            def score(layer: int, lens: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
                deciding, scored = (
                    _divergence(reader, lens(part.states[layer]), part.states[-1])
                    for part in (material.deciding, material.scored)
                )
                return deciding, scored

            with torch.enable_grad():
                return train(self.model, material.fitted.states[:-1], logp, score, recipe)

    def _kl(self, lens: Affines, sample: Sample) -> Float[Tensor, "layer n"]:
        with undisturbed(self.subject.device):
            return output_kl(self.subject.unembedder(), lens, sample.states)[:-1]

    @property
    def _sites(self) -> tuple[StreamSite, ...]:
        return self.material.sites


def _bout(model: Any, subject: Subject, material: LensData) -> _Bout:
    """At the sites that the peer has too, and the last."""
    kept = [i for i, site in enumerate(material.sites) if not site.middle]

    def part(sample: Sample) -> Sample:
        return replace(sample, states=sample.states[kept])

    whole = replace(
        material,
        sites=tuple(material.sites[i] for i in kept),
        fitted=part(material.fitted),
        deciding=part(material.deciding),
        scored=part(material.scored),
    )
    return _Bout(model, subject, whole)


def _outputs(reader: Any, last: Float[Tensor, "n d"]) -> Float[Tensor, "n v"]:
    return torch.cat([reader(h).log_softmax(-1) for h in torch.split(last, 256)])


def _divergence(reader: Any, images: Float[Tensor, "n d"], last: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
    pairs = zip(torch.split(images, 256), torch.split(last, 256), strict=True)
    logs = ((reader(h).log_softmax(-1), reader(x).log_softmax(-1)) for x, h in pairs)
    return torch.cat([(p.exp() * (p - q)).sum(-1) for p, q in logs])


def _ratio(ours: Tensor, theirs: Tensor, prompts: Tensor) -> dict[str, Any]:
    """Mean of ours over mean of theirs, with a bootstrap interval over prompts."""
    owners, index = torch.unique(prompts, return_inverse=True)
    sums = [
        torch.zeros(len(owners), dtype=torch.float64).index_add_(0, index, kl.double().mean(0)).numpy()
        for kl in (ours, theirs)
    ]
    draw = np.random.default_rng(0).integers(len(owners), size=(RESAMPLES, len(owners)))
    low, high = np.quantile(sums[0][draw].sum(1) / sums[1][draw].sum(1), [0.025, 0.975])
    return {
        "mean": float(sums[0].sum() / sums[1].sum()),
        "low": float(low),
        "high": float(high),
        "n": len(owners),
    }


def _over(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Over seeds: mean ratio, and the geometric mean of the speedup where ours got as far as the peer."""
    if not all("kl_ratio" in row for row in rows):
        return {}
    ratio = mean_over({row["seed"]: row["kl_ratio"]["mean"] for row in rows})
    faster = {row["seed"]: float(np.log(row["speedup"])) for row in rows if row["speedup"]}
    speed = mean_over(faster) if faster else None
    found = {"kl_ratio": ratio, "not reached": [row["seed"] for row in rows if not row["speedup"]]}
    if speed is None:
        return {**found, "speedup": None}
    ends = {k: None if speed[k] is None else float(np.exp(speed[k])) for k in ("mean", "low", "high")}
    each = [float(np.exp(v)) for v in speed["each"]]
    return {**found, "speedup": {**speed, **ends, "each": each, "kind": "geometric mean"}}


def _untrained(seed: int, steps: int, snapshots: int) -> dict[str, Any]:
    """The same model before its first step: there is nothing to be read early that is not read late."""
    held = run_of(seed, steps, snapshots)
    bout = _bout(held.model, *held.material(0, FitSettings()))
    return {"seed": seed, **bout.fought([], FitSettings())}


def _retrodiction(seed: int, steps: int, snapshots: int) -> dict[str, Any]:
    """Share of input tokens ranked first, at every site, and what always guessing the commonest would get."""
    held = run_of(seed, steps, snapshots)
    subject, material = held.material(steps, FitSettings())
    lenses = fit(subject, held.fitting, held.held_out)
    tokens = material.scored.tokens
    return {
        "seed": seed,
        "n": len(tokens),
        "tokens": subject.layout.tokens,
        "width": subject.width,
        "top-1": {str(q.site): q.remembered for q in lenses.quality},
        "top-1 by kind of token": {str(q.site): q.remembered_types for q in lenses.quality},
        "null: the commonest token": float(torch.bincount(tokens).max()) / len(tokens),
    }


def _smollm2(where: str | None) -> dict[str, Any]:
    """Four layers; the peer's steps are of 256 tokens, since one of all takes it a minute."""
    loaded = smollm2(where, n_prompts=72, seed=1)
    if loaded is None:
        return {"absent": NO_MODEL}
    settings = loaded.settings([StreamSite(k) for k in LAYERS])
    subject = Opener(loaded.model, loaded.prompts[:2]).open(None, "smollm2")
    material = gather(subject, loaded.prompts[:48], loaded.prompts[48:], settings)
    recipes = [Recipe(name, 250, 256, 10) for name in OPTIMISERS]
    bout = _bout(loaded.model, subject, material)
    return {"seed": 1, "model": "SmolLM2-135M-Instruct, 4-bit weights", **bout.fought(recipes, settings)}
