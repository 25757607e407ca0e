"""The locator: from one tiny batch to the layout of a decoder, without a table of names.

Every module is watched in one pass; blocks are the chain that carries the first token to later positions;
attention is the part of a block that does so; the head is what turns the last block's output into the logits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jaxtyping import Int
from torch import Tensor, nn

from forewarn.errors import SubjectError
from forewarn.subjects.calling import last_logits
from forewarn.subjects.finding import changed_at
from forewarn.subjects.layout import Layout, Overrides
from forewarn.subjects.locate_blocks import (
    check_name,
    find_blocks,
    find_embedding,
    named_call,
    position_limit,
)
from forewarn.subjects.locate_joints import find_joint
from forewarn.subjects.locate_parts import Parts, find_parts, runs_parallel
from forewarn.subjects.locate_readout import Head, find_head, head_named
from forewarn.subjects.readout import FUNCTION
from forewarn.subjects.tracing import Call, Grid, same, trace_pass


def locate(decoder: nn.Module, ids: Int[Tensor, "b t"], overrides: Overrides, path: str = "") -> Layout:
    """The layout of a decoder, read off a shaken copy of it (`finding.shake`).

    Raises:
        SubjectError: a part was not found; the message names what was wanted and the override to give.
    """
    grid = Grid(*ids.shape)
    logits = last_logits(decoder, ids)
    calls, _ = trace_pass(decoder, ids)
    blocks = _blocks(decoder, calls, grid, overrides, logits)
    embedding = _embedding(decoder, calls, ids, overrides)
    _refuse_bidirectional(decoder, ids, blocks[-1], grid)
    parts = [find_parts(block, grid) for block in blocks]
    attention = _named(decoder, overrides.attention, "attention", len(blocks)) or tuple(
        p.attention for p in parts
    )
    mlp = _named(decoder, overrides.mlp, "mlp", len(blocks)) or tuple(p.mlp for p in parts)
    head = _head(decoder, ids, calls, blocks[-1], grid, overrides)
    return Layout(
        decoder=path,
        embedding=embedding.name if embedding else None,
        blocks=tuple(b.name for b in blocks),
        attention=attention,
        mlp=mlp,
        readout=head.readout,
        unembedding=head.unembedding,
        functional=head.functional,
        tail=head.tail,
        n_layers=len(blocks),
        width=int(blocks[0].given.shape[-1]),
        vocab=int(logits.shape[-1]),
        tokens=_token_count(embedding, int(logits.shape[-1])),
        max_length=overrides.max_length or _longest(decoder, position_limit(calls, ids)),
        parallel=runs_parallel(blocks[0], parts[0].attention, parts[0].mlp),
        time_first=grid.axis(blocks[0].given) == 0,
        joints=tuple(find_joint(b, a, m, grid) for b, a, m in zip(blocks, attention, mlp, strict=True)),
        classes=_classes(decoder, embedding, blocks[0], parts[0], head),
        notes=_notes(embedding, parts),
    )


def _blocks(
    decoder: nn.Module, calls: Sequence[Call], grid: Grid, overrides: Overrides, logits: Tensor
) -> list[Call]:
    if overrides.blocks is None:
        return find_blocks(calls, grid, logits)
    blocks = [named_call(calls, decoder, name, "blocks") for name in overrides.blocks]
    for block in blocks:
        if not grid.is_stream(block):
            raise SubjectError(
                f"the block {block.name!r} takes {list(block.given.shape)} and gives {list(block.gave.shape)}; a "
                f"block must take and give the same [B, T, d], here [{grid.batch}, {grid.length}, d]."
            )
    return blocks


def _named(
    decoder: nn.Module, names: tuple[str | None, ...] | None, option: str, n_layers: int
) -> tuple[str | None, ...] | None:
    """One name or None for each block, as the user gave them."""
    if names is None:
        return None
    if len(names) != n_layers:
        raise SubjectError(
            f"Overrides({option}=...) gives {len(names)} names for {n_layers} blocks; give one, or None, for each"
        )
    for name in names:
        if name is not None:
            check_name(decoder, name, option)
    return names


def _embedding(
    decoder: nn.Module, calls: Sequence[Call], ids: Int[Tensor, "b t"], overrides: Overrides
) -> Call | None:
    if overrides.embedding is None:
        return find_embedding(calls, ids)
    return named_call(calls, decoder, overrides.embedding, "embedding")


def _refuse_bidirectional(decoder: nn.Module, ids: Int[Tensor, "b t"], last: Call, grid: Grid) -> None:
    calls, _ = trace_pass(decoder, changed_at(ids, -1))
    other = next(c.gave for c in calls if c.name == last.name)
    cut = slice(0, grid.length - 1)
    before, after = (x[cut] if grid.axis(x) == 0 else x[:, cut] for x in (last.gave, other))
    if not same(before, after):
        raise SubjectError(
            f"the model is not causal: the last block {last.name!r} gives other values at earlier positions when "
            "the last token changes. Forewarn reads decoders in which each position sees only earlier ones."
        )


def _head(
    decoder: nn.Module,
    ids: Int[Tensor, "b t"],
    calls: Sequence[Call],
    last: Call,
    grid: Grid,
    overrides: Overrides,
) -> Head:
    after = [c for c in calls if c.start > last.end]
    if overrides.unembedding is None and overrides.norm is None:
        return find_head(decoder, ids, after, last, grid)
    found = None
    if overrides.unembedding is None or overrides.norm is None:
        found = find_head(decoder, ids, after, last, grid)
    readout = found.readout if found else ()
    if overrides.norm is not None:
        readout = (named_call(calls, decoder, overrides.norm, "norm").name,) if overrides.norm else ()
    unembedding = overrides.unembedding or (found.unembedding if found else "")
    return head_named(decoder, ids, readout, unembedding, last.name)


def _token_count(embedding: Call | None, vocab: int) -> int:
    weight = getattr(embedding.module, "weight", None) if embedding else None
    return int(weight.shape[0]) if isinstance(weight, Tensor) and weight.ndim == 2 else vocab


def _longest(decoder: nn.Module, table: int | None) -> int | None:
    """The shorter of the learned position table and what a transformers configuration states."""
    config: Any = getattr(decoder, "config", None)
    text = config.get_text_config() if hasattr(config, "get_text_config") else config
    stated = getattr(text, "max_position_embeddings", None)
    limits = [x for x in (table, stated) if isinstance(x, int) and x > 0]
    return min(limits, default=None)


def _classes(
    decoder: nn.Module, embedding: Call | None, block: Call, parts: Parts, head: Head
) -> tuple[tuple[str, str], ...]:
    names = {
        "decoder": "",
        "embedding": embedding.name if embedding else None,
        "block": block.name,
        "attention": parts.attention,
        "mlp": parts.mlp,
        "norm": next((name for name in head.readout if not name.startswith(FUNCTION)), None),
        "unembedding": None if head.functional else head.unembedding,
    }
    found = {part: type(decoder.get_submodule(n)).__name__ for part, n in names.items() if n is not None}
    return tuple(found.items())


def _notes(embedding: Call | None, parts: Sequence[Parts]) -> tuple[str, ...]:
    notes = []
    if embedding is None:
        notes.append("no module looks tokens up: embeddings are read at the input of the first block")
    missing = [k for k, p in enumerate(parts, 1) if p.attention is None]
    if missing:
        notes.append(
            f"no module of blocks {missing} carries the first position to later ones: no attention site"
        )
    bare = [k for k, p in enumerate(parts, 1) if p.mlp is None]
    if bare:
        notes.append(f"blocks {bare} hold no position-wise matrix of the stream's width: no MLP site")
    flat = [k for k, p in enumerate(parts, 1) if p.flat and p.mlp is not None]
    if flat:
        notes.append(f"blocks {flat} are flat: `mlp` is their last position-wise matrix")
    return tuple(notes)
