"""What every baseline promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from forewarn.auditset import Split
from forewarn.instruments.probe_inputs import ProbeInputs


class Baseline(ABC):
    """Measures a fixed number of figures at a look, relative to a reference snapshot of the same run.

    Here nothing is fitted across runs. What the figures mean for the verdict is learned later, on runs whose truth
    is known. Figures are dimensionless, so that runs of different models can be compared.
    """

    name: ClassVar[str]
    """For tables, such as "mahalanobis"."""
    figures: ClassVar[tuple[str, ...]]
    """Names of the figures, in order."""

    @abstractmethod
    def measure(self, now: ProbeInputs, reference: ProbeInputs, split: Split) -> tuple[float, ...]:
        """One number for each of `figures`; nan where it cannot be had.

        `reference`: the run's first look at which it knew half of its facts; `now` itself until there is one.
        Deterministic; both subjects are left as they were.
        """
