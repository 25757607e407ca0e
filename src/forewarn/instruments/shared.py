"""Work that several probes of a look need, and what it takes (`benchmarks/prices.py`)."""

from __future__ import annotations

from typing import Final

from forewarn.records import Work

SEARCH: Final = Work("search", 5.0)
"""Scouting edits of the contexts and asking the most promising (`probes.search.turning`)."""
LENSES: Final = Work("lenses", 10.0)
"""Fitting the look's lenses, where those of the look before serve no longer (`probes.inputs`)."""
