"""How well a transport predicts what was measured in one model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean

import torch
from lens_parts.case import Case
from lens_parts.ranks import Ranked, by_row, ranked, top_overlap
from torch import Tensor

from forewarn.lenses import LensSet
from forewarn.lenses.transports import Transport
from forewarn.lenses.views.inputs import input_view
from forewarn.lenses.views.output import output_view
from forewarn.lenses.views.virtual import virtual_weights
from forewarn.records import StreamSite

Shuffle = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Pair:
    """One source and one reading block."""

    source: int
    distance: int
    total: Ranked
    direct: Ranked


def virtual(case: Case, transport: Transport, shuffle: Shuffle = lambda rows: rows) -> list[Pair]:
    """Predicted virtual weights beside measured total and direct effects."""
    out = []
    for source, block in case.pairs():
        found = case.measured[source]
        values = virtual_weights(transport, StreamSite(source), found.writes, case.reader(block)).values
        values = shuffle(values)
        total, direct = (ranked(values, effects[block]) for effects in (found.total, found.direct))
        out.append(Pair(source, block - source, total, direct))
    return out


def repeated(case: Case) -> dict[str, dict[str, float]]:
    """The total effect measured in other contexts, scored as if it were a prediction."""
    pairs = [
        Pair(
            s,
            b - s,
            *(
                ranked(case.again[s].total[b], e[b])
                for e in (case.measured[s].total, case.measured[s].direct)
            ),
        )
        for s, b in case.pairs()
    ]
    rows = [(case.again[s].logits_total, found) for s, found in case.measured.items()]
    total, top, direct = (
        [by_row(again, found.logits_total) for again, found in rows],
        [top_overlap(again, found.logits_total) for again, found in rows],
        [by_row(again, found.logits_direct) for again, found in rows],
    )
    return {
        "virtual": means(pairs),
        "output": {"total": fmean(total), "top10": fmean(top), "direct": fmean(direct)},
    }


def means(pairs: list[Pair]) -> dict[str, float]:
    """Mean over pairs of blocks, total and direct, and the total effect by distance."""
    near = defaultdict(list)
    for pair in pairs:
        near[pair.distance].append(pair.total.correlation)
    return {
        "total": fmean(pair.total.correlation for pair in pairs),
        "direct": fmean(pair.direct.correlation for pair in pairs),
        **{f"total at {distance}": fmean(values) for distance, values in sorted(near.items())},
    }


def output(case: Case, transport: Transport, shuffle: Shuffle = lambda rows: rows) -> dict[str, float]:
    """Spearman over tokens and overlap of the ten largest, total; Spearman with the direct effect."""
    anatomy, rows = case.trained.subject.anatomy(), []
    for source, found in case.measured.items():
        values = shuffle(output_view(anatomy, transport, StreamSite(source), found.writes).values)
        rows.append(
            (
                by_row(values, found.logits_total),
                top_overlap(values, found.logits_total),
                by_row(values, found.logits_direct),
            )
        )
    total, top, direct = (fmean(column) for column in zip(*rows, strict=True))
    return {"total": total, "top10": top, "direct": direct}


def inputs(
    case: Case, through: Transport | LensSet, shuffle: Shuffle = lambda rows: rows
) -> dict[str, float]:
    """Spearman over tokens with the mean pre-activation on held-out text."""
    anatomy, found = case.trained.subject.anatomy(), []
    for block, driven in case.driven.items():
        reader = case.reader(block)
        values = input_view(anatomy, through, reader.site, reader.read[driven.index]).values[:, driven.tokens]
        found.append(by_row(shuffle(values), driven.means))
    return {"held-out": fmean(found)}


def shuffled(seed: int) -> Shuffle:
    """Gives rows to other neurons; no neuron keeps its own."""
    generator = torch.Generator().manual_seed(seed)

    def move(rows: Tensor) -> Tensor:
        order = torch.randperm(len(rows), generator=generator)
        out = torch.empty_like(rows)
        out[order] = rows[order.roll(1)]
        return out

    return move
