"""The heads of one block: found in the harness, verified on what the model does by itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.records import StreamSite
from forewarn.subjects.anatomy.block import Block, near, no_norm, off
from forewarn.subjects.anatomy.maps import joined, names
from forewarn.subjects.anatomy.mixing import Mixing, find_mixing
from forewarn.subjects.anatomy.norms import NormWeights
from forewarn.subjects.anatomy.outlets import Outlet, find_outlet, reach
from forewarn.subjects.anatomy.parts import HeadWeights, Unsupported
from forewarn.subjects.anatomy.scores import AttentionScores, ScoreForm, find_scores
from forewarn.subjects.anatomy.wiring import Feed

_SHORTEST = 3
"""Positions without which weights cannot be told from each other."""


@final
class HeadFinder:
    """Finds heads block after block; how one block scores is tried on the next before it is measured anew."""

    def __init__(self) -> None:
        self._form: ScoreForm | None = None

    def find(self, block: Block) -> HeadWeights | Unsupported:
        """The heads of a block."""
        outlet = _outlet(block)
        if isinstance(outlet, Unsupported):
            return outlet
        feed = _feed(block, outlet)
        if isinstance(feed, Unsupported):
            return feed
        mixing = find_mixing(feed)
        if isinstance(mixing, str):
            return Unsupported(
                f"the attention {block.attention!r} of block {block.layer} mixes no values: {mixing}"
            )
        reading = _reading(block, feed, mixing)
        if isinstance(reading, Unsupported):
            return reading
        scores = find_scores(feed, mixing, self._form) if reading.whole else reading.why
        if isinstance(scores, AttentionScores):
            self._form = scores.form
        weights = _scoring(_weights(block, outlet, mixing, reading), reading, scores)
        return _verified(block, outlet, feed, mixing, weights)


@dataclass(frozen=True, slots=True, eq=False)
class _Reading:
    """What the rows of the maps read from the block's input."""

    norm: NormWeights
    folded: Float[Tensor, "r d"]
    """The vectors; they mean something only for the rows of maps that read the stream."""
    constants: Float[Tensor, " r"]
    why: str
    """Why not all rows read the stream; empty where they do."""

    @property
    def whole(self) -> bool:
        """Whether all rows read the stream."""
        return not self.why


def _outlet(block: Block) -> Outlet | Unsupported:
    addend, harness = block.joint.attention, block.harness
    found = None if addend is None else find_outlet(harness, block.maps, addend.name, addend.scale)
    if found is not None:
        return found
    if block.attention is None:
        return Unsupported(f"block {block.layer} has no attention that was found")
    if find_outlet(harness, block.maps, block.attention) is None:
        return Unsupported(
            f"a module that is a matrix and gives what the attention {block.attention!r} of block {block.layer} "
            "gives was wanted; there is none inside it"
        )
    between = f"{addend.name!r} stands between" if addend else "the block adds something else"
    return Unsupported(
        f"what one head of block {block.layer} adds to the stream depends on all the others: the attention "
        f"{block.attention!r} should give what is added, but {between}"
    )


def _feed(block: Block, outlet: Outlet) -> Feed | Unsupported:
    length = block.harness.given.shape[1]
    if length < _SHORTEST:
        return Unsupported(f"heads are told apart on prompts of {_SHORTEST} tokens; the model takes {length}")
    maps = reach(block.harness, block.maps, outlet.map, {})
    if not maps:
        return Unsupported(
            f"what goes into {outlet.map.name!r} of block {block.layer} depends on no matrix that is a module"
        )
    return Feed(block.harness, maps, outlet.map.name, {})


def _reading(block: Block, feed: Feed, mixing: Mixing) -> _Reading | Unsupported:
    """The norm before the values, and which other maps read through it."""
    owner = torch.repeat_interleave(torch.arange(len(feed.maps)), torch.tensor(feed.sizes))
    valued = [feed.maps[k] for k in sorted(set(owner[mixing.values.flatten().cpu()].tolist()))]
    given = block.harness.run([m.name for m in feed.maps]).given
    width = block.harness.given.shape[-1]
    apart = [
        m for m in feed.maps if m.width != width or not torch.equal(given[m.name], given[valued[0].name])
    ]
    if any(m in apart for m in valued):
        return Unsupported(
            f"values of block {block.layer} come from {names(valued)}, which do not all read the stream"
        )
    norm = block.norm_before(valued[0].name, False)
    if norm is None:
        return Unsupported(no_norm(block, valued[0].name))
    matrix, constants = joined(feed.maps, apart)
    why = f"{names(apart)} read something else than the values do" if apart else ""
    return _Reading(norm, norm.fold(matrix), constants + norm.offset(matrix), why)


def _weights(block: Block, outlet: Outlet, mixing: Mixing, reading: _Reading) -> HeadWeights:
    out, _ = outlet.map.weights()
    return HeadWeights(
        site=StreamSite(block.layer - 1),
        norm=reading.norm,
        query=None,
        key=None,
        value=reading.folded[mixing.values],
        # out is [d, channels]: its transpose has one row a channel, gathered into [h, r, d].
        write=out.T[mixing.channels] * outlet.factor,
        writes_to=StreamSite(block.layer, block.joint.middle),
        value_bias=reading.constants[mixing.values],
    )


def _scoring(weights: HeadWeights, reading: _Reading, scores: AttentionScores | str) -> HeadWeights:
    if isinstance(scores, str):
        return replace(weights, reason=scores)
    return replace(
        weights,
        query=reading.folded[scores.queries],
        key=reading.folded[scores.keys],
        query_bias=reading.constants[scores.queries],
        key_bias=reading.constants[scores.keys],
        rotary=scores.form.rotary,
        scale=scores.form.scale,
    )


def _verified(
    block: Block, outlet: Outlet, feed: Feed, mixing: Mixing, weights: HeadWeights
) -> HeadWeights | Unsupported:
    """The weights, where they reproduce the values and the addend of the pass; otherwise why they do not."""
    addend = block.joint.attention
    seen = block.harness.run(
        [*(m.name for m in feed.maps), outlet.map.name, *([addend.name] if addend else [])]
    )
    rows = torch.cat([seen.gave[m.name] for m in feed.maps], -1)
    h = block.harness.given
    checks = {"values": (weights.values(h), rows[..., mixing.values])}
    if addend is not None:
        z = seen.given[outlet.map.name][..., mixing.channels]
        added = seen.gave[addend.name] * addend.scale
        found = torch.einsum("bthr,hrd->btd", z, weights.write)
        # Taking the first position of the first prompt from all removes constants, such as the outlet's bias.
        checks["what it adds"] = (found - found[:1, :1], added - added[:1, :1])
    return next((off(block, what, *pair) for what, pair in checks.items() if not near(*pair)), weights)
