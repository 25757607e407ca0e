"""All baselines, in the order of tables."""

from __future__ import annotations

from forewarn.lab.baselines.bag_of_words import BagOfWords
from forewarn.lab.baselines.behavioural_evaluation import BehaviouralEvaluation
from forewarn.lab.baselines.contract import Baseline
from forewarn.lab.baselines.controls import RandomDirection, UnrelatedConcept
from forewarn.lab.baselines.linear_probe import LinearProbeBaseline
from forewarn.lab.baselines.mahalanobis import Mahalanobis
from forewarn.lab.baselines.queries import Queries
from forewarn.lab.baselines.trait_drift import TraitDrift
from forewarn.lab.baselines.weight_quantiles import WeightQuantiles
from forewarn.lab.baselines.weight_spectra import WeightSpectra


def baselines() -> tuple[Baseline, ...]:
    """What the field measures first, then the controls, which ought not to tell anything."""
    return (
        BehaviouralEvaluation(),
        LinearProbeBaseline(),
        TraitDrift(),
        Mahalanobis(),
        WeightSpectra(),
        WeightQuantiles(),
        Queries(),
        UnrelatedConcept(),
        RandomDirection(),
        BagOfWords(),
    )
