"""New directions of writing read through the lenses: what they take from the truth, and their tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.auditset import Split
from forewarn.auditset.vocabulary import Vocabulary
from forewarn.errors import NotApplicableError
from forewarn.instruments.differences.restoring import ThenAndNow, along
from forewarn.instruments.differences.writes import WriteChange
from forewarn.instruments.preference import preference
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.lenses.lens_set import LensSet
from forewarn.lenses.transports import Identity, LayerMaps, Transport, tuned
from forewarn.lenses.views import input_view, output_view, top_tokens
from forewarn.records import StreamSite

N_TOKENS = 3
"""Tokens that are named for each direction."""
TINY = 1e-6
"""Share of a view's greatest value below which a token is not named."""


@dataclass(frozen=True, slots=True)
class ViewMaps:
    """The maps through which directions are read."""

    output: Transport
    """To the last site."""
    tokens: Transport | LensSet
    """From input tokens."""


def view_maps(inputs: ProbeInputs, split: Split) -> ViewMaps:
    """Through the look's lenses; bare where the model can have none."""
    try:
        lenses = inputs.lenses(split)
    except NotApplicableError:
        return ViewMaps(Identity(), Identity())
    return ViewMaps(tuned(LayerMaps.of(lenses)), lenses)


def promising(changes: Sequence[WriteChange], case: ThenAndNow, transport: Transport) -> list[WriteChange]:
    """Changes along whose strongest directions the stream has moved so that the truth loses, the most first."""
    wants = preference(case.inputs, case.facts, case.condition)
    last = StreamSite(case.inputs.subject.n_layers)

    def drop(change: WriteChange) -> float:
        """Logits lost, mean over facts, as the transport has it."""
        movement = along(case.movement(change.site).double(), change.strongest)
        return -float((transport.pull(wants.double(), change.site, last) * movement).sum(-1).mean())

    return sorted(changes, key=drop, reverse=True)


def words(change: WriteChange, case: ThenAndNow, through: ViewMaps) -> list[dict[str, list[str]]]:
    """For each of the strongest directions: tokens it promotes, and tokens that come with what drives it.

    A direction points where the stream has moved along it on the mean.
    """
    inputs, strongest = case.inputs, change.strongest
    vocabulary = Vocabulary.from_table(inputs.encoder.table(inputs.audit_set))
    towards = case.movement(change.site).double().mean(0) @ strongest.T
    signs = torch.where(towards < 0, -1.0, 1.0).double()[:, None]
    anatomy = inputs.subject.anatomy()
    promoted = output_view(anatomy, through.output, change.site, signs * strongest).values
    driving = input_view(
        anatomy, through.tokens, change.reads_at, signs * change.reads[: len(strongest)]
    ).values
    return [
        {"promotes": _named(vocabulary, row), "driven_by": _named(vocabulary, drive)}
        for row, drive in zip(promoted, driving, strict=True)
    ]


def first_direction(words: Sequence[Mapping[str, Sequence[str]]]) -> str:
    """What the first direction promotes and what drives it, in words."""
    promoted, driving = (
        ", ".join(map(repr, words[0][role])) or "no token" for role in ("promotes", "driven_by")
    )
    return f"promotes {promoted} and is driven by {driving}"


def _named(vocabulary: Vocabulary, values: Float[Tensor, " v"]) -> list[str]:
    """The first tokens, if the view tells tokens apart at all."""
    least = TINY * float(values.abs().max())
    return [vocabulary.word(token) for token, value in top_tokens(values, N_TOKENS) if value > least]
