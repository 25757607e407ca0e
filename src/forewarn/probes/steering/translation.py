"""A cue's direction at every position where it can be compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.auditset import Context, Fact
from forewarn.probes.steering.swaps import Swap
from forewarn.records import Site
from forewarn.subjects.edits import Edit
from forewarn.subjects.interview import Interview


@dataclass(frozen=True, slots=True, eq=False)
class Translation:
    """What to add at a layer: to the context's positions, and to the question's counted from its end."""

    swap: Swap
    layer: int
    context: Float[Tensor, "c d"]
    """Empty where the contexts have different numbers of tokens."""
    question: Float[Tensor, "q d"]
    """As many positions as the shortest question has."""

    def edits(self, interview: Interview, facts: Sequence[Fact]) -> Iterator[tuple[Edit, list[Fact]]]:
        """An edit for each length of question, and the facts it is for."""
        groups: dict[int, list[Fact]] = {}
        for fact, prompt in zip(facts, interview.prompts(facts, self.swap.base.parts), strict=True):
            groups.setdefault(len(prompt.ids) - prompt.n_context, []).append(fact)
        for length, group in groups.items():
            yield Edit(self.layer, self._delta(length)), group

    def _delta(self, length: int) -> Float[Tensor, "k d"]:
        """Rows for the last positions of a prompt whose question has `length` tokens."""
        question = self.question[-length:]
        if not len(self.context):
            return question
        between = question.new_zeros(length - len(question), question.shape[1])
        return torch.cat([self.context, between, question])


def translation(interview: Interview, site: Site, swap: Swap, facts: Sequence[Fact]) -> Translation:
    """Mean difference between the swap's two contexts over facts, position by position."""
    away, towards = (_streams(interview, site.layer, facts, c) for c in (swap.away, swap.towards))
    n_away, n_towards, n_base = (
        _n_context(interview, facts[0], c) for c in (swap.away, swap.towards, swap.base)
    )
    shortest = min(len(stream) - n_away for stream in away)
    question = torch.stack([t[-shortest:] - a[-shortest:] for t, a in zip(towards, away, strict=True)]).mean(
        0
    )
    comparable = n_away == n_towards == n_base
    context = (
        torch.stack([t[:n_away] - a[:n_away] for t, a in zip(towards, away, strict=True)]).mean(0)
        if comparable
        else question[:0]
    )
    return Translation(swap, site.layer, context, question)


def random_like(move: Translation) -> Translation:
    """At each position a random direction of the same length, drawn by a generator of its own."""
    generator = torch.Generator().manual_seed(0)
    return replace(
        move, context=_redrawn(move.context, generator), question=_redrawn(move.question, generator)
    )


def _redrawn(rows: Float[Tensor, "n d"], generator: torch.Generator) -> Float[Tensor, "n d"]:
    noise = torch.randn(rows.shape, generator=generator, dtype=rows.dtype)
    return noise * (rows.norm(dim=-1, keepdim=True) / noise.norm(dim=-1, keepdim=True).clamp_min(1e-12))


def _streams(
    interview: Interview, layer: int, facts: Sequence[Fact], context: Context
) -> list[Float[Tensor, "t d"]]:
    prompts = [p.ids for p in interview.prompts(facts, context.parts)]
    return interview.subject.streams(prompts, layer)


def _n_context(interview: Interview, fact: Fact, context: Context) -> int:
    return interview.encoder.prompt(fact, context.parts).n_context
