"""Writing on after a prompt, the likeliest token at every step."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from forewarn.subjects.changes import Changes
from forewarn.subjects.reading.passes import Passes

Stop = Callable[[Int[Tensor, "n k"]], Bool[Tensor, " n"]]
"""Given what was written so far, says of each row whether it has ended."""
NOT_WRITTEN = -1
"""Stands in what a subject wrote where its stopping rule had ended the row before."""


def written(
    passes: Passes,
    ids: Int[Tensor, "b t"],
    n_new: int,
    steered: Callable[[Sequence[int], int], Changes],
    stop: Stop | None,
) -> Int[Tensor, "b n_new"]:
    """The tokens written after prompts of one length; -1 after a row has ended.

    `steered` gives what is changed, for the rows that still write and the length of their texts.
    """
    live = list(range(ids.shape[0]))
    out = torch.full((len(live), n_new), NOT_WRITTEN, dtype=torch.long)
    for step in range(n_new):
        token = passes.read(ids, steered(live, ids.shape[1])).logits.argmax(-1)
        out[live, step] = token.cpu()
        ids = torch.cat([ids, token[:, None]], dim=1)
        if stop is not None:
            going = (~stop(out[live, : step + 1])).nonzero().flatten()
            ids, live = ids[going.to(ids.device)], [live[k] for k in going.tolist()]
        if not live:
            break
    return out
