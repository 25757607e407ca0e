"""From prompts to lenses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from forewarn.errors import ConfigurationError
from forewarn.lenses.fitting.closed_forms import closed_forms
from forewarn.lenses.fitting.data import LensData, gather
from forewarn.lenses.fitting.descent import LensMaps
from forewarn.lenses.fitting.forward import forward_lenses
from forewarn.lenses.fitting.generative import generations
from forewarn.lenses.fitting.quality import measure
from forewarn.lenses.fitting.retrodicting import retrodictions
from forewarn.lenses.lens_set import LensSet
from forewarn.lenses.settings import FitSettings
from forewarn.records import StreamSite
from forewarn.subjects.prompts import Prompts
from forewarn.subjects.quiet import undisturbed
from forewarn.subjects.subject import Subject


def fit(
    subject: Subject,
    prompts: Prompts,
    held_out: Prompts,
    warm: LensSet | None = None,
    settings: FitSettings | None = None,
) -> LensSet:
    """Fit all lenses of a subject; the same inputs give the same bits.

    `held_out`: every second prompt of it decides when to stop, the others are scored. `warm`: lenses of an
    earlier snapshot of the same run, to begin from.

    Raises:
        NotApplicableError: no lens can be fitted; says what was found and what was wanted.
        AuditSetError: the prompts do not fit the model.
        ConfigurationError: the settings, or the warm lenses, do not.
    """
    chosen = settings or FitSettings()
    with undisturbed(subject.device):
        data = gather(subject, prompts, held_out, chosen)
        return _fitted(subject, data, warm, chosen)


def _fitted(subject: Subject, data: LensData, warm: LensSet | None, settings: FitSettings) -> LensSet:
    unembedder, sites, fitted = subject.unembedder(), data.sites, data.fitted
    at = None if warm is None else _indices(warm, subject, sites)
    forms = closed_forms(fitted, data.embedding[fitted.tokens], sites)
    forwards = forward_lenses(
        unembedder, data, forms, None if warm is None or at is None else warm.forwards.at(at), settings
    )
    matched = None if warm is None or at is None else LensMaps(warm.retrodictions.at(at), warm.betas[at])
    remembering = retrodictions(data, forms, matched, settings, unembedder.found.device)
    found = LensSet(
        sites,
        subject.digest,
        unembedder.digest(),
        fitted.n,
        forwards,
        remembering.affines,
        remembering.beta,
        generations(data, forms, settings),
        data.embedding,
        (),
    )
    return replace(found, quality=measure(unembedder, found, data.scored))


def _indices(warm: LensSet, subject: Subject, sites: Sequence[StreamSite]) -> list[int]:
    """Where the warm lenses of these sites stand."""
    warm.check(subject)
    missing = [site for site in sites if site not in warm.sites]
    if missing:
        raise ConfigurationError(
            f"the warm lenses were fitted at {', '.join(map(str, warm.sites))}; wanted "
            f"{', '.join(map(str, missing))} too. Leave `warm` out, or ask for the same sites."
        )
    return [warm.sites.index(site) for site in sites]
