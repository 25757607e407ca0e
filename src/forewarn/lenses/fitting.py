"""From prompts to lenses."""

from __future__ import annotations

from forewarn.lenses.lens_set import LensSet
from forewarn.lenses.settings import FitSettings
from forewarn.subjects.prompts import Prompts
from forewarn.subjects.subject import Subject


def fit(
    subject: Subject,
    prompts: Prompts,
    held_out: Prompts,
    warm: LensSet | None = None,
    settings: FitSettings = FitSettings(),  # noqa: B008
) -> LensSet:
    """Fit all lenses of a subject; the same inputs give the same bits.

    `held_out`: every second prompt of it decides when to stop, the others are scored. `warm`: lenses of an
    earlier snapshot of the same run, to begin from.

    Raises:
        NotApplicableError: no lens can be fitted; says what was found and what was wanted.
        AuditSetError: the prompts do not fit the model.
        ConfigurationError: the settings, or the warm lenses, do not.
    """
    raise NotImplementedError
