"""Tables that stay readable: columns where they fit, else one record below the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType
from rich.table import Table
from rich.text import Text

STYLES: Mapping[str, str] = {
    "clear": "green",
    "flagged": "bold red",
    "unknown": "yellow",
    "missed": "magenta",
    "broken": "bold red",
}


LEAST_FOLDED = 24
"""Width below which the last column is not folded."""


@dataclass(frozen=True, slots=True)
class Records:
    """Rows under named columns, printed as a table where they fit; the last column is folded where that helps."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Text, ...], ...]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        widths = [
            max(cell.cell_len for cell in column) for column in zip(self._heads(), *self.rows, strict=True)
        ]
        left = options.max_width - sum(widths[:-1]) - 2 * (len(widths) - 1)
        fits = min(widths[-1], max(LEAST_FOLDED, Text(self.columns[-1]).cell_len)) <= left
        yield self._table() if fits else self._stack()

    def _heads(self) -> tuple[Text, ...]:
        return tuple(Text(column) for column in self.columns)

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        for column in self.columns[:-1]:
            table.add_column(column, no_wrap=True)
        table.add_column(self.columns[-1], overflow="fold")
        for row in self.rows:
            table.add_row(*row)
        return table

    def _stack(self) -> Text:
        records = [self._record(row) for row in self.rows]
        return Text("\n\n").join(records)

    def _record(self, row: Sequence[Text]) -> Text:
        pairs = zip(self.columns, row, strict=True)
        return Text("\n").join(Text.assemble((f"{name}: ", "dim"), cell) for name, cell in pairs)


def state_text(state: str) -> Text:
    """Write a status or state in its colour; the word says it without one."""
    return Text(state, style=STYLES.get(state, ""))
