"""The way from the residual stream to the logits as a function that can be differentiated."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import final

from jaxtyping import Float
from torch import Tensor, nn

from forewarn.store.digest import canonical, text_digest
from forewarn.store.tensors import tensor_digest
from forewarn.subjects.found import FoundDecoder
from forewarn.subjects.reading.readout import FUNCTION, DecoderReadout, oriented


@final
@dataclass(frozen=True, slots=True, eq=False)
class Unembedder:
    """Norm, unembedding and tail as one function, on the subject's own device.

    Gradients flow to the vectors that are read, never to a parameter.

    To be called under `undisturbed`, with gradients switched on again where they are wanted.
    """

    readout: DecoderReadout

    @property
    def found(self) -> FoundDecoder:
        """The decoder that it belongs to."""
        return self.readout.found

    def __call__(self, h: Float[Tensor, "*n d"]) -> Float[Tensor, "*n v"]:
        """Logits of residual vectors as if they were the last site's."""
        return self.readout(h)

    def prepare(self, h: Float[Tensor, "*n d"]) -> Float[Tensor, "*n w"]:
        """What the unembedding is given for residual vectors."""
        flat = self.readout.prepare(h.reshape(-1, 1, h.shape[-1]))
        return flat.reshape(*h.shape[:-1], flat.shape[-1])

    def rows(self) -> tuple[Float[Tensor, "v w"], Float[Tensor, " v"]] | None:
        """Rows and offsets with logits = prepare(h) @ rows.T + offsets, up to a constant that no softmax sees.

        None where the logits cannot be given so: there is a soft cap, or the unembedding is more than one matrix.
        """
        layout = self.found.layout
        if layout.tail.cap is not None:
            return None
        owner = None if layout.functional else self.found.part(layout.unembedding)
        # A subclass or a hook (weight norm, an adapter) may make more of the weight than one matrix.
        if owner is not None and (type(owner) is not nn.Linear or owner._forward_hooks):
            return None
        matrix = self.found.tensor(layout.unembedding) if owner is None else owner.weight
        bias = None if owner is None else owner.bias
        scale, size = layout.tail.scale, layout.vocab
        rows = matrix if owner is not None else oriented(matrix, self._prepared_width())
        return rows.detach() * scale, rows.new_zeros(size) if bias is None else bias.detach() * scale

    def digest(self) -> str:
        """SHA-256 over norm, unembedding and tail: lenses are fitted to these and to no others."""
        layout, found = self.found.layout, self.found
        steps = [name for name in layout.readout if not name.startswith(FUNCTION)]
        held = {name: found.part(name).state_dict() for name in steps}
        if layout.functional:
            held[layout.unembedding] = {"": found.tensor(layout.unembedding)}
        else:
            held[layout.unembedding] = found.part(layout.unembedding).state_dict()
        digests = {f"{part} {name}": tensor_digest(t) for part, of in held.items() for name, t in of.items()}
        return text_digest(canonical({"steps": layout.readout, "tail": asdict(layout.tail), "held": digests}))

    def _prepared_width(self) -> int:
        one = self.found.like.expand(1, self.found.layout.width)
        return self.prepare(one).shape[-1]
