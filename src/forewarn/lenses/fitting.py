"""From prompts to lenses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from forewarn.errors import ConfigurationError
from forewarn.lenses.closed_forms import closed_forms
from forewarn.lenses.descent import Maps
from forewarn.lenses.generative import least_squares
from forewarn.lenses.lens_set import LensSet
from forewarn.lenses.material import Material, gather
from forewarn.lenses.quality import measure
from forewarn.lenses.retrodicting import retrodictions
from forewarn.lenses.settings import FitSettings
from forewarn.lenses.tuned import forward_lenses
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
        material = gather(subject, prompts, held_out, chosen)
        return _fitted(subject, material, warm, chosen)


def _fitted(subject: Subject, material: Material, warm: LensSet | None, settings: FitSettings) -> LensSet:
    reader, sites, fitted = subject.reader(), material.sites, material.fitted
    at = None if warm is None else _indices(warm, subject, sites)
    forms = closed_forms(fitted, material.embedding[fitted.tokens], sites)
    forwards = forward_lenses(
        reader, material, forms, None if warm is None or at is None else warm.forwards.at(at), settings
    )
    matched = None if warm is None or at is None else Maps(warm.retrodictions.at(at), warm.betas[at])
    remembering = retrodictions(material, forms, matched, settings, reader.device)
    found = LensSet(
        sites,
        subject.digest,
        reader.digest(),
        fitted.n,
        forwards,
        remembering.affines,
        remembering.beta,
        *least_squares(material, forms, settings),
        material.embedding,
        (),
    )
    return replace(found, quality=measure(reader, found, material.scored))


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
