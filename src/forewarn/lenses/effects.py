"""What a small write to the residual stream does to what reads from it later: measured, by three paths.

- `total_effect`: all in between is free to answer, as it would in the model.
- `direct_effect`: the write arrives as it was made; only the reader's own norm is computed anew.
- `frozen_effect`: the reader's norm is held as well; linear in the write.

A view without a correction (identity transport) foretells the frozen effect exactly and the direct one to first
order. Only the total effect can be foretold better by a transport that knows what lies in between.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.errors import ConfigurationError
from forewarn.lenses.transports.transport import check_vectors
from forewarn.records import StreamSite
from forewarn.subjects.anatomy import Anatomy, MlpWeights, NormWeights
from forewarn.subjects.prompts import Prompts
from forewarn.subjects.subject import Edit, Subject

ROWS = 2048
"""Most edited prompts that are read at once, so that memory stays small."""


@dataclass(frozen=True, slots=True, eq=False)
class Reader:
    """Things that read the stream at one site through one norm: `read h / sigma(h)` and a constant."""

    site: StreamSite
    """Where they read."""
    norm: NormWeights
    """Gives sigma."""
    read: Float[Tensor, "n d"]
    """Folded read vectors."""

    @staticmethod
    def neurons(mlp: MlpWeights) -> Reader:
        """The pre-activations of a block's neurons (of the gate, in a gated MLP)."""
        return Reader(mlp.site, mlp.norm, mlp.read)

    @staticmethod
    def logits(anatomy: Anatomy) -> Reader:
        """The logits of all tokens, before a soft cap; NotApplicableError where they are no such reading."""
        final, unembedding = anatomy.readout()
        return Reader(StreamSite(len(anatomy.blocks)), final, final.fold(unembedding))

    def inverse_sigma(self, h: Float[Tensor, "n d"]) -> float:
        """E[1 / sigma], by which a virtual weight becomes the mean effect of one unit written."""
        return float((1 / self.norm.sigma(h.double())).mean())


def total_effect(
    subject: Subject,
    prompts: Prompts,
    source: StreamSite,
    writes: Float[Tensor, "k d"],
    readers: Sequence[Reader],
) -> tuple[Float[Tensor, "k n"], ...]:
    """Mean change of each reading at the prompts' last position when a write is added there at `source`.

    One tensor for each reader, in the readings' own units, float64; one forward pass for each write and prompt.
    ConfigurationError where a reader stands before the source or a write has not the stream's width.
    """
    sites = _checked(subject, source, writes, readers)
    before = subject.residuals(prompts, sites=sites).double()
    means: list[list[Tensor]] = [[] for _ in readers]
    for after in _written(subject, prompts, source, writes, sites):
        for found, reader in zip(means, readers, strict=True):
            index = sites.index(reader.site)
            found.append(_mean_change(reader.norm, before[index], after[index]))
    return tuple(torch.cat(found) @ r.read.double().T for found, r in zip(means, readers, strict=True))


def direct_effect(
    subject: Subject,
    prompts: Prompts,
    source: StreamSite,
    writes: Float[Tensor, "k d"],
    readers: Sequence[Reader],
) -> tuple[Float[Tensor, "k n"], ...]:
    """The same when nothing between source and reader answers, and the reader's norm is computed anew."""
    sites = _checked(subject, source, writes, readers)
    states = dict(zip(sites, subject.residuals(prompts, sites=sites).double(), strict=True))
    return tuple(_arriving(reader, states[reader.site], writes.double()) for reader in readers)


def frozen_effect(
    subject: Subject,
    prompts: Prompts,
    source: StreamSite,
    writes: Float[Tensor, "k d"],
    readers: Sequence[Reader],
) -> tuple[Float[Tensor, "k n"], ...]:
    """The same with the reader's norm held too: `E[1 / sigma] read . write`."""
    sites = _checked(subject, source, writes, readers)
    states = dict(zip(sites, subject.residuals(prompts, sites=sites), strict=True))
    return tuple(r.inverse_sigma(states[r.site]) * (writes.double() @ r.read.double().T) for r in readers)


def _checked(
    subject: Subject, source: StreamSite, writes: Float[Tensor, "k d"], readers: Sequence[Reader]
) -> list[StreamSite]:
    check_vectors(writes, subject.width)
    early = [str(reader.site) for reader in readers if reader.site < source]
    if early or not readers:
        raise ConfigurationError(
            f"a write at {source} is read at {source} or later; found readers at {', '.join(early) or 'no site'}"
        )
    return sorted({reader.site for reader in readers})


def _written(
    subject: Subject,
    prompts: Prompts,
    source: StreamSite,
    writes: Float[Tensor, "k d"],
    sites: Sequence[StreamSite],
) -> Iterator[Float[Tensor, "site k n d"]]:
    """States at the last position after each write."""
    for part in torch.split(writes.detach(), max(ROWS // len(prompts), 1)):
        # Every write beside every prompt, [k n, 1, d]: one edit for each of k n prompts.
        delta = part.repeat_interleave(len(prompts), 0)[:, None]
        edits = [Edit(source.layer, delta, source.middle)]
        found = subject.residuals([*prompts] * len(part), edits=edits, sites=sites)
        yield found.double().reshape(len(sites), len(part), len(prompts), -1)


def _mean_change(
    norm: NormWeights, before: Float[Tensor, "n d"], after: Float[Tensor, "k n d"]
) -> Float[Tensor, "k d"]:
    """E[h' / sigma' - h / sigma]: readings are linear in it, so that the mean over contexts may be taken first."""
    return (after / norm.sigma(after)[..., None] - before / norm.sigma(before)[..., None]).mean(1)


def _arriving(reader: Reader, h: Float[Tensor, "n d"], writes: Float[Tensor, "k d"]) -> Float[Tensor, "k n"]:
    rows = [_mean_change(reader.norm, h, h + write[None, None]) for write in writes]
    return torch.cat(rows) @ reader.read.double().T
