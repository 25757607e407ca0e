"""The helper network: which question next, from what has been seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn.functional import relu, scaled_dot_product_attention

from forewarn.helpers.encoding import GLOBAL, Encoding


@dataclass(frozen=True, slots=True)
class Sizes:
    """Of a network."""

    codes: tuple[str, ...]
    """Probes that have a column of their own."""
    width: int = 32
    heads: int = 2


@final
class Network(nn.Module):
    """Attention over questions, of which there may be any number in any order.

    Each question and the situation as a whole become one token; one block of attention (Vaswani et al. 2017) lets
    every question see what came of the others; then each is scored, and stopping is scored from the whole.
    """

    def __init__(self, sizes: Sizes, seed: int = 0) -> None:
        """Weights that the seed decides; the global random state stays as it was."""
        super().__init__()
        self.sizes, d = sizes, sizes.width
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.candidate = nn.Linear(Encoding(sizes.codes).n_candidate, d)
            self.whole = nn.Linear(len(GLOBAL), d)
            self.attend, self.mix = nn.Linear(d, 3 * d), nn.Linear(d, d)
            self.inner, self.outer = nn.Linear(d, 2 * d), nn.Linear(2 * d, d)
            self.ask, self.stop, self.value = nn.Linear(2 * d, 1), nn.Linear(d, 1), nn.Linear(d, 1)

    def forward(
        self, candidates: Float[Tensor, "n c f"], whole: Float[Tensor, "n g"], open_: Bool[Tensor, "n c"]
    ) -> tuple[Float[Tensor, "n c+1"], Float[Tensor, " n"]]:
        """Logits of each question and of stopping, and the worth of the situation.

        A question that is not open has -inf. Rows that are all zero are no questions.
        """
        tokens = torch.cat([self.whole(whole)[:, None], self.candidate(candidates)], 1).relu()
        there = torch.cat([open_.new_ones(len(open_), 1), candidates.any(-1)], 1)
        tokens = tokens + self.mix(self._attended(tokens, there))
        tokens = tokens + self.outer(relu(self.inner(tokens)))
        head, rest = tokens[:, 0], tokens[:, 1:]
        asked = self.ask(torch.cat([rest, head[:, None].expand_as(rest)], -1))[..., 0]
        asked = asked.masked_fill(~open_, -torch.inf)
        return torch.cat([asked, self.stop(head)], 1), self.value(head)[:, 0]

    def _attended(self, tokens: Float[Tensor, "n t d"], there: Bool[Tensor, "n t"]) -> Float[Tensor, "n t d"]:
        n, t, d = tokens.shape
        parts = self.attend(tokens).view(n, t, 3, self.sizes.heads, -1).permute(2, 0, 3, 1, 4)
        found = scaled_dot_product_attention(parts[0], parts[1], parts[2], attn_mask=there[:, None, None])
        return found.transpose(1, 2).reshape(n, t, d)
