"""All baselines, in the order of tables."""

from __future__ import annotations

from forewarn.baselines.behaviour import Behaviour
from forewarn.baselines.contract import Baseline
from forewarn.baselines.controls import RandomDirection, UnrelatedConcept
from forewarn.baselines.linear_probe import LinearProbe
from forewarn.baselines.mahalanobis import Mahalanobis
from forewarn.baselines.prompts import Prompts
from forewarn.baselines.queries import Queries
from forewarn.baselines.trait_drift import TraitDrift
from forewarn.baselines.weight_quantiles import WeightQuantiles
from forewarn.baselines.weight_spectra import WeightSpectra


def baselines() -> tuple[Baseline, ...]:
    """What the field measures first, then the controls, which ought not to tell anything."""
    return (
        Behaviour(),
        LinearProbe(),
        TraitDrift(),
        Mahalanobis(),
        WeightSpectra(),
        WeightQuantiles(),
        Queries(),
        UnrelatedConcept(),
        RandomDirection(),
        Prompts(),
    )
