"""Which part of a module is the decoder: the outermost that maps token ids to logits causally."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import torch
from jaxtyping import Int
from torch import Tensor, nn

from forewarn.errors import AuditSetError, SubjectError
from forewarn.subjects.calling import logits_of
from forewarn.subjects.rounding import same

_SHORTEST, _LONGEST = 6, 12
_SHOWN = 6


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


def shake(module: nn.Module) -> nn.Module:
    """Random noise on every weight, in place: where the parts are does not depend on what they have learned.

    A fresh model may hold layers that are exactly zero, through which nothing can be traced. The noise has a tenth
    of each weight's size (or, where that is zero, half of what a fresh layer would have).
    """
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in module.parameters():
            if weight.is_floating_point():
                # A run that has diverged is located too; `check_subject` then says that it has.
                weight.nan_to_num_(0.0, 1.0, -1.0)
                size = float(weight.pow(2).mean().sqrt()) * 0.1 if weight.numel() else 0.0
                size = size or 0.5 / max(weight.shape[-1] if weight.ndim else 1, 1) ** 0.5
                weight.add_((torch.randn(weight.shape, generator=generator) * size).to(weight))
    return module


def search_decoder(twin: nn.Module, ids: Int[Tensor, "2 t"], trainable: Collection[str]) -> str:
    """Path of the decoder in a shaken copy; `trainable` names the parameters that training changes.

    Raises:
        SubjectError: no part is a decoder, or several are and training does not tell them apart.
    """
    reasons: dict[str, str] = {}
    found: list[str] = []
    outside_in = sorted(twin.named_modules(), key=lambda item: item[0].count(".") + bool(item[0]))
    for name, part in outside_in:
        if any(not f or name.startswith(f + ".") for f in found):
            continue
        reason = _why_not(part, ids)
        if reason is None:
            found.append(name)
        else:
            reasons[name] = reason
    if len(found) > 1:
        trained = [f for f in found if any(n.startswith(f + ".") for n in trainable)]
        found = trained if len(trained) == 1 else found
    if len(found) == 1:
        return found[0]
    raise SubjectError(_several(found) if found else _none(type(twin).__name__, reasons))


def _why_not(part: nn.Module, ids: Int[Tensor, "2 t"]) -> str | None:
    """Why a part is no causal decoder; None when it is one."""
    if next(part.children(), None) is None:
        return "has no parts"
    try:
        outputs = [logits_of(part(x)) for x in (ids, ids, changed_at(ids, -1), changed_at(ids, 0))]
    except Exception as error:
        return f"raised {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    logits, again, last, first = outputs
    if logits is None or again is None or last is None or first is None:
        return "returned no tensor [B, T, V]"
    if not same(logits, again):
        return "gives other values each time: it draws random numbers although it is in eval mode"
    return _wrong_shape(logits, ids) or _wrong_flow(logits, last, first)


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


def _several(found: list[str]) -> str:
    return (
        f"several decoders were found: {', '.join(map(repr, found))}, and more than one or none of them is being "
        "trained. One was wanted; name it with Overrides(decoder=...)."
    )


def _none(kind: str, reasons: dict[str, str]) -> str:
    telling = {n: r for n, r in reasons.items() if r != "has no parts"}
    first = sorted(telling, key=lambda n: not telling[n].startswith(("is not causal", "gives other")))[
        :_SHOWN
    ]
    tried = "\n".join(f"  {name or '(the module itself)'}: {telling[name]}" for name in first)
    return (
        f"no decoder was found in {kind}. Wanted: a part that maps token ids [B, T] to logits [B, T, V], each "
        f"position seeing only earlier ones. Tried {len(reasons)} parts, among them:\n{tried}\n"
        "Name the decoder with Overrides(decoder=...) if it is there."
    )
