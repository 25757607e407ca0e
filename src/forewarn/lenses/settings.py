"""How lenses are fitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from forewarn.errors import ConfigurationError
from forewarn.records import StreamSite


@final
@dataclass(frozen=True, slots=True)
class FitSettings:
    """What a fit looks at and how long it works; the defaults suit a look during training."""

    sites: tuple[StreamSite, ...] | None = None
    """Sites to fit; all by default. The last one is always there, as the identity."""
    skip_first: int = 0
    """Positions at the start of every prompt that are neither fitted nor scored."""
    padding: int | None = None
    """Token that stands for nothing: taken off both ends of every prompt before it is read."""
    most_tokens: int = 4096
    """Where there are more distinct states to fit on, evenly spaced prompts are taken."""
    most_held_out: int = 512
    """The same for held-out states, of which half decide and half are scored."""
    steps: int = 60
    """Most steps of the optimisation."""
    descents: int = 2
    """With 2, the forward lens is fitted from two starts and the two are mixed, where a step sees every row of the
    unembedding. With 1, it is fitted from the best start alone."""
    work: float = 3e12
    """Most operations of one lens's optimisation at all sites together, so that large models get fewer steps."""
    batch: int = 256
    """Most states in a step."""
    rows: int = 4096
    """Rows of a reading matrix that a step looks at. Of a larger vocabulary it takes a weighted sample."""
    rate: float = 0.02
    """AdamW's rate at the start, in whitened coordinates; it falls to zero in a straight line."""
    decay: float = 5.0
    """AdamW's decay, towards where the optimisation started."""
    damping: float = 1.0
    """What is added to a covariance before it is whitened away, as a share of its scale."""
    ridges: tuple[float, ...] = (1e-3, 1e-2, 1e-1, 1.0)
    """Ridges tried for the closed forms, as shares of a covariance's scale."""
    seed: int = 0
    """Of the order of batches and of what is sampled."""

    def __post_init__(self) -> None:
        least = {
            "skip_first": 0,
            "most_tokens": 1,
            "most_held_out": 2,
            "steps": 0,
            "batch": 1,
            "rows": 2,
            "descents": 1,
        }
        for name, bound in least.items():
            if getattr(self, name) < bound:
                raise ConfigurationError(f"{name} is at least {bound}; found {getattr(self, name)}")
        if not self.ridges or min(self.ridges) <= 0:
            raise ConfigurationError(f"ridges are one or more positive numbers; found {self.ridges}")
        if min(self.rate, self.damping, self.work) <= 0 or self.decay < 0:
            raise ConfigurationError("rate, damping and work are positive, decay is not negative")
