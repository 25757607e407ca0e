"""A helper that has learned which question to ask next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch

from forewarn.helpers.network import Network
from forewarn.helpers.network_input import network_input
from forewarn.helpers.policy import Inquiry, Situation


@final
@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """Asks what its network thinks best; nothing is left to chance."""

    network: Network
    name: str = "learned"

    def next(self, situation: Situation) -> Inquiry | None:
        """The best of what is affordable, or to stop."""
        seen = network_input(situation, self.network.sizes.codes)
        with torch.no_grad():
            logits, _ = self.network(seen.candidates, seen.whole, seen.open)
        choice = int(logits[0].argmax())
        return seen.inquiries[choice] if choice < len(seen.inquiries) else None
