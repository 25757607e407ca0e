"""A vector for each position of a prompt, so that prompts under different conditions can be compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.auditset import Condition, Fact, Prompt
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.records import StreamSite


@dataclass(frozen=True, slots=True, eq=False)
class ByPosition:
    """One vector for each token of each phrase of a condition, and of the question.

    Positions are counted from the end of each phrase and of the question: there a phrase is complete, and the last
    token of a question is where the answer begins.
    """

    parts: Mapping[str, Float[Tensor, "k d"]]
    """By slot."""
    question: Float[Tensor, "q d"]
    """As many positions as the shortest question has."""

    @staticmethod
    def means(
        inputs: ProbeInputs, site: StreamSite, facts: Sequence[Fact], condition: Condition
    ) -> ByPosition:
        """Mean state over facts at a site of the stream, position by position."""
        prompts = inputs.prompts(facts, condition)
        streams = states_at(inputs, site, prompts)
        spans = {part.slot: span for part, span in zip(condition, prompts[0].spans, strict=True)}
        shortest = min(len(p.ids) - p.n_context for p in prompts)
        return ByPosition(
            {slot: torch.stack([s[a:b] for s in streams]).mean(0) for slot, (a, b) in spans.items()},
            torch.stack([s[len(s) - shortest :] for s in streams]).mean(0),
        )

    def minus(self, other: ByPosition) -> ByPosition:
        """The difference at the positions that both have, of the slots that both have."""
        shared = {slot: rows for slot, rows in self.parts.items() if slot in other.parts}
        parts = {slot: _difference(rows, other.parts[slot]) for slot, rows in shared.items()}
        return ByPosition(parts, _difference(self.question, other.question))

    def each(self, change: Callable[[Float[Tensor, "k d"]], Float[Tensor, "k d"]]) -> ByPosition:
        """With every block of rows changed, the phrases in order and then the question."""
        return ByPosition({slot: change(rows) for slot, rows in self.parts.items()}, change(self.question))

    def at(self, prompt: Prompt, condition: Condition) -> Float[Tensor, "t d"]:
        """Laid out over a prompt that was asked under a condition; zero where there is no row."""
        # What has no row stays zero: an edit made of it leaves that position as it is.
        out = self.question.new_zeros(len(prompt.ids), self.question.shape[1])
        for (start, end), part in zip(prompt.spans, condition, strict=True):
            rows = self.parts.get(part.slot, self.question[:0])
            k = min(end - start, len(rows))
            out[end - k : end] = rows[len(rows) - k :]
        k = min(len(prompt.ids) - prompt.n_context, len(self.question))
        out[len(out) - k :] = self.question[len(self.question) - k :]
        return out


def states_at(inputs: ProbeInputs, site: StreamSite, prompts: Sequence[Prompt]) -> list[Float[Tensor, "t d"]]:
    """The stream at a site, at all positions of each prompt."""
    ids = [p.ids for p in prompts]
    if not site.middle:
        return inputs.subject.streams(ids, site.layer)
    states = inputs.subject.states(ids, [site])[0]
    return [states[end - len(p) : end] for p, end in zip(ids, accumulate(map(len, ids)), strict=True)]


def by_length(
    inputs: ProbeInputs, facts: Sequence[Fact], condition: Condition
) -> list[list[tuple[Fact, Prompt]]]:
    """Facts with their prompts under a condition, those of one length together."""
    groups: dict[int, list[tuple[Fact, Prompt]]] = {}
    for fact, prompt in zip(facts, inputs.prompts(facts, condition), strict=True):
        groups.setdefault(len(prompt.ids), []).append((fact, prompt))
    return list(groups.values())


def redrawn(rows: Float[Tensor, "n d"], generator: torch.Generator) -> Float[Tensor, "n d"]:
    """At each position a random direction of the same length."""
    # From a generator of the caller's, so that the run's own random state is not touched.
    noise = torch.randn(rows.shape, generator=generator, dtype=rows.dtype)
    scale: Float[Tensor, "n 1"] = rows.norm(dim=-1, keepdim=True) / noise.norm(dim=-1, keepdim=True)
    return noise * scale


def _difference(one: Float[Tensor, "n d"], other: Float[Tensor, "m d"]) -> Float[Tensor, "k d"]:
    """Row by row from the end."""
    k = min(len(one), len(other))
    return one[len(one) - k :] - other[len(other) - k :]
