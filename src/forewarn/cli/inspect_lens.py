"""Lens trajectories as tables: sites by positions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Console, ConsoleOptions, RenderableType
from rich.table import Table
from rich.text import Text

from forewarn.cli.result import said
from forewarn.records import LensReading, Trajectories, Trajectory
from forewarn.records.trajectory import Lens
from forewarn.report.layers import quality_words
from forewarn.report.words import percent
from forewarn.visible import visible

PIPE_WIDTH: Final = 80
"""Columns of a table in what is no terminal, where nothing says how wide a line may be."""
_SAYS: Final = {
    "tuned": "Forwards, by the tuned lens: the likeliest next token at each site",
    "logit": "Forwards without correction (logit lens)",
    "retrodiction": "Backwards: the input token that each site still tells of",
}
_SHADES: Final = ((0.75, "bold green"), (0.4, "green"), (0.1, "yellow"))
"""Least probability and style; below them all, dim."""


@dataclass(frozen=True, slots=True)
class WideTable:
    """Columns beside a first one, in as many tables as the width asks for."""

    names: tuple[Text, ...]
    """Of the rows."""
    columns: tuple[tuple[Text, ...], ...]
    """Each with its head on top."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        most = options.max_width if console.is_terminal else min(options.max_width, PIPE_WIDTH)
        width = max(cell.cell_len for cell in self.names) + 2
        group: list[tuple[Text, ...]] = []
        used = width
        for column in self.columns:
            wide = max(cell.cell_len for cell in column) + 2
            if group and used + wide > most + 2:
                yield self._table(group)
                yield Text()
                group, used = [], width
            group.append(column)
            used += wide
        yield self._table(group)

    def _table(self, group: Sequence[tuple[Text, ...]]) -> Table:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for head in (self.names[0], *(column[0] for column in group)):
            table.add_column(head, no_wrap=True)
        for k, name in enumerate(self.names[1:], 1):
            table.add_row(name, *(column[k] for column in group))
        return table


def lens_text(found: Trajectories, *, logit: bool, backwards: bool) -> Iterator[RenderableType]:
    """All trajectories, those that a claim is about first; with the logit lens and backwards if asked."""
    asked: dict[Lens, bool] = {"tuned": True, "logit": logit, "retrodiction": backwards}
    lenses = [lens for lens, wanted in asked.items() if wanted]
    for each in sorted(found.trajectories, key=lambda each: not each.claim):
        yield Text()
        yield from _one(found, each, lenses)
    yield Text()
    yield said(
        "Sites: 0 after the embedding, 1a between attention and MLP of block 1, 1 after block 1.", "dim"
    )
    yield said(
        "p(true), p(false): of the first token of the true answer, and of all false answers together, at the "
        "prompt's last token.",
        "dim",
    )
    yield said(quality_words(found), "dim")


def _one(found: Trajectories, each: Trajectory, lenses: Sequence[Lens]) -> Iterator[RenderableType]:
    yield said(each.title, "bold")
    about = [each.context and f"context {each.context!r}", each.fact and f"fact {each.fact}"]
    about += [each.claim and f"the condition of a confirmed claim, {each.claim}"]
    about += [f"the last {len(each.ids)} tokens" if each.first else ""]
    yield said("; ".join(part for part in about if part), "red" if each.claim else "dim")
    for lens in lenses:
        yield said(_SAYS[lens])
        yield grid(found, each, lens)


def grid(found: Trajectories, each: Trajectory, lens: Lens) -> WideTable:
    """One prompt through one lens, the last site on top; forwards with the answers' probabilities first."""
    reading = each.reading(lens)
    sites = range(len(found.sites) - 1, -1, -1)
    names = (Text("resid", style="dim"), *(Text(found.sites[s], style="dim") for s in sites))
    answers = (("p(true)", each.truth), ("p(false)", each.falsehood)) if lens == "tuned" else ()
    columns = [(Text(n), *(_share(p[s]) for s in sites)) for n, p in answers if p is not None]
    columns += [] if reading is None else [_column(found, each, reading, k) for k in range(len(each.ids))]
    return WideTable(names, tuple(columns))


def _column(found: Trajectories, each: Trajectory, reading: LensReading, k: int) -> tuple[Text, ...]:
    pairs = zip(reversed(reading.tokens), reversed(reading.probabilities), strict=True)
    return (_word(found, each.ids[k]), *(_cell(found, tokens[k], shares[k]) for tokens, shares in pairs))


def _cell(found: Trajectories, tokens: Sequence[int], shares: Sequence[float]) -> Text:
    if not tokens:
        return Text("-")
    style = next((style for least, style in _SHADES if shares[0] >= least), "dim")
    return Text(f"{_word(found, tokens[0]).plain} {100 * shares[0]:.0f}%", style=style)


def _word(found: Trajectories, token: int) -> Text:
    return Text(visible(found.word(token)).replace("\n", "\\n").replace("\t", "\\t"))


def _share(share: float) -> Text:
    return Text(percent(share))
