"""The locator: from one tiny batch to the layout of a decoder, without a table of names.

Every module is watched in one pass. Blocks are the chain that carries the first token to later positions.
Attention is the part of a block that does so. The readout is what turns the last block's output into the logits.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from forewarn.errors import SubjectError
from forewarn.subjects.configuration import entry, text_config
from forewarn.subjects.finding.blocks import (
    check_name,
    find_blocks,
    find_embedding,
    named_call,
    position_limit,
)
from forewarn.subjects.finding.decoder import changed_at
from forewarn.subjects.finding.joints import find_joint
from forewarn.subjects.finding.parts import Parts, find_parts, runs_parallel
from forewarn.subjects.finding.readout import FoundReadout, find_readout, readout_named
from forewarn.subjects.finding.trial_pass import TrialPass
from forewarn.subjects.layout import Layout, Overrides
from forewarn.subjects.reading.readout import FUNCTION
from forewarn.subjects.rounding import same
from forewarn.subjects.tracing import Call


def locate(trial: TrialPass, overrides: Overrides, path: str = "") -> Layout:
    """The layout of a decoder, read off one pass of a shaken copy of it (`decoder.shake`).

    Raises:
        SubjectError: a part was not found; the message names what was wanted and the override to give.
    """
    blocks, embedding = _blocks(trial, overrides), _embedding(trial, overrides)
    _refuse_bidirectional(trial, blocks[-1])
    parts = [find_parts(block, trial.shape) for block in blocks]
    attention = _named(trial, overrides.attention, "attention", len(blocks)) or tuple(
        p.attention for p in parts
    )
    mlp = _named(trial, overrides.mlp, "mlp", len(blocks)) or tuple(p.mlp for p in parts)
    readout = _readout(trial, blocks[-1], overrides)
    vocab = int(trial.logits.shape[-1])
    return Layout(
        decoder=path,
        embedding=embedding.name if embedding else None,
        blocks=tuple(b.name for b in blocks),
        attention=attention,
        mlp=mlp,
        readout=readout.steps,
        unembedding=readout.unembedding,
        functional=readout.functional,
        tail=readout.tail,
        n_layers=len(blocks),
        width=int(blocks[0].given.shape[-1]),
        vocab=vocab,
        tokens=_token_count(embedding, vocab),
        max_length=overrides.max_length or _longest(trial),
        parallel=runs_parallel(blocks[0], parts[0].attention, parts[0].mlp),
        time_first=trial.shape.axis(blocks[0].given) == 0,
        joints=tuple(
            find_joint(b, a, m, trial.shape) for b, a, m in zip(blocks, attention, mlp, strict=True)
        ),
        calling=trial.calling,
        classes=_classes(trial, embedding, blocks[0], parts[0], readout),
        notes=_notes(embedding, parts),
    )


def _blocks(trial: TrialPass, overrides: Overrides) -> list[Call]:
    if overrides.blocks is None:
        return find_blocks(trial)
    blocks = [named_call(trial, name, "blocks") for name in overrides.blocks]
    for block in blocks:
        if not trial.shape.is_stream(block):
            raise SubjectError(
                f"the block {block.name!r} takes {list(block.given.shape)} and gives {list(block.gave.shape)}; a "
                "block must take and give the same [B, T, d], here "
                f"[{trial.shape.batch}, {trial.shape.length}, d]."
            )
    return blocks


def _named(
    trial: TrialPass, names: tuple[str | None, ...] | None, option: str, n_layers: int
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
            check_name(trial, name, option)
    return names


def _embedding(trial: TrialPass, overrides: Overrides) -> Call | None:
    if overrides.embedding is None:
        return find_embedding(trial)
    return named_call(trial, overrides.embedding, "embedding")


def _refuse_bidirectional(trial: TrialPass, last: Call) -> None:
    other = next(c.gave for c in trial.on(changed_at(trial.ids, -1)) if c.name == last.name)
    cut = slice(0, trial.shape.length - 1)
    before, after = (x[cut] if trial.shape.axis(x) == 0 else x[:, cut] for x in (last.gave, other))
    if not same(before, after):
        raise SubjectError(
            f"the model is not causal: the last block {last.name!r} gives other values at earlier positions when "
            "the last token changes. Forewarn reads decoders in which each position sees only earlier ones."
        )


def _readout(trial: TrialPass, last: Call, overrides: Overrides) -> FoundReadout:
    if overrides.unembedding is None and overrides.norm is None:
        return find_readout(trial, last)
    found = None
    if overrides.unembedding is None or overrides.norm is None:
        found = find_readout(trial, last)
    steps = found.steps if found else ()
    if overrides.norm is not None:
        steps = (named_call(trial, overrides.norm, "norm").name,) if overrides.norm else ()
    unembedding = overrides.unembedding or (found.unembedding if found else "")
    return readout_named(trial, steps, unembedding, last.name)


def _token_count(embedding: Call | None, vocab: int) -> int:
    weight = getattr(embedding.module, "weight", None) if embedding else None
    return int(weight.shape[0]) if isinstance(weight, Tensor) and weight.ndim == 2 else vocab


def _longest(trial: TrialPass) -> int | None:
    """The shorter of the learned position table and what the decoder's configuration states."""
    table = position_limit(trial)
    stated = entry(text_config(entry(_called(trial), "config")), "max_position_embeddings")
    limits = [x for x in (table, stated) if isinstance(x, int) and not isinstance(x, bool) and x > 0]
    return min(limits, default=None)


def _called(trial: TrialPass) -> nn.Module:
    return trial.decoder.get_submodule(trial.calling.part)


def _classes(
    trial: TrialPass, embedding: Call | None, block: Call, parts: Parts, readout: FoundReadout
) -> tuple[tuple[str, str], ...]:
    names = {
        "decoder": trial.calling.part,
        "embedding": embedding.name if embedding else None,
        "block": block.name,
        "attention": parts.attention,
        "mlp": parts.mlp,
        "norm": next((name for name in readout.steps if not name.startswith(FUNCTION)), None),
        "unembedding": None if readout.functional else readout.unembedding,
    }
    found = {
        part: type(trial.decoder.get_submodule(n)).__name__ for part, n in names.items() if n is not None
    }
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
