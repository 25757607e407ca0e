"""A frozen moment of a training run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Weights and metadata at one step, immutable, named by its digest."""

    digest: str
    """SHA-256 over the names, dtypes, shapes and bytes of all tensors (not over the metadata)."""
    step: int
    """Training step at which it was frozen."""
    size: int
    """Bytes of all tensors, shared ones counted once."""
    metrics: tuple[tuple[str, float], ...] = ()
    """The run's own figures at that step."""
