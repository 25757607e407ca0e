"""Vectors added to the residual stream while a subject reads or writes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.errors import ConfigurationError
from forewarn.records import StreamSite


@dataclass(frozen=True, slots=True, eq=False)
class Edit:
    """`delta` is added at one layer to the last k positions of every prompt.

    When the subject writes, the last row is added at every written position as well: steering goes on.
    """

    layer: int
    """0 is the embedding's output, k the output of block k."""
    delta: Float[Tensor, "k d"] | Float[Tensor, "n k d"]
    """In the residual stream's own units, oldest position first; with a leading axis, one edit for each prompt."""
    middle: bool = False
    """Whether it is made after the attention of block `layer` and not after the block."""

    @property
    def site(self) -> StreamSite:
        """Where it is made."""
        return StreamSite(self.layer, self.middle)

    def __post_init__(self) -> None:
        shape = list(self.delta.shape)
        if self.delta.ndim not in (2, 3) or 0 in shape or not self.delta.is_floating_point():
            raise ConfigurationError(
                "an edit's delta is a floating tensor [k, d] or [n, k, d] with k >= 1; found "
                f"{self.delta.dtype} {shape}"
            )
        if not bool(self.delta.isfinite().all()):
            raise ConfigurationError(f"an edit's delta must be finite; found nan or inf in {shape}")


def check_edits(
    edits: Sequence[Edit], lengths: Sequence[int], sites: Collection[StreamSite], width: int
) -> None:
    """Refuse edits that do not fit the subject or the prompts.

    Raises:
        ConfigurationError: layer, width, number of prompts or number of positions do not fit.
    """
    for edit in edits:
        shape = list(edit.delta.shape)
        check_layer(edit.layer, sites)
        check_site(edit.site, sites)
        if shape[-1] != width:
            raise ConfigurationError(f"an edit's delta has the stream's width {width}; found {shape}")
        if edit.delta.ndim == 3 and shape[0] != len(lengths):
            raise ConfigurationError(
                f"{len(lengths)} prompts were given, but an edit for {shape[0]}: {shape}"
            )
        if shape[-2] > min(lengths):
            raise ConfigurationError(
                f"an edit covers the last {shape[-2]} positions, but the shortest prompt has {min(lengths)} tokens"
            )


def check_layer(layer: int, sites: Collection[StreamSite]) -> None:
    """Refuse a layer that the subject has not; ConfigurationError."""
    last = max(sites).layer
    if not 0 <= layer <= last:
        raise ConfigurationError(f"a layer lies in 0 to {last}; found {layer}")


def check_site(site: StreamSite, sites: Collection[StreamSite]) -> None:
    """Refuse a site that the subject has not; ConfigurationError."""
    check_layer(site.layer, sites)
    if site in sites:
        return
    raise ConfigurationError(
        f"there is no stream to be read at {site}: block {site.layer} adds attention and MLP at once, or "
        f"normalises their sum. Sites are {', '.join(map(str, sorted(sites)))}"
    )


def addends(
    edits: Sequence[Edit], rows: Sequence[int], prompt: int, length: int, like: Tensor
) -> dict[int, Float[Tensor, "b t d"]]:
    """What to add at each stage for the prompts `rows`, of `prompt` tokens each, now `length` tokens long."""
    out: dict[int, Tensor] = {}
    for edit in edits:
        delta = edit.delta[list(rows)] if edit.delta.ndim == 3 else edit.delta.expand(len(rows), -1, -1)
        delta = delta.detach().to(like)
        # [b, prompt - k, d] zeros, the k rows, then the last row again for every token written since.
        before = delta.new_zeros(len(rows), prompt - delta.shape[1], delta.shape[2])
        after = delta[:, -1:].expand(-1, length - prompt, -1)
        total = torch.cat([before, delta, after], dim=1)
        stage = edit.site.stage
        out[stage] = out[stage] + total if stage in out else total
    return out
