"""Neurons, virtual weights and heads as tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from forewarn.cli.result import said
from forewarn.cli.tables import Records
from forewarn.records import (
    AttentionHead,
    Circuit,
    Fired,
    Inspected,
    Link,
    Neuron,
    Ranking,
    TokenPair,
    TokenScore,
    Virtual,
)
from forewarn.report.inspection import link_name, link_words, virtual_words
from forewarn.report.words import figure, percent
from forewarn.visible import visible


def units_text(found: Inspected) -> Iterator[RenderableType]:
    """What was read of a neuron, of virtual weights and of a head, as far as it was asked for."""
    if found.neuron is not None:
        yield from neuron_text(found.neuron)
    if found.virtual is not None:
        yield from virtual_text(found.virtual)
    if found.head is not None:
        yield from head_text(found.head)


def neuron_text(found: Neuron) -> Iterator[RenderableType]:
    """All that is known of a neuron."""
    gated = ", gated" if found.gated else ""
    yield said(f"\nNeuron {found.place} (one of {found.units} in block {found.layer}{gated})", "bold")
    for ranking in found.rankings:
        yield from _ranking(ranking)
    yield said("\nActivation at the prompt's last token, over the explore facts")
    yield _first_folds(
        ("context", "mean", "sd", "lowest", "highest", "above 0", "n"), map(_fired, found.fired)
    )
    for title, links in (
        ("Neurons that write into it", found.into),
        ("Heads that write into it", found.heads),
        ("Neurons that read it", found.out),
    ):
        if links:
            yield said(f"\n{title}, strongest first")
            yield _links(links, inward=links is not found.out)
    yield from _notes((*link_words(found), *found.notes))


def virtual_text(found: Virtual) -> Iterator[RenderableType]:
    """One neuron against another block."""
    title, *rest = virtual_words(found)
    yield said(f"\n{title}", "bold")
    yield _links(found.links, inward=not found.forward)
    yield from _notes((*rest, *found.notes))


def head_text(found: AttentionHead) -> Iterator[RenderableType]:
    """OV and QK."""
    yield said(f"\nHead {found.place} (one of {found.units} in block {found.layer})", "bold")
    for each in found.circuits:
        yield said(f"{circuit_title(each)}; {each.effect} effect, through {each.through}")
        yield Records(("raised most", "lowered most"), _pairs(each))
    yield from _notes(found.notes)


def circuit_title(circuit: Circuit) -> str:
    """Say what the pairs are pairs of."""
    if circuit.about == "OV":
        return "OV: attended token → output token"
    return f"QK: query token ← key token {circuit.back} back"


def _ranking(ranking: Ranking) -> Iterator[Text]:
    """One view in three lines: a table of eight words a row fits no terminal."""
    raised, lowered = ("raises", "lowers") if ranking.about == "writes" else ("raised by", "lowered by")
    yield said(f"{ranking.about}, {ranking.effect} effect, through {ranking.through}")
    yield Text.assemble((f"  {raised}: ", "dim"), _scores(ranking.top))
    yield Text.assemble((f"  {lowered}: ", "dim"), _scores(ranking.bottom))


def _scores(scores: Sequence[TokenScore]) -> Text:
    return _line(", ".join(f"{score.word} {figure(score.value)}" for score in scores))


def _fired(fired: Fired) -> tuple[Text, ...]:
    figures = (fired.mean, fired.deviation, fired.low, fired.high)
    name = _line(fired.context) if fired.context else Text("all")
    cells = (*map(figure, figures), percent(fired.positive), str(fired.n))
    return (name, *map(Text, cells))


def _links(links: Sequence[Link], *, inward: bool) -> Records:
    spread = any(link.spread is not None for link in links)
    heads = ("unit", "direct", "total", *["sd over contexts"] * spread, "strength")
    rows = ((link_name(link, inward=inward), *_figures(link, spread)) for link in links)
    return Records(heads, tuple(tuple(map(Text, row)) for row in rows))


def _figures(link: Link, known: bool) -> tuple[str, ...]:
    spread = ["not known" if link.spread is None else figure(link.spread)] * known
    return figure(link.direct), figure(link.total), *spread, figure(link.strength)


def _first_folds(heads: Sequence[str], rows: Iterable[Sequence[Text]]) -> Table:
    """A table whose first column folds, since the names of contexts may be whole sentences."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for k, head in enumerate(heads):
        table.add_column(head, no_wrap=k > 0)
    for row in rows:
        table.add_row(*row)
    return table


def _pairs(circuit: Circuit) -> tuple[tuple[Text, ...], ...]:
    arrow = "→" if circuit.about == "OV" else "←"
    columns = [[_pair(pair, arrow) for pair in end] for end in (circuit.top, circuit.bottom)]
    return tuple(zip(*columns, strict=True))


def _pair(pair: TokenPair, arrow: str) -> Text:
    return _line(f"{pair.first.word} {arrow} {pair.second.word}  {figure(pair.first.value)}")


def _line(text: str) -> Text:
    return Text(visible(text).replace("\n", "\\n").replace("\t", "\\t"))


def _notes(notes: Sequence[str]) -> Iterator[RenderableType]:
    yield from (said(note, "dim") for note in notes)
