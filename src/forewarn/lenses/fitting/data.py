"""Everything that lenses are fitted on, read once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, final

from jaxtyping import Float
from torch import Tensor

from forewarn.errors import ConfigurationError, NotApplicableError
from forewarn.lenses.fitting.sample import Places, Prefixes, Sample, halves, places, read
from forewarn.lenses.settings import FitSettings
from forewarn.records import StreamSite
from forewarn.subjects.prompts import Prompts
from forewarn.subjects.subject import Subject

LEAST_FITTED: Final = 16
LEAST_HELD: Final = 4


@final
@dataclass(frozen=True, slots=True, eq=False)
class LensData:
    """Three samples that share no state, and the embedding of every token."""

    sites: tuple[StreamSite, ...]
    """In the stream's order, the model's last site among them."""
    fitted: Sample
    deciding: Sample
    """When to stop, and which ridge."""
    scored: Sample
    """How good it is; nothing is chosen by it."""
    embedding: Float[Tensor, "v d"]


def gather(subject: Subject, prompts: Prompts, held_out: Prompts, settings: FitSettings) -> LensData:
    """Read the states of distinct positions.

    Raises:
        NotApplicableError: too few of them.
        ConfigurationError: a site that the model has not.
    """
    where = _three(prompts, held_out, settings)
    _refuse_few(where, settings)
    sites = sites_of(subject, settings)
    fitted, deciding, scored = (read(subject, part, sites) for part in where)
    return LensData(sites, fitted, deciding, scored, embedding_of(subject))


def gather_scored(subject: Subject, prompts: Prompts, held_out: Prompts, settings: FitSettings) -> Sample:
    """The scored sample alone, as `gather` would give it."""
    where = _three(prompts, held_out, settings)
    _refuse_few(where, settings)
    return read(subject, where[2], sites_of(subject, settings))


def sites_of(subject: Subject, settings: FitSettings) -> tuple[StreamSite, ...]:
    """The sites asked for, and the last one."""
    wanted = subject.sites if settings.sites is None else settings.sites
    unknown = [site for site in wanted if site not in subject.sites]
    if unknown:
        raise ConfigurationError(
            f"lenses were asked for at {', '.join(map(str, unknown))}, which the model has not; its sites are "
            f"{', '.join(map(str, subject.sites))}"
        )
    return tuple(sorted({*wanted, subject.sites[-1]}))


def embedding_of(subject: Subject) -> Float[Tensor, "v d"]:
    """Every token's embedding, in float32."""
    return subject.embedding_of(range(subject.layout.tokens)).float()


def _three(prompts: Prompts, held_out: Prompts, settings: FitSettings) -> tuple[Places, Places, Places]:
    seen, (first, second) = Prefixes(), halves(held_out)
    most = -(-settings.most_held_out // 2)
    fitted = places(prompts, settings, seen, settings.most_tokens)
    return fitted, places(first, settings, seen, most), places(second, settings, seen, most)


def _refuse_few(where: tuple[Places, Places, Places], settings: FitSettings) -> None:
    fitted, deciding, scored = (part.n for part in where)
    if fitted >= LEAST_FITTED and min(deciding, scored) >= LEAST_HELD:
        return
    left = f" after the first {settings.skip_first} of each prompt" if settings.skip_first else ""
    raise NotApplicableError(
        f"a lens is fitted on at least {LEAST_FITTED} positions{left} whose beginnings differ, and judged on "
        f"{LEAST_HELD} of the first, third, … and {LEAST_HELD} of the second, fourth, … held-out prompt whose "
        f"beginnings no earlier prompt has; found {fitted}, {deciding} and {scored}. Give more or longer prompts."
    )
