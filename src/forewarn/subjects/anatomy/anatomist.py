"""Taking a decoder apart: one block after the other, and only those that are asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, final

from forewarn.errors import NotApplicableError
from forewarn.subjects.anatomy.anatomy import Anatomy
from forewarn.subjects.anatomy.block import Block, open_block
from forewarn.subjects.anatomy.find_heads import HeadFinder
from forewarn.subjects.anatomy.find_mlp import activations_outlet, find_mlp
from forewarn.subjects.anatomy.lazy import LazyBlocks, on_cpu
from forewarn.subjects.anatomy.parts import BlockAnatomy, Unsupported
from forewarn.subjects.anatomy.trial import block_calls, trial_batch
from forewarn.subjects.anatomy.unembedding import find_readout
from forewarn.subjects.changes import Activations
from forewarn.subjects.prompts import Prompts
from forewarn.subjects.quiet import undisturbed
from forewarn.subjects.reading.embedding import Embedding
from forewarn.subjects.reading.keeping import Lease
from forewarn.subjects.reading.readout import DecoderReadout
from forewarn.subjects.tracing import Call

_Found = TypeVar("_Found")


@final
class Anatomist:
    """Finds the anatomy of one subject's decoder and remembers it, for as long as the subject is open."""

    def __init__(self, readout: DecoderReadout, embedding: Embedding, lease: Lease, example: Prompts) -> None:
        self._readout, self._embedding, self._lease, self._example = readout, embedding, lease, example
        self._found = readout.found
        self._calls: list[Call] | None = None
        self._blocks: dict[int, Block] = {}
        self._heads = HeadFinder()
        self._outlets: dict[int, Activations | Unsupported] = {}
        self._anatomy: Anatomy | None = None

    def activations(self, layer: int) -> Activations:
        """Where the activations of a block's neurons are.

        Raises:
            NotApplicableError: the MLP has no last matrix.
        """
        if layer not in self._outlets:
            self._outlets[layer] = self._quietly(lambda: self._activations(layer))
        found = self._outlets[layer]
        if isinstance(found, Unsupported):
            raise NotApplicableError(found.reason)
        return found

    def anatomy(self) -> Anatomy:
        """The whole anatomy. Each block is looked into when it is first asked for."""
        self._lease.check()
        if self._anatomy is None:
            self._anatomy = self._quietly(self._whole)
        return self._anatomy

    def _quietly(self, find: Callable[[], _Found]) -> _Found:
        self._lease.check()
        with undisturbed(self._found.device):
            return find()

    def _whole(self) -> Anatomy:
        layout = self._found.layout
        like = self._block(1).harness.given[0, 0]
        head = on_cpu(find_readout(self._readout, like))
        return Anatomy(
            blocks=LazyBlocks(layout.n_layers, lambda k: self._quietly(lambda: self._anatomy_of(k))),
            final=head.final,
            unembedding=head.unembedding,
            embedding=self._embedding(range(layout.tokens)).cpu(),
            unembedding_bias=head.bias,
        )

    def _block(self, layer: int) -> Block:
        if self._calls is None:
            self._calls = block_calls(self._found, trial_batch(self._found, self._example))
        if layer not in self._blocks:
            self._blocks[layer] = open_block(self._found.layout, self._calls[layer - 1], layer)
        return self._blocks[layer]

    def _activations(self, layer: int) -> Activations | Unsupported:
        outlet, prefix = activations_outlet(self._block(layer)), self._found.layout.blocks[layer - 1]
        if isinstance(outlet, Unsupported):
            return outlet
        return Activations(f"{prefix}.{outlet.map.name}".lstrip("."), outlet.map.width)

    def _anatomy_of(self, layer: int) -> BlockAnatomy:
        block = self._block(layer)
        found = BlockAnatomy(layer, find_mlp(block), self._heads.find(block))
        del self._blocks[layer]
        return on_cpu(found)
