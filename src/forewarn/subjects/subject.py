"""A snapshot opened for reading. Nobody can train it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from forewarn.errors import ConfigurationError
from forewarn.records import StreamSite
from forewarn.subjects.edits import Edit, addends, check_edits, check_layer, check_site
from forewarn.subjects.embedding import Embedding
from forewarn.subjects.keeping import Lease, Memo
from forewarn.subjects.layout import Layout
from forewarn.subjects.passes import Passes, Reading, as_ids
from forewarn.subjects.prompts import Frozen, Prompts, batches, check_tokens, checked, positions_of
from forewarn.subjects.quiet import undisturbed
from forewarn.subjects.readout import Readout
from forewarn.subjects.writing import NOT_WRITTEN, Stop, written

__all__ = ["Edit", "Subject"]


@final
class Subject:
    """A decoder that can be asked and never changed.

    There is no way to its parameters, its mode or its optimiser from here: it holds a private copy in eval mode
    that needs no gradients. Half precision is read as float32. Every method leaves the random states of the
    process as they were and no hook behind. Prompts may differ in length: those of one length run together,
    at most `batch_tokens` tokens at a time, and results come in the order of the prompts, on the CPU.
    Sites of the residual stream: 0 is the input of the first block, k the output of block k.

    Prompts that the model cannot take raise AuditSetError, edits that do not fit ConfigurationError, and whatever
    the model itself raises arrives as SubjectError.
    """

    def __init__(
        self,
        decoder: nn.Module,
        layout: Layout,
        digest: str = "",
        *,
        lease: Lease | None = None,
        cut: bool = True,
        batch_tokens: int = 4096,
    ) -> None:
        """Called by an `Opener`, which has made the copy and checks the subject before handing it out."""
        if batch_tokens < 1:
            raise ConfigurationError(f"batch_tokens is at least 1; found {batch_tokens}")
        self._layout, self._digest, self._lease = layout, digest, lease or Lease()
        self._passes, self._batch_tokens = Passes(decoder, layout, cut=cut), batch_tokens
        self._readout, self._embedding = Readout(decoder, layout), Embedding(decoder, layout, self._passes)
        self._memo, self.sites = Memo(), layout.stream_sites
        self._whole = tuple(StreamSite(k) for k in range(layout.n_layers + 1))

    @property
    def layout(self) -> Layout:
        """Where the parts are."""
        return self._layout

    @property
    def digest(self) -> str:
        """Name of the snapshot; empty when it was opened without one."""
        return self._digest

    @property
    def n_layers(self) -> int:
        """Number of blocks."""
        return self._layout.n_layers

    @property
    def width(self) -> int:
        """d, the width of the residual stream."""
        return self._layout.width

    @property
    def vocab(self) -> int:
        """V, the number of logits."""
        return self._layout.vocab

    @property
    def device(self) -> torch.device:
        """Where the copy lies and is run."""
        return self._passes.device

    @property
    def forwards(self) -> int:
        """Token positions that the model has processed for this subject, so that cost can be told."""
        return self._passes.positions

    def logits(self, prompts: Prompts, edits: Sequence[Edit] = ()) -> Float[Tensor, "n v"]:
        """Logits at each prompt's last position."""
        frozen = self._checked(prompts, edits)
        return torch.cat([reading.logits.cpu() for reading in self._read(frozen, edits)])[self._order(frozen)]

    def residuals(
        self,
        prompts: Prompts,
        positions: Sequence[int] | None = None,
        edits: Sequence[Edit] = (),
        sites: Sequence[StreamSite] | None = None,
    ) -> Float[Tensor, "site n d"]:
        """The residual stream at one position of each prompt (the last by default).

        At the embedding and after each block, or at the `sites` given, in the stream's own order. Remembered for
        the same question where no edit is made.
        """
        frozen = self._checked(prompts, edits)
        at, stages = positions_of(frozen, positions), self._stages(sites or self._whole)
        if edits:
            return self._read_residuals(frozen, at, edits, stages)
        key = (frozen, at, stages)
        found = self._memo.get(key)
        if found is None:
            found = self._memo.put(key, self._read_residuals(frozen, at, (), stages))
        return found.clone()

    def states(
        self, prompts: Prompts, sites: Sequence[StreamSite] | None = None, edits: Sequence[Edit] = ()
    ) -> Float[Tensor, "site token d"]:
        """The residual stream at all positions of all prompts, one prompt after another, at all sites by default.

        In the stream's own order of sites. What comes after the last of them is not run. Not remembered.
        """
        frozen = self._checked(prompts, edits)
        stages = self._stages(self.sites if sites is None else sites)
        rows: list[Tensor] = [torch.empty(0)] * len(frozen)
        for index in batches(frozen, self._batch_tokens):
            ids = self._ids(frozen, index)
            found = self._passes.streams(ids, stages, self._added(edits, index, ids)).cpu()
            for row, states in zip(index, found.unbind(1), strict=True):
                rows[row] = states
        return torch.cat(rows, dim=1)

    def streams(self, prompts: Prompts, layer: int) -> list[Float[Tensor, "t d"]]:
        """The residual stream at one layer at all positions of each prompt. Remembered."""
        frozen = self._checked(prompts, ())
        check_layer(layer, self.sites)
        key = (frozen, (), (2 * layer,))
        found = self._memo.get(key)
        if found is None:
            found = self._memo.put(key, self.states(frozen, [StreamSite(layer)])[0])
        return list(torch.split(found.clone(), [len(p) for p in frozen]))

    def write(
        self, prompts: Prompts, n_new: int, edits: Sequence[Edit] = (), stop: Stop | None = None
    ) -> Int[Tensor, "n n_new"]:
        """The n_new tokens that the subject writes after each prompt, the likeliest at every step.

        The whole text is read again for every token, so that any decoder can write, without a cache.
        `stop` is given the tokens written so far and says of each row whether it has ended; what would follow
        is -1 then.
        """
        if n_new < 1:
            raise ConfigurationError(f"n_new is at least 1; found {n_new}")
        frozen = self._checked(prompts, edits, n_new - 1)
        out = torch.full((len(frozen), n_new), NOT_WRITTEN, dtype=torch.long)
        for rows in batches([(*p, *range(n_new - 1)) for p in frozen], self._batch_tokens):
            steered = partial(_steered, edits, rows, len(frozen[rows[0]]), self._embedding.like)
            out[rows] = written(self._passes, self._ids(frozen, rows), n_new, steered, stop)
        return out

    def embedding_gradient(
        self, prompts: Prompts, targets: Sequence[int], edits: Sequence[Edit] = ()
    ) -> list[Float[Tensor, "t d"]]:
        """Gradient of log p(target | prompt) at the last position with respect to site 0, for each prompt."""
        return self.residual_gradient(prompts, targets, 0, edits)

    def residual_gradient(
        self, prompts: Prompts, targets: Sequence[int], layer: int, edits: Sequence[Edit] = ()
    ) -> list[Float[Tensor, "t d"]]:
        """The same gradient with respect to the residual stream at `layer`, taken where the edits have led."""
        frozen = self._checked(prompts, edits)
        if len(targets) != len(frozen):
            raise ConfigurationError(f"{len(frozen)} prompts were given with {len(targets)} targets")
        check_layer(layer, self.sites)
        check_tokens(targets, self.vocab, "the list of targets")
        out: list[Tensor] = [torch.empty(0)] * len(frozen)
        for rows in batches(frozen, self._batch_tokens):
            ids = self._ids(frozen, rows)
            wanted = torch.tensor([targets[row] for row in rows], device=ids.device)
            found = self._passes.gradient(ids, wanted, 2 * layer, self._added(edits, rows, ids)).cpu()
            for row, gradient in zip(rows, found, strict=True):
                out[row] = gradient
        return out

    def pulled(
        self, prompts: Prompts, covectors: Float[Tensor, "k d"], source: StreamSite, target: StreamSite
    ) -> Float[Tensor, "n k d"]:
        """J^T w for each covector w, J the derivative of the stream at `target` with respect to `source`.

        Both at the last position of each prompt, with all earlier positions as they are.
        """
        frozen, (first, last) = self._checked(prompts, ()), self._stages([source, target])
        parts = [
            self._passes.pulled(self._ids(frozen, rows), first, last, covectors).cpu()
            for rows in batches(frozen, self._batch_tokens)
        ]
        return torch.cat(parts, dim=1)[:, self._order(frozen)].transpose(0, 1)

    def from_embedding(self, prompts: Prompts, x: Float[Tensor, "n t d"]) -> Float[Tensor, "n v"]:
        """Logits at the last position of prompts of one length when site 0 holds `x`; gradients flow to `x`."""
        frozen = self._checked(prompts, ())
        wanted = [len(frozen), len(frozen[0]), self.width]
        if list(x.shape) != wanted or len({len(p) for p in frozen}) > 1:
            raise ConfigurationError(
                f"wanted prompts of one length and x of shape {wanted}; found {list(x.shape)}"
            )
        return self._passes.replaced(self._ids(frozen, range(len(frozen))), x).cpu()

    def embedding_of(self, tokens: Sequence[int]) -> Float[Tensor, "n d"]:
        """Embedding vectors as the first block sees them, their scale included and positions left out.

        Where a model mixes the two beyond a sum (a norm over both), the vector at the first position.
        """
        self._lease.check()
        check_tokens(tokens, self._layout.tokens, "the list of tokens")
        return self._embedding(tokens).cpu()

    def read_logits(self, h: Float[Tensor, "*n d"]) -> Float[Tensor, "*n v"]:
        """Logits of residual vectors as if they were the last site's: norm, unembedding, tail."""
        self._lease.check()
        if h.shape[-1] != self.width:
            raise ConfigurationError(f"a residual vector has {self.width} entries; found {list(h.shape)}")
        with undisturbed(self._passes.device):
            return self._readout(h.detach().to(self._passes.device, self._embedding.dtype)).cpu()

    def _checked(self, prompts: Prompts, edits: Sequence[Edit], extra: int = 0) -> Frozen:
        self._lease.check()
        frozen = checked(prompts, self._layout, extra)
        check_edits(edits, [len(p) for p in frozen], self.sites, self.width)
        return frozen

    def _ids(self, frozen: Frozen, rows: Sequence[int]) -> Int[Tensor, "b t"]:
        return as_ids([frozen[row] for row in rows], self._passes.device)

    def _stages(self, sites: Sequence[StreamSite]) -> tuple[int, ...]:
        if not sites:
            raise ConfigurationError("no sites were given; name at least one, such as StreamSite(0)")
        for site in sites:
            check_site(site, self.sites)
        return tuple(sorted({site.stage for site in sites}))

    def _added(
        self, edits: Sequence[Edit], rows: Sequence[int], ids: Int[Tensor, "b t"]
    ) -> dict[int, Float[Tensor, "b t d"]]:
        length = ids.shape[1]
        return addends(edits, rows, length, length, self._embedding.like)

    def _read(
        self,
        frozen: Frozen,
        edits: Sequence[Edit],
        at: Sequence[int] | None = None,
        stages: Sequence[int] | None = None,
    ) -> Iterator[Reading]:
        for rows in batches(frozen, self._batch_tokens):
            ids = self._ids(frozen, rows)
            wanted = None if at is None else [at[row] for row in rows]
            yield self._passes.read(ids, self._added(edits, rows, ids), wanted, stages)

    def _order(self, frozen: Frozen) -> Int[Tensor, " n"]:
        """Where each prompt's result stands when those of all batches follow each other."""
        return torch.tensor([row for rows in batches(frozen, self._batch_tokens) for row in rows]).argsort()

    def _read_residuals(
        self, frozen: Frozen, at: Sequence[int], edits: Sequence[Edit], stages: Sequence[int]
    ) -> Float[Tensor, "site n d"]:
        found = [reading.residuals.cpu() for reading in self._read(frozen, edits, at, stages)]
        return torch.cat(found, dim=1)[:, self._order(frozen)]


def _steered(
    edits: Sequence[Edit], rows: Sequence[int], prompt: int, like: Tensor, live: Sequence[int], length: int
) -> dict[int, Float[Tensor, "b t d"]]:
    """What to add to the rows that still write, once their texts have a length."""
    return addends(edits, [rows[k] for k in live], prompt, length, like)
