"""The token embedding and the chain of blocks, found by what they do in one traced pass."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor

from forewarn.errors import SubjectError
from forewarn.subjects.finding.trial_pass import TrialPass
from forewarn.subjects.rounding import same
from forewarn.subjects.tracing import Call, TrialShape, trace_again


def find_embedding(trial: TrialPass) -> Call | None:
    """The module that looks the tokens up: the first one without parts that takes the ids and gives vectors."""
    for call in sorted(trial.calls, key=lambda c: c.start):
        if call.is_leaf and call.gave.is_floating_point() and _holds(call.given, trial.ids):
            return call
    return None


def position_limit(trial: TrialPass) -> int | None:
    """The longest prompt that a learned table of positions allows; None where there is no such table.

    Such a table is looked up with consecutive indices.
    """
    ids = trial.ids
    limits = [_rows_left(call, ids.shape[1]) for call in trial.calls if not _holds(call.given, ids)]
    return min((limit for limit in limits if limit is not None), default=None)


def find_blocks(trial: TrialPass) -> list[Call]:
    """The blocks in the order in which they run.

    They are the longest chain of siblings of which each is given what the one before gave, and which move
    information from one position to another.

    Raises:
        SubjectError: no such chain, or a block runs more than once a pass.
    """
    calls, shape = trial.calls, trial.shape
    chains = [_trimmed(chain, shape, trial.logits) for chain in _chains(calls, shape)]
    best = max((c for c in chains if c is not None), key=lambda c: c.rank, default=None)
    if best is None:
        raise SubjectError(
            "no blocks were found. Wanted: a row of modules, each taking the [B, T, d] output of the one before, "
            f"that move information between positions; {len(calls)} calls were traced. "
            "Name them with Overrides(blocks=(...))."
        )
    _refuse_repeats(best.calls, calls)
    return best.calls


def named_call(trial: TrialPass, name: str, option: str) -> Call:
    """The call of a module that the user named.

    Raises:
        SubjectError: there is no such module, or it did not run.
    """
    check_name(trial, name, option)
    found = [call for call in trial.calls if call.name == name]
    if len(found) != 1:
        raise SubjectError(
            f"Overrides({option}=...) names {name!r}, which ran {len(found)} times with a tensor in and a tensor "
            "out in one pass; it must run once."
        )
    return found[0]


def check_name(trial: TrialPass, name: str, option: str) -> None:
    """Refuse a name that the decoder does not have, and say which names are near it.

    Raises:
        SubjectError: there is no such module.
    """
    known = {n for n, _ in trial.decoder.named_modules()}
    if name not in known:
        close = difflib.get_close_matches(name, known, n=3) or sorted(known)[1:4]
        kind = type(trial.decoder).__name__
        raise SubjectError(
            f"Overrides({option}=...) names {name!r}, which the decoder {kind} does not have. "
            f"Names are relative to the decoder; close ones: {', '.join(close)}."
        )


def mixes(call: Call, shape: TrialShape) -> bool:
    """Whether what a module gives at later positions depends on what it was given at the first."""
    if not shape.is_stream(call) or not call.has_matrix():
        return False
    try:
        again = trace_again(call, shape.nudged(call.given))[-1].gave
        before = trace_again(call, call.given)[-1].gave
    except Exception:
        return False
    return not same(shape.later(again), shape.later(before))


@dataclass(frozen=True, slots=True, eq=False)
class _Chain:
    calls: list[Call]
    rank: tuple[int, int, bool, int]
    """What makes one chain better than another, the weightiest first.

    It has more modules that move information. It holds more of the matrices, as a block does more than its
    attention. Its names are numbers, as those of blocks are and that of the stack around them is not. It lies
    further out."""


def _chains(calls: Sequence[Call], shape: TrialShape) -> list[list[Call]]:
    siblings: dict[str, list[Call]] = defaultdict(list)
    for call in sorted(calls, key=lambda c: c.start):
        if call.name and shape.is_stream(call):
            siblings[call.name.rpartition(".")[0]].append(call)
    return [chain for row in siblings.values() for chain in _linked(row)]


def _linked(row: list[Call]) -> list[list[Call]]:
    chains: list[list[Call]] = []
    for call in row:
        if torch.equal(call.given, call.gave) and not call.has_matrix():
            continue
        if chains and torch.equal(chains[-1][-1].gave, call.given):
            chains[-1].append(call)
        else:
            chains.append([call])
    return chains


def _trimmed(chain: list[Call], shape: TrialShape, logits: Tensor) -> _Chain | None:
    """The chain from its first block to its last.

    What stands before the blocks (positions) and after them (a norm, the head) is cut off. None where nothing in
    the chain moves information.
    """
    mixing = [mixes(call, shape) for call in chain]
    if not any(mixing):
        return None
    first, last = mixing.index(True), len(chain) - mixing[::-1].index(True)
    # A block without attention may stand last; what gives the logits is the head, and no block.
    while last < len(chain) and chain[last].has_matrix() and not _is_head(chain[last], shape, logits):
        last += 1
    kept = chain[first:last]
    weights = sum(p.numel() for call in kept for p in call.module.parameters() if p.ndim >= 2)
    numbered = kept[0].name.rpartition(".")[2].isdigit()
    return _Chain(kept, (sum(mixing), weights, numbered, -kept[0].name.count(".")))


def _is_head(call: Call, shape: TrialShape, logits: Tensor) -> bool:
    return same(shape.tip(call.gave), logits)


def _refuse_repeats(blocks: Sequence[Call], calls: Sequence[Call]) -> None:
    for block in blocks:
        times = sum(call.name == block.name for call in calls)
        if times > 1:
            raise SubjectError(
                f"the block {block.name!r} runs {times} times in a pass (its weights are shared between layers). "
                "Forewarn reads the residual stream by block and needs each to run once."
            )


def _holds(given: Tensor, ids: Int[Tensor, "b t"]) -> bool:
    if given.is_floating_point() or given.dtype == torch.bool:
        return False
    return any(given.shape == x.shape and bool((given == x).all()) for x in (ids, ids.T))


def _rows_left(call: Call, length: int) -> int | None:
    weight = getattr(call.module, "weight", None)
    given = call.given
    if given.is_floating_point() or given.dtype == torch.bool or given.ndim < 1 or given.shape[-1] != length:
        return None
    # Learned positions are looked up with consecutive indices, which may begin above 0 (OPT begins at 2).
    steps = given[..., 1:] - given[..., :-1]
    if not (isinstance(weight, Tensor) and weight.ndim == 2 and bool((steps == 1).all())):
        return None
    return int(weight.shape[0]) - int(given.max()) - 1 + length
