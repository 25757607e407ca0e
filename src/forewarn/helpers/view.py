"""One situation as the rows that a network reads."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from forewarn.helpers.encoding import GLOBAL, MOST, PASSES, Encoding, answer
from forewarn.helpers.policy import Asked, Inquiry, Situation
from forewarn.records import Evidence, Outcome


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """Questions in the order of `inquiries`: first what is open, then what was asked."""

    inquiries: tuple[Inquiry, ...]
    candidates: Float[Tensor, "1 c f"]
    whole: Float[Tensor, "1 g"]
    open: Bool[Tensor, "1 c"]


def view(situation: Situation, codes: Sequence[str]) -> View:
    """The same rows that the laboratory's environment shows of a recorded look (`lab.game.vector_env`)."""
    encoding, asked = Encoding(tuple(codes)), {a.inquiry: a for a in situation.asked}
    inquiries = (*situation.open, *asked)
    rows = [_row(situation, encoding, i, asked.get(i)) for i in inquiries]
    affordable = set(situation.affordable)
    able = [i in affordable for i in inquiries]
    return View(
        inquiries,
        torch.tensor(rows).reshape(1, len(rows), encoding.n_candidate),
        torch.tensor([_whole(situation)]),
        torch.tensor([able], dtype=torch.bool),
    )


def _row(situation: Situation, encoding: Encoding, inquiry: Inquiry, asked: Asked | None) -> list[float]:
    earlier = situation.history.earlier.get(inquiry.question)
    age = 0.0 if earlier is None else 1.0 / (1 + situation.history.looks - earlier.look)
    return [
        *encoding.place(inquiry, inquiry.price(situation.asked)),
        *answer(None if asked is None else asked.outcome),
        *answer(None if earlier is None else earlier.outcome),
        age,
    ]


def _whole(situation: Situation) -> list[float]:
    columns = {
        "budget": min(situation.budget, MOST) / PASSES,
        "known": situation.known,
        "asked": len(situation.asked) / 10.0,
        "looks": math.log1p(situation.history.looks),
        "strongest": max([0.0, *_lows(a.outcome for a in situation.asked)]),
        "strongest before": max([0.0, *_lows(e.outcome for e in situation.history.earlier.values())]),
    }
    return [columns[name] for name in GLOBAL]


def _lows(outcomes: Iterator[Outcome]) -> list[float]:
    return [o.interval.low for o in outcomes if isinstance(o, Evidence)]
