"""Lenses over a training run: fitted when they must be, kept while they serve."""

from __future__ import annotations

from pathlib import Path
from typing import final

from forewarn.lenses.lens_set import LensSet
from forewarn.lenses.settings import FitSettings
from forewarn.subjects.prompts import Prompts
from forewarn.subjects.subject import Subject


@final
class LensKeeper:
    """Gives the lenses for each look of a run.

    A lens that is stored for a snapshot's digest is loaded and never fitted again, so that a replay reads what
    the look read. Otherwise the last lens is tried on the held-out prompts, and fitted again, from where it
    stands, when it has become worse than it was by more than `tolerance`.
    """

    def __init__(
        self,
        folder: Path | None = None,
        settings: FitSettings | None = None,
        tolerance: float = 0.1,
    ) -> None:
        """`folder`: where lenses are stored, RUN/lenses; nowhere by default. `tolerance`: relative, of mean KL."""

    def lens(self, subject: Subject, prompts: Prompts, held_out: Prompts) -> LensSet:
        """The lenses for this subject. Raises what `fit`, `save` and `load` raise."""
        raise NotImplementedError
