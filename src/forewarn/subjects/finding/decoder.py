"""Whether a part of a module is a decoder: it maps token ids to logits, causally."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from forewarn.errors import AuditSetError
from forewarn.subjects.calling import ALONE, logits_of, run
from forewarn.subjects.finding.ways import ways
from forewarn.subjects.layout import Calling
from forewarn.subjects.rounding import same

NO_PARTS = "has no parts"
_SHORTEST, _LONGEST = 6, 12


def trial_ids(example: Sequence[int]) -> Int[Tensor, "2 t"]:
    """Two prompts of one length between 6 and 12 made of the example's tokens: repeated, and that reversed.

    Raises:
        AuditSetError: the example holds no token.
    """
    if not example:
        raise AuditSetError(
            "the example prompt is empty; opening a model needs a prompt of at least one token"
        )
    tokens = [int(token) for token in example]
    if len(set(tokens)) == 1:
        tokens.append(0 if tokens[0] else 1)
    length = min(max(len(tokens), _SHORTEST), _LONGEST)
    row = (tokens * length)[:length]
    if len(set(row)) == 1:
        row[-1] = next(token for token in tokens if token != row[0])
    return torch.tensor([row, row[::-1]])


def changed_at(ids: Int[Tensor, "b t"], position: int) -> Int[Tensor, "b t"]:
    """The same prompts with another of their tokens at one position."""
    out = ids.clone()
    for row in out:
        row[position] = next(token for token in ids.flatten() if token != row[position])
    return out


def way_of(part: nn.Module, ids: Int[Tensor, "2 t"]) -> Calling | None:
    """The plainest way of calling in which a part is a causal decoder; None where there is none."""
    return next((way for way in ways(part, ids) if why_not(part, ids, way) is None), None)


def answers(part: nn.Module, ids: Int[Tensor, "2 t"], calling: Calling) -> Float[Tensor, "2 t v"]:
    """The logits of a part that is known to be a decoder, at all positions that it gives."""
    logits = logits_of(run(part, ids, calling))
    if logits is None:
        raise TypeError(f"{type(part).__name__} returned no logits [B, T, V]")
    return logits


def why_not(part: nn.Module, ids: Int[Tensor, "2 t"], calling: Calling = ALONE) -> str | None:
    """Why a part is no causal decoder when it is called in one way; None when it is one."""
    if next(part.children(), None) is None:
        return NO_PARTS
    try:
        outputs = [logits_of(run(part, x, calling)) for x in _questions(ids)]
    except Exception as error:
        return f"raised {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    logits, again, last, first = outputs
    if logits is None or again is None or last is None or first is None:
        return "returned no tensor [B, T, V]"
    if not same(logits, again):
        return "gives other values each time: it draws random numbers although it is in eval mode"
    return _wrong_shape(logits, ids) or _wrong_flow(logits, last, first)


def _questions(ids: Int[Tensor, "2 t"]) -> Iterator[Int[Tensor, "2 t"]]:
    """The trial prompts, the same again, and those with another last and with another first token."""
    yield from (ids, ids, changed_at(ids, -1), changed_at(ids, 0))


def _wrong_shape(logits: Tensor, ids: Int[Tensor, "2 t"]) -> str | None:
    batch, length = ids.shape
    if tuple(logits.shape[:2]) not in {(batch, length), (batch, 1)}:
        return f"returned {list(logits.shape)} for ids {[batch, length]}"
    if logits.shape[-1] <= int(ids.max()):
        return f"returned {logits.shape[-1]} values a position, too few for token {int(ids.max())}"
    return None


def _wrong_flow(logits: Tensor, last: Tensor, first: Tensor) -> str | None:
    """`last` and `first` are the logits after that token was changed."""
    if not same(logits[:, :-1], last[:, :-1]):
        return "is not causal: its values at earlier positions change with the last token"
    if same(logits[:, -1], first[:, -1]):
        return "does not carry the first token to the last position"
    return None
