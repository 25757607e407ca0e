"""The way from the residual stream to the logits as a function that can be differentiated."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from forewarn.store.digest import canonical, text_digest
from forewarn.store.tensors import tensor_digest
from forewarn.subjects.readout import FUNCTION, Readout, oriented
from forewarn.subjects.weights import tensor_of


@final
@dataclass(frozen=True, slots=True, eq=False)
class Reader:
    """norm, unembed, tail, on the subject's own device; gradients flow to what is read, never to a parameter.

    To be called under `undisturbed`, with gradients switched on again where they are wanted.
    """

    readout: Readout
    device: torch.device
    dtype: torch.dtype

    def __call__(self, h: Float[Tensor, "*n d"]) -> Float[Tensor, "*n v"]:
        """Logits of residual vectors as if they were the last site's."""
        return self.readout(h)

    def prepare(self, h: Float[Tensor, "*n d"]) -> Float[Tensor, "*n w"]:
        """What the unembedding is given for residual vectors."""
        flat = self.readout.prepare(h.reshape(-1, 1, h.shape[-1]))
        return flat.reshape(*h.shape[:-1], flat.shape[-1])

    def rows(self) -> tuple[Float[Tensor, "v w"], Float[Tensor, " v"]] | None:
        """Rows and offsets with logits = prepare(h) @ rows.T + offsets, up to a constant that no softmax sees.

        None where the logits are no such thing: a soft cap, or an unembedding that is more than one matrix.
        """
        layout = self.readout.layout
        if layout.tail.cap is not None:
            return None
        owner = None if layout.functional else self.readout.decoder.get_submodule(layout.unembedding)
        if owner is not None and (type(owner) is not nn.Linear or owner._forward_hooks):
            return None
        matrix = tensor_of(self.readout.decoder, layout.unembedding) if owner is None else owner.weight
        bias = None if owner is None else owner.bias
        scale, size = layout.tail.scale, layout.vocab
        rows = matrix if owner is not None else oriented(matrix, self._prepared_width())
        return rows.detach() * scale, rows.new_zeros(size) if bias is None else bias.detach() * scale

    def digest(self) -> str:
        """SHA-256 over norm, unembedding and tail: lenses are fitted to these and to no others."""
        layout, decoder = self.readout.layout, self.readout.decoder
        steps = [name for name in layout.readout if not name.startswith(FUNCTION)]
        held = {name: decoder.get_submodule(name).state_dict() for name in steps}
        if layout.functional:
            held[layout.unembedding] = {"": tensor_of(decoder, layout.unembedding)}
        else:
            held[layout.unembedding] = decoder.get_submodule(layout.unembedding).state_dict()
        digests = {f"{part} {name}": tensor_digest(t) for part, of in held.items() for name, t in of.items()}
        return text_digest(canonical({"steps": layout.readout, "tail": asdict(layout.tail), "held": digests}))

    def _prepared_width(self) -> int:
        one = torch.zeros(1, self.readout.layout.width, device=self.device, dtype=self.dtype)
        return self.prepare(one).shape[-1]
