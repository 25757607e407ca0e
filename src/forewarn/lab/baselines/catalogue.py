"""All baselines, in the order of tables."""

from __future__ import annotations

from forewarn.lab.baselines.behaviour import Behaviour
from forewarn.lab.baselines.contract import Baseline
from forewarn.lab.baselines.controls import RandomDirection, UnrelatedConcept
from forewarn.lab.baselines.linear_probe import LinearProbe
from forewarn.lab.baselines.mahalanobis import Mahalanobis
from forewarn.lab.baselines.prompts import Prompts
from forewarn.lab.baselines.queries import Queries
from forewarn.lab.baselines.trait_drift import TraitDrift
from forewarn.lab.baselines.weight_quantiles import WeightQuantiles
from forewarn.lab.baselines.weight_spectra import WeightSpectra


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
