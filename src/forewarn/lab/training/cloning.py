"""Behaviour cloning: a helper that does what its teachers did (Pomerleau 1991)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.functional import cross_entropy, pad

from forewarn.errors import ConfigurationError
from forewarn.helpers.look import Choice
from forewarn.helpers.network import Network, Sizes
from forewarn.helpers.view import view

TINY = 1e-12
"""Weight below which a batch counts nothing: all of it may be a prior that is not to be heard."""


@dataclass(frozen=True, slots=True)
class Cloning:
    """How a helper is cloned."""

    epochs: int = 60
    batch: int = 128
    rate: float = 3e-3
    prior: float = 200.0
    """Choices of the teacher that is always there (a fixed order, say) count together as so many."""
    doubt: float = 0.1
    """Share of certainty that is spread over all open choices: what is quite sure of itself tries nothing else
    when it is reinforced (Szegedy et al. 2016, label smoothing)."""
    width: int = 32
    seed: int = 0


def clone(
    shown: Sequence[Choice],
    prior: Sequence[Choice],
    codes: Sequence[str],
    plan: Cloning,
    device: str = "cpu",
) -> Network:
    """A network that makes the choices shown.

    With few of them it is mostly the prior that it learns, which counts as many choices as the plan says: somebody
    who has recorded three inspections has a helper that does no worse than without. The same choices and plan give
    the same on one thread of one machine. ConfigurationError where nothing is shown.
    """
    if not (shown or prior):
        raise ConfigurationError("there is nothing to clone: no trace holds a choice, and no prior was given")
    network = Network(Sizes(tuple(codes), plan.width), plan.seed).to(device)
    rows = _Rows.of([*shown, *prior], codes).on(device)
    weights = torch.ones(len(shown) + len(prior), device=device)
    weights[len(shown) :] = min(1.0, plan.prior / max(len(prior), 1))
    _fit(network, rows, weights, plan)
    return network


def agreement(network: Network, shown: Sequence[Choice]) -> float:
    """Share of choices that a network makes as they were shown; nan without any."""
    if not shown:
        return float("nan")
    rows = _Rows.of(shown, network.sizes.codes).on(network.ask.weight.device)
    with torch.no_grad():
        logits, _ = network(rows.candidates, rows.whole, rows.open)
    return float((logits.argmax(1) == rows.choice).float().mean())


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Situations as a network reads them, padded to the greatest number of questions."""

    candidates: Float[Tensor, "n c f"]
    whole: Float[Tensor, "n g"]
    open: Bool[Tensor, "n c"]
    choice: Int[Tensor, " n"]

    @classmethod
    def of(cls, shown: Sequence[Choice], codes: Sequence[str]) -> _Rows:
        seen = [view(each.situation, codes) for each in shown]
        most = max(len(s.inquiries) for s in seen)
        index = [
            most if each.inquiry is None else s.inquiries.index(each.inquiry)
            for each, s in zip(shown, seen, strict=True)
        ]
        return cls(
            torch.cat([pad(s.candidates, (0, 0, 0, most - len(s.inquiries))) for s in seen]),
            torch.cat([s.whole for s in seen]),
            torch.cat([pad(s.open, (0, most - len(s.inquiries))) for s in seen]),
            torch.tensor(index),
        )

    def on(self, device: str | torch.device) -> _Rows:
        """Where the network is."""
        return _Rows(*(getattr(self, name).to(device) for name in self.__slots__))


def _fit(network: Network, rows: _Rows, weights: Float[Tensor, " n"], plan: Cloning) -> None:
    draw = torch.Generator().manual_seed(plan.seed)
    optimizer = torch.optim.Adam(network.parameters(), lr=plan.rate)
    for _ in range(plan.epochs):
        for part in torch.split(torch.randperm(len(weights), generator=draw), plan.batch):  # type: ignore[no-untyped-call]
            logits, _ = network(rows.candidates[part], rows.whole[part], rows.open[part])
            losses = _losses(logits, rows.choice[part], plan.doubt)
            optimizer.zero_grad()
            counted = weights[part].sum().clamp_min(TINY)
            ((losses * weights[part]).sum() / counted).backward()  # type: ignore[no-untyped-call]
            optimizer.step()


def _losses(logits: Float[Tensor, "n k"], choice: Int[Tensor, " n"], doubt: float) -> Float[Tensor, " n"]:
    able = logits.isfinite()
    spread = -logits.log_softmax(-1).masked_fill(~able, 0.0).sum(-1) / able.sum(-1)
    return (1 - doubt) * cross_entropy(logits, choice, reduction="none") + doubt * spread
