"""What the lenses read along the layers, for pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, final

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.lenses.lens_set import LensSet
from forewarn.records.trajectory import FORMAT, Lens, LensReading, Trajectories, Trajectory
from forewarn.subjects.subject import Subject

LENSES: Final[tuple[Lens, ...]] = ("tuned", "logit", "retrodiction")
DIGITS: Final = 4
"""Decimals of a probability that are kept."""
Tokens = tuple[int, ...]


@final
@dataclass(frozen=True, slots=True)
class TracedPrompt:
    """One prompt to be traced."""

    title: str
    """In words."""
    ids: Tokens
    """The prompt."""
    fact: str = ""
    """Key of the fact."""
    context: str = ""
    """Name of the context, or the condition in words."""
    claim: str = ""
    """Code of the probe whose claim is about this condition."""
    truth: int | None = None
    """First token of the true answer."""
    false: Tokens = field(default=())
    """First tokens of the false answers, the true one not among them."""


@final
@dataclass(frozen=True, slots=True)
class TraceSettings:
    """How much is kept."""

    lenses: tuple[Lens, ...] = LENSES
    """Which lenses read."""
    top: int = 3
    """Tokens kept in each cell."""
    positions: int = 24
    """Positions kept, the last ones of each prompt."""


def trace(
    subject: Subject,
    lens_set: LensSet,
    questions: Sequence[TracedPrompt],
    word: Callable[[int], str],
    settings: TraceSettings = TraceSettings(),
) -> Trajectories:
    """Read each prompt at each site that there is a lens for.

    Raises:
        AuditSetError: a prompt does not fit the model.
        NotApplicableError: a lens cannot read this model.
    """
    traced = tuple(_traced(subject, lens_set, question, settings) for question in questions)
    seen = {token for each in traced for token in (*each.ids, *_tokens(each))}
    quality = {q.site: q for q in lens_set.quality}
    return Trajectories(
        format=FORMAT,
        snapshot=subject.digest,
        sites=tuple(map(str, lens_set.sites)),
        tuned_kl=tuple(round(quality[s].tuned_kl, DIGITS) for s in lens_set.sites),
        identity_kl=tuple(round(quality[s].identity_kl, DIGITS) for s in lens_set.sites),
        words={str(token): word(token) for token in sorted(seen)},
        trajectories=traced,
    )


def _tokens(each: Trajectory) -> set[int]:
    return {token for r in each.readings for row in r.tokens for cell in row for token in cell}


def _traced(
    subject: Subject, lens_set: LensSet, question: TracedPrompt, settings: TraceSettings
) -> Trajectory:
    states = subject.states([question.ids], sites=lens_set.sites)[:, -settings.positions :]
    readings = tuple(_reading(subject, lens_set, lens, states, settings.top) for lens in settings.lenses)
    curves = _answers(subject, lens_set, question, states[:, -1])
    return Trajectory(
        title=question.title,
        fact=question.fact,
        context=question.context,
        claim=question.claim,
        first=len(question.ids) - states.shape[1],
        ids=tuple(question.ids)[-states.shape[1] :],
        readings=readings,
        truth=curves[0],
        falsehood=curves[1],
    )


def _reading(
    subject: Subject, lens_set: LensSet, lens: Lens, states: Float[Tensor, "site t d"], top: int
) -> LensReading:
    """Site by site, so that one site's distributions are held at a time."""
    tokens, shares = [], []
    for index in range(len(lens_set.sites)):
        found = _logits(subject, lens_set, lens, index, states[index]).softmax(-1)
        best = found.topk(min(top, found.shape[-1]))
        tokens.append(tuple(map(tuple, best.indices.tolist())))
        shares.append(tuple(tuple(round(p, DIGITS) for p in row) for row in best.values.tolist()))
    return LensReading(lens, tuple(tokens), tuple(shares))


def _logits(
    subject: Subject, lens_set: LensSet, lens: Lens, index: int, h: Float[Tensor, "t d"]
) -> Float[Tensor, "t v"]:
    site = lens_set.sites[index]
    if lens == "retrodiction":
        return lens_set.retrodict(site)(h)
    return subject.read_logits(h) if lens == "logit" else lens_set.logits(subject, site, h)


def _answers(
    subject: Subject, lens_set: LensSet, question: TracedPrompt, last: Float[Tensor, "site d"]
) -> tuple[tuple[float, ...] | None, tuple[float, ...] | None]:
    """The tuned lens's probability of a true and of any false answer, by site."""
    if question.truth is None:
        return None, None
    found = torch.stack([lens_set.logits(subject, s, h) for s, h in zip(lens_set.sites, last, strict=True)])
    shares = found.softmax(-1)
    true, false = shares[:, question.truth], shares[:, list(question.false)].sum(-1)
    return _plain(true), _plain(false)


def _plain(values: Float[Tensor, " site"]) -> tuple[float, ...]:
    return tuple(round(value, DIGITS) for value in values.tolist())
