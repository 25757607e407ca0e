"""What a subject differentiates: log-probabilities, the stream at a later site, logits from a given embedding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.errors import ConfigurationError
from forewarn.records import StreamSite
from forewarn.subjects.changes import Change, Changes
from forewarn.subjects.edits import check_layer
from forewarn.subjects.prompts import Prompts, check_tokens
from forewarn.subjects.reading.admission import Admission
from forewarn.subjects.reading.batched import Batched


@dataclass(frozen=True, slots=True, eq=False)
class Gradients:
    """Asks for gradients; the methods are those of `Subject`, which says what they mean."""

    admit: Admission
    """What is let in."""
    batched: Batched
    """Runs it."""

    def of_targets(
        self, prompts: Prompts, targets: Sequence[int], layer: int, changes: Sequence[Change]
    ) -> list[Float[Tensor, "t d"]]:
        """Of log p(target) at the last position, with respect to the stream at a layer."""
        frozen, layout = self.admit.prompts(prompts, changes), self.admit.layout
        if len(targets) != len(frozen):
            raise ConfigurationError(f"{len(frozen)} prompts were given with {len(targets)} targets")
        check_layer(layer, layout.stream_sites)
        check_tokens(targets, layout.vocab, "the list of targets")

        def ask(ids: Tensor, changed: Changes, rows: list[int]) -> Tensor:
            wanted = torch.tensor([targets[row] for row in rows], device=ids.device)
            return self.batched.passes.gradient(ids, wanted, 2 * layer, changed)

        return self.batched.ragged(frozen, changes, ask)

    def pulled(
        self, prompts: Prompts, covectors: Float[Tensor, "k d"], source: StreamSite, target: StreamSite
    ) -> Float[Tensor, "n k d"]:
        """J^T w for each covector w."""
        frozen, (first, last) = self.admit.prompts(prompts), self.admit.stages([source, target])

        def ask(ids: Tensor, changed: Changes, rows: list[int]) -> Tensor:
            return self.batched.passes.pulled(ids, first, last, covectors).transpose(0, 1)

        return self.batched.each(frozen, (), ask)

    def from_embedding(self, prompts: Prompts, x: Float[Tensor, "n t d"]) -> Float[Tensor, "n v"]:
        """Logits at the last position when site 0 holds `x`."""
        frozen = self.admit.prompts(prompts)
        wanted = [len(frozen), len(frozen[0]), self.admit.layout.width]
        if list(x.shape) != wanted or len({len(p) for p in frozen}) > 1:
            raise ConfigurationError(
                f"wanted prompts of one length and x of shape {wanted}; found {list(x.shape)}"
            )
        return self.batched.passes.replaced(self.batched.ids(frozen, range(len(frozen))), x).cpu()
