"""A cue's direction at every position where it can be compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.auditset import Context, Fact, Prompt
from forewarn.probes.interview import Interview
from forewarn.probes.steering.swaps import Swap
from forewarn.records import Site
from forewarn.subjects.edits import Edit


@dataclass(frozen=True, slots=True, eq=False)
class Translation:
    """What to add at a layer: to each part of the context and to the question, counted from their ends."""

    swap: Swap
    layer: int
    parts: tuple[Float[Tensor, "k d"], ...]
    """For each part of the context, as many of its last tokens as both contexts have."""
    question: Float[Tensor, "q d"]
    """As many positions as the shortest question has."""

    def edits(self, interview: Interview, facts: Sequence[Fact]) -> Iterator[tuple[Edit, list[Fact]]]:
        """An edit for each length of prompt, and the facts it is for."""
        groups: dict[int, list[tuple[Fact, Prompt]]] = {}
        for fact, prompt in zip(facts, interview.prompts(facts, self.swap.base.parts), strict=True):
            groups.setdefault(len(prompt.ids), []).append((fact, prompt))
        for group in groups.values():
            yield Edit(self.layer, self._delta(group[0][1])), [fact for fact, _ in group]

    def _delta(self, prompt: Prompt) -> Float[Tensor, "t d"]:
        delta = self.question.new_zeros(len(prompt.ids), self.question.shape[1])
        for (start, end), rows in zip(prompt.spans, self.parts, strict=True):
            k = min(end - start, len(rows))
            delta[end - k : end] = rows[len(rows) - k :]
        delta[len(delta) - len(self.question) :] = self.question
        return delta


def translation(interview: Interview, site: Site, swap: Swap, facts: Sequence[Fact]) -> Translation:
    """Mean difference between the swap's two contexts over facts, position by position."""
    away, towards = (_Read.of(interview, site.layer, facts, c) for c in (swap.away, swap.towards))
    parts = tuple(_difference(t, a) for t, a in zip(towards.parts(), away.parts(), strict=True))
    return Translation(swap, site.layer, parts, _difference(towards.question(), away.question()))


def random_like(move: Translation) -> Translation:
    """At each position a random direction of the same length, drawn by a generator of its own."""
    generator = torch.Generator().manual_seed(0)
    parts = tuple(_redrawn(rows, generator) for rows in move.parts)
    return replace(move, parts=parts, question=_redrawn(move.question, generator))


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """Streams of some facts under one context, and where its parts stand."""

    streams: list[Float[Tensor, "t d"]]
    prompts: list[Prompt]

    @classmethod
    def of(cls, interview: Interview, layer: int, facts: Sequence[Fact], context: Context) -> _Read:
        prompts = interview.prompts(facts, context.parts)
        return cls(interview.subject.streams([p.ids for p in prompts], layer), prompts)

    def parts(self) -> list[Float[Tensor, "k d"]]:
        """Mean over facts at each token of each part."""
        return [torch.stack([s[a:b] for s in self.streams]).mean(0) for a, b in self.prompts[0].spans]

    def question(self) -> Float[Tensor, "q d"]:
        """Mean over facts at the last positions, as many as the shortest question has."""
        shortest = min(len(p.ids) - p.n_context for p in self.prompts)
        return torch.stack([s[len(s) - shortest :] for s in self.streams]).mean(0)


def _difference(towards: Float[Tensor, "n d"], away: Float[Tensor, "m d"]) -> Float[Tensor, "k d"]:
    """Row by row from the end."""
    k = min(len(towards), len(away))
    return towards[len(towards) - k :] - away[len(away) - k :]


def _redrawn(rows: Float[Tensor, "n d"], generator: torch.Generator) -> Float[Tensor, "n d"]:
    noise = torch.randn(rows.shape, generator=generator, dtype=rows.dtype)
    scale: Float[Tensor, "n 1"] = rows.norm(dim=-1, keepdim=True) / noise.norm(dim=-1, keepdim=True)
    return noise * scale
