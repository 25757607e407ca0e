"""A snapshot opened for reading. Nobody can train it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from forewarn.errors import ConfigurationError
from forewarn.records import StreamSite
from forewarn.subjects.anatomy import Anatomy
from forewarn.subjects.anatomy.anatomist import Anatomist
from forewarn.subjects.changes import Change, Changes, check_block
from forewarn.subjects.clamps import Clamp
from forewarn.subjects.edits import Edit, check_layer
from forewarn.subjects.found import FoundDecoder
from forewarn.subjects.layout import Layout
from forewarn.subjects.prompts import Prompts, check_tokens, positions_of
from forewarn.subjects.quiet import undisturbed
from forewarn.subjects.reading.admission import Admission
from forewarn.subjects.reading.batched import Batched
from forewarn.subjects.reading.embedding import Embedding
from forewarn.subjects.reading.gradients import Gradients
from forewarn.subjects.reading.keeping import Lease, Memo
from forewarn.subjects.reading.passes import Passes
from forewarn.subjects.reading.readout import DecoderReadout
from forewarn.subjects.reading.unembedder import Unembedder
from forewarn.subjects.reading.writing import NOT_WRITTEN, Stop

__all__ = ["NOT_WRITTEN", "Change", "Clamp", "Edit", "Subject"]


@final
class Subject:
    """A decoder that can be asked and never changed.

    There is no way to its parameters, its mode or its optimiser from here: it holds a private copy in eval mode
    that needs no gradients, and gives out copies of that. Half precision is read as float32. Every method leaves
    the random states of the process as they were and no hook behind. Prompts may differ in length: those of one
    length run together, at most `batch_tokens` tokens at a time, and results come in the order of the prompts, on
    the CPU.
    Sites of the residual stream: 0 is the input of the first block, k the output of block k.

    Prompts that the model cannot take raise AuditSetError, edits that do not fit ConfigurationError, and whatever
    the model itself raises arrives as SubjectError.
    """

    def __init__(
        self,
        found: FoundDecoder,
        digest: str = "",
        *,
        lease: Lease | None = None,
        example: Prompts = (),
        batch_tokens: int = 4096,
    ) -> None:
        """Called by an `Opener`, which has made the copy and checks the subject before handing it out."""
        if batch_tokens < 1:
            raise ConfigurationError(f"batch_tokens is at least 1; found {batch_tokens}")
        self._found, self._digest, self._lease = found, digest, lease or Lease()
        self._layout, self._passes = found.layout, Passes(found)
        self._readout, self._embedding = DecoderReadout(found), Embedding(found, self._passes)
        self._anatomist = Anatomist(self._readout, self._embedding, self._lease, example)
        self._admit = Admission(found.layout, self._lease, self._anatomist.activations)
        self._batched = Batched(self._passes, found.like, self._anatomist.activations, batch_tokens)
        self._gradients = Gradients(self._admit, self._batched)
        self._memo, self.sites = Memo(), found.layout.stream_sites

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
        return self._found.device

    @property
    def forwards(self) -> int:
        """Token positions that the model has processed for this subject, so that cost can be told."""
        return self._passes.positions

    def tensors(self) -> dict[str, Tensor]:
        """A copy of every parameter on the CPU, by its name in the decoder and in its order; tied ones once."""
        self._lease.check()
        return {n: p.detach().to("cpu", copy=True) for n, p in self._found.module.named_parameters()}

    def logits(self, prompts: Prompts, edits: Sequence[Change] = ()) -> Float[Tensor, "n v"]:
        """Logits at each prompt's last position."""
        frozen, read = self._admit.prompts(prompts, edits), self._passes.read
        return self._batched.each(frozen, edits, lambda ids, changes, _: read(ids, changes).logits)

    def residuals(
        self,
        prompts: Prompts,
        positions: Sequence[int] | None = None,
        edits: Sequence[Change] = (),
        sites: Sequence[StreamSite] | None = None,
    ) -> Float[Tensor, "site n d"]:
        """The residual stream at one position of each prompt (the last by default).

        At the embedding and after each block, or at the `sites` given, in the stream's own order. Remembered for
        the same question where no edit is made.
        """
        frozen = self._admit.prompts(prompts, edits)
        stages = self._admit.stages(self._layout.whole_sites if sites is None else sites)
        at = positions_of(frozen, positions)

        def read(ids: Tensor, changes: Changes, rows: list[int]) -> Tensor:
            return self._passes.read(ids, changes, [at[row] for row in rows], stages).residuals

        if edits:
            return self._batched.each(frozen, edits, read, 1)
        return self._memo.of((frozen, at, stages), lambda: self._batched.each(frozen, (), read, 1))

    def states(
        self, prompts: Prompts, sites: Sequence[StreamSite] | None = None, edits: Sequence[Change] = ()
    ) -> Float[Tensor, "site token d"]:
        """The residual stream at all positions of all prompts, one prompt after another, at all sites by default.

        In the stream's own order of sites. What comes after the last of them is not run. Not remembered.
        """
        frozen = self._admit.prompts(prompts, edits)
        stages = self._admit.stages(self.sites if sites is None else sites)

        def read(ids: Tensor, changes: Changes, _: list[int]) -> Tensor:
            return self._passes.streams(ids, stages, changes).transpose(0, 1)

        return torch.cat(self._batched.ragged(frozen, edits, read), dim=1)

    def streams(self, prompts: Prompts, layer: int) -> list[Float[Tensor, "t d"]]:
        """The residual stream at one layer at all positions of each prompt. Remembered."""
        frozen = self._admit.prompts(prompts, ())
        check_layer(layer, self.sites)
        found = self._memo.of((frozen, (), (2 * layer,)), lambda: self.states(frozen, [StreamSite(layer)])[0])
        return list(torch.split(found, [len(p) for p in frozen]))

    def activations(
        self,
        prompts: Prompts,
        layer: int,
        positions: Sequence[int] | None = None,
        edits: Sequence[Change] = (),
    ) -> Float[Tensor, "n units"]:
        """The activations of block `layer`'s neurons at one position of each prompt (the last by default).

        What the MLP's last matrix is given: `activations @ anatomy().mlp(layer).write` is what the neurons add.

        Raises:
            NotApplicableError: there is no such matrix (a mixture of experts, say).
        """
        check_block(layer, self.n_layers)
        frozen, place = self._admit.prompts(prompts, edits), self._anatomist.activations(layer)
        at = positions_of(frozen, positions)

        def read(ids: Tensor, changes: Changes, rows: list[int]) -> Tensor:
            return self._passes.activations(ids, place.module, [at[row] for row in rows], changes)

        return self._batched.each(frozen, edits, read)

    def anatomy(self) -> Anatomy:
        """Its weights as vectors of the residual stream: neurons, heads, norms, embedding, unembedding.

        Found by behaviour and verified; remembered. Blocks are found when they are first asked for.
        """
        return self._anatomist.anatomy()

    def write(
        self, prompts: Prompts, n_new: int, edits: Sequence[Change] = (), stop: Stop | None = None
    ) -> Int[Tensor, "n n_new"]:
        """The n_new tokens that the subject writes after each prompt, the likeliest at every step.

        The whole text is read again for every token, so that any decoder can write, without a cache.
        `stop` is given the tokens written so far and says of each row whether it has ended; what would follow
        is -1 then.
        """
        if n_new < 1:
            raise ConfigurationError(f"n_new is at least 1; found {n_new}")
        return self._batched.written(self._admit.prompts(prompts, edits, n_new - 1), n_new, edits, stop)

    def embedding_gradient(
        self, prompts: Prompts, targets: Sequence[int], edits: Sequence[Change] = ()
    ) -> list[Float[Tensor, "t d"]]:
        """Gradient of log p(target | prompt) at the last position with respect to site 0, for each prompt."""
        return self.residual_gradient(prompts, targets, 0, edits)

    def residual_gradient(
        self, prompts: Prompts, targets: Sequence[int], layer: int, edits: Sequence[Change] = ()
    ) -> list[Float[Tensor, "t d"]]:
        """The same gradient with respect to the residual stream at `layer`, taken where the edits have led."""
        return self._gradients.of_targets(prompts, targets, layer, edits)

    def pulled(
        self, prompts: Prompts, covectors: Float[Tensor, "k d"], source: StreamSite, target: StreamSite
    ) -> Float[Tensor, "n k d"]:
        """J^T w for each covector w, J the derivative of the stream at `target` with respect to `source`.

        Both at the last position of each prompt, with all earlier positions as they are.
        """
        return self._gradients.pulled(prompts, covectors, source, target)

    def from_embedding(self, prompts: Prompts, x: Float[Tensor, "n t d"]) -> Float[Tensor, "n v"]:
        """Logits at the last position of prompts of one length when site 0 holds `x`; gradients flow to `x`."""
        return self._gradients.from_embedding(prompts, x)

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
        with undisturbed(self._found.device):
            return self._readout(h.detach().to(self._found.device, self._found.dtype)).cpu()

    def unembedder(self) -> Unembedder:
        """The same as a function on the subject's device through which gradients flow to the vectors."""
        self._lease.check()
        return Unembedder(self._readout)
