"""What can be done to a phrase of a context: another one in its place, or a push of the same size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.auditset import Condition, Part, Prompt, substitute
from forewarn.instruments.leaning.panel import Panel, logits_of
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.instruments.search.moves import phrases
from forewarn.subjects.edits import Edit


def cues(inputs: ProbeInputs, base: Condition, most: int) -> tuple[Part, ...]:
    """Phrases that can stand in another's place in a context; more than `most` are thinned evenly."""
    slots = {p.slot for p in base}
    found = [p for p in phrases(inputs.audit_set) if p.slot in slots and p not in base]
    n = min(len(found), most)
    return tuple(found[i * len(found) // n] for i in range(n))


def told(inputs: ProbeInputs, cue: Part, panel: Panel) -> Float[Tensor, "f v"]:
    """Logits with the cue in its slot."""
    return logits_of(inputs, panel.facts, substitute(panel.base, cue))


def pushed(inputs: ProbeInputs, cue: Part, panel: Panel) -> Float[Tensor, "f v"]:
    """Logits when the phrase in the cue's slot is pushed in random directions, as far as the cue would move it.

    At the embedding's output, token by token from the phrase's end.
    """
    prompts, place = inputs.prompts(panel.facts, panel.base), [p.slot for p in panel.base].index(cue.slot)
    out = torch.empty_like(panel.logits)
    for rows in _by_length(prompts):
        ids, (start, end) = prompts[rows[0]].ids, prompts[rows[0]].spans[place]
        push = _push(inputs, ids[start:end], inputs.encoder.piece(cue.phrase, first=place == 0))
        delta = push.new_zeros(len(ids), push.shape[1])
        delta[end - len(push) : end] = push
        out[rows] = inputs.subject.logits([prompts[row].ids for row in rows], [Edit(0, delta)])
    return out


def _push(inputs: ProbeInputs, old: Sequence[int], new: Sequence[int]) -> Float[Tensor, "k d"]:
    """Random directions, each as long as the step from the one phrase's token to the other's.

    Where all tokens that can be compared are the same, as long as the tokens themselves.
    """
    k = min(len(old), len(new))
    before, after = (inputs.subject.embedding_of(t[len(t) - k :]) for t in (old, new))
    sizes = (after - before).norm(dim=-1, keepdim=True)
    noise = torch.randn(before.shape, generator=torch.Generator().manual_seed(0), dtype=before.dtype)
    lengths = sizes if sizes.any() else after.norm(dim=-1, keepdim=True)
    push: Float[Tensor, "k d"] = noise / noise.norm(dim=-1, keepdim=True) * lengths
    return push


def _by_length(prompts: Sequence[Prompt]) -> Iterator[list[int]]:
    lengths = [len(p.ids) for p in prompts]
    yield from ([i for i, n in enumerate(lengths) if n == length] for length in dict.fromkeys(lengths))
