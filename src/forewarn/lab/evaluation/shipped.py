"""The recorded table that comes with the package."""

from __future__ import annotations

from pathlib import Path

from forewarn.lab.population.table import Table

SHIPPED = Path(__file__).with_name("recorded.safetensors")


def load(path: Path | None = None) -> Table:
    """A recorded table; the shipped one by default. StoreError where it cannot be read."""
    return Table.load(path or SHIPPED)
