"""How a decoder makes logits of its last block: final norm, unembedding, and what is done to the logits then."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import linear

from forewarn.errors import SubjectError
from forewarn.subjects.calling import gave_tensor, hooks, last_logits, with_gave
from forewarn.subjects.finding.trial_pass import TrialPass
from forewarn.subjects.found import FoundDecoder
from forewarn.subjects.layout import Tail
from forewarn.subjects.quiet import undisturbed
from forewarn.subjects.reading.readout import FUNCTIONS, apply_function, oriented, with_tail
from forewarn.subjects.rounding import plain, same
from forewarn.subjects.tracing import Call, TrialShape

_SIZES = (1e-2, 1.0, 30.0, 1e3, 1e5)
"""Largest raw logit of each probing pass: small enough to see a scale, large enough to see a soft cap."""


@dataclass(frozen=True, slots=True)
class FoundReadout:
    """What was found after the last block; names are relative to the decoder."""

    steps: tuple[str, ...]
    unembedding: str
    functional: bool
    tail: Tail


def find_readout(trial: TrialPass, last: Call) -> FoundReadout:
    """The readout of a decoder whose last block is known.

    Raises:
        SubjectError: the logits cannot be explained by an unembedding of the last block's output.
    """
    after = trial.after(last)
    module = _unembedding_call(after, trial.logits)
    if module is None:
        return _functional_readout(trial, after, last)
    steps = _path(after, last.gave, module.given, trial.shape)
    if steps is None:
        raise SubjectError(_no_path(last.name, module.name))
    tail = explain_tail(trial, trial.decoder.get_submodule(module.name), None)
    if tail is None:
        raise SubjectError(_no_tail(module.name))
    return FoundReadout(steps, module.name, False, tail)


def readout_named(trial: TrialPass, steps: tuple[str, ...], unembedding: str, last: str) -> FoundReadout:
    """The readout whose parts the user named: an unembedding module, or a parameter.

    Raises:
        SubjectError: the name is neither, or the logits are not explained by it.
    """
    decoder = trial.decoder
    matrices = dict(decoder.named_parameters(remove_duplicate=False))
    functional = unembedding in matrices
    if not functional and unembedding not in dict(decoder.named_modules(remove_duplicate=False)):
        raise SubjectError(
            f"Overrides(unembedding=...) names {unembedding!r}, which is neither a module nor a parameter of "
            f"{type(decoder).__name__}."
        )
    matrix = matrices.get(unembedding)
    source = (steps[-1] if steps else last) if functional else unembedding
    tail = explain_tail(trial, decoder.get_submodule(source), matrix)
    if tail is None:
        raise SubjectError(_no_tail(unembedding))
    return FoundReadout(steps, unembedding, functional, tail)


def tail_of(found: FoundDecoder, ids: Int[Tensor, "b t"]) -> Tail | None:
    """The tail of a decoder whose parts are known, with the weights that its copy holds now."""
    layout = found.layout
    source = (layout.readout or layout.blocks)[-1] if layout.functional else layout.unembedding
    matrix = found.tensor(layout.unembedding) if layout.functional else None
    with undisturbed(found.device):
        return _explained(
            lambda: last_logits(found.module, ids, layout.calling),
            TrialShape(*ids.shape),
            found.part(source),
            matrix,
        )


def explain_tail(trial: TrialPass, source: nn.Module, matrix: Float[Tensor, "v w"] | None) -> Tail | None:
    """What the decoder does to raw logits of known sizes, which are made by scaling what `source` gives.

    None if neither scale, soft cap nor log-softmax explains it. `source` is the unembedding itself, or with
    `matrix` the module whose output that matrix multiplies.
    """
    return _explained(
        lambda: last_logits(trial.decoder, trial.ids, trial.calling), trial.shape, source, matrix
    )


def _explained(
    answer: Callable[[], Float[Tensor, "b v"]], shape: TrialShape, source: nn.Module, matrix: Tensor | None
) -> Tail | None:
    pairs = [_driven(answer, shape, source, matrix, size) for size in _SIZES]
    if not all(x.shape == y.shape and bool(y.isfinite().all()) for x, y in pairs):
        return None
    for tail in _guesses(pairs):
        if all(same(with_tail(raw, tail), out, 2e-4) for raw, out in pairs):
            return tail
    return None


def _driven(
    answer: Callable[[], Float[Tensor, "b v"]],
    shape: TrialShape,
    source: nn.Module,
    matrix: Tensor | None,
    size: float,
) -> tuple[Tensor, Tensor]:
    """(raw logits, the decoder's logits) at the last position when the largest raw one is `size`."""
    seen: list[Tensor] = []

    def scale(module: nn.Module, args: Any, output: Any) -> Any:
        stream = gave_tensor(output)
        if stream is None:
            return output
        raw = stream if matrix is None else linear(stream, oriented(matrix, stream.shape[-1]))
        # The unembedding is linear, so that scaling what it is given, or what it gives, scales the raw logits.
        factor = size / raw.abs().max().clamp_min(1e-20)
        seen.append(raw * factor)
        return with_gave(output, stream * factor)

    with hooks([source.register_forward_hook(scale)]):
        out = answer()
    return (shape.tip(seen[0]) if seen else out[:0]), out


def _guesses(pairs: Sequence[tuple[Tensor, Tensor]]) -> Iterator[Tail]:
    # tanh(x) is x for the smallest logits, which show the scale, and 1 for the largest, which show the cap.
    small, middle, large = pairs[0], pairs[2], pairs[-1]
    scale, cap = _slope(*small), plain(float(large[1].abs().max()))
    yield Tail(scale)
    yield Tail(scale, cap)
    # A log-softmax takes one number from all logits of a row: what is left after centring is only scaled.
    yield Tail(_slope(*map(_centred, middle)), normalised=True)


def _slope(raw: Tensor, out: Tensor) -> float:
    return plain(float((raw * out).sum() / (raw * raw).sum().clamp_min(1e-30)))


def _centred(x: Tensor) -> Tensor:
    return x - x.mean(-1, keepdim=True)


def _unembedding_call(after: Sequence[Call], logits: Float[Tensor, "b v"]) -> Call | None:
    wide = [c for c in after if c.gave.shape[-1] == logits.shape[-1] and c.has_matrix() and c.gave.ndim >= 2]
    wide = [c for c in wide if c.given.is_floating_point()]
    while wide:
        outer = min(wide, key=lambda c: (c.name.count("."), -c.end))
        if not isinstance(outer.module, nn.Sequential):
            return outer
        wide = [c for c in wide if c is not outer]
    return None


def _path(after: Sequence[Call], start: Tensor, goal: Tensor, shape: TrialShape) -> tuple[str, ...] | None:
    """Names of the modules that lead from one tensor to another; None where no modules do.

    Each of them is given what the one before it gave. The last may be a norm that is a bare function.
    """
    here, names = shape.tip(start), list[str]()
    target = shape.tip(goal)
    if same(here, target, 1e-6):
        return ()
    # Calls that change nothing (dropout, identity) are no step: the tip is the same before and after.
    for call in sorted(after, key=lambda c: c.end):
        if not same(shape.tip(call.given), here, 1e-6) or same(shape.tip(call.gave), here, 1e-6):
            continue
        names.append(call.name)
        here = shape.tip(call.gave)
        if same(here, target, 1e-6):
            return tuple(names)
    bare = (name for name in FUNCTIONS if same(apply_function(name, here), target))
    return next(((*names, name) for name in bare), None)


def _functional_readout(trial: TrialPass, after: Sequence[Call], last: Call) -> FoundReadout:
    """A readout whose last step is no module: logits = x @ P.T.

    P is a parameter, and x is what a module after the last block gave.
    """
    vocab = trial.logits.shape[-1]
    for source in (*sorted(after, key=lambda c: -c.end), last):
        steps = () if source is last else _path(after, last.gave, source.gave, trial.shape)
        if steps is None:
            continue
        for name, matrix in _matrices(trial.decoder, vocab, source.gave.shape[-1]):
            tail = explain_tail(trial, source.module, matrix)
            if tail is not None:
                return FoundReadout(steps, name, True, tail)
    raise SubjectError(
        f"no unembedding was found after the last block {last.name!r}. Wanted: a module that gives the "
        f"{vocab} logits from the block's output, or a parameter [V, d] with logits = norm(h) @ P.T. "
        "Name it with Overrides(unembedding=...), and the final norm with Overrides(norm=...)."
    )


def _matrices(decoder: nn.Module, vocab: int, width: int) -> list[tuple[str, Tensor]]:
    shapes = {(vocab, width), (width, vocab)}
    return [(name, p) for name, p in decoder.named_parameters() if tuple(p.shape) in shapes]


def _no_path(last: str, unembedding: str) -> str:
    return (
        f"no modules lead from the last block {last!r} to the unembedding {unembedding!r}. Wanted: "
        "unembedding(norm(last block)), every step a module. If these are the wrong parts, name the right ones "
        "with Overrides(blocks=..., norm=..., unembedding=...)."
    )


def _no_tail(unembedding: str) -> str:
    return (
        f"the logits are not explained by the unembedding {unembedding!r}: what follows it is neither a scale, a "
        "soft cap cap*tanh(x/cap), nor a log-softmax. If another part gives the logits, name it with "
        "Overrides(unembedding=...)."
    )
