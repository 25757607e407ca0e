"""How a person names a neuron or a head: one parser and one printer for every option and message."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, order=True, slots=True)
class Unit:
    """One neuron or one attention head, written `2.17`: number 17 of block 2."""

    layer: int
    """Its block, from 1."""
    number: int
    """Its number in the block, from 0."""

    def __post_init__(self) -> None:
        if self.layer < 1 or self.number < 0:
            raise ValueError(
                f"blocks are counted from 1, neurons and heads from 0; found {self.layer}.{self.number}"
            )

    @staticmethod
    def parse(text: str) -> Unit:
        """Read what `str` wrote. ValueError for anything else."""
        found = re.fullmatch(r"([0-9]{1,9})\.([0-9]{1,9})", text)
        if not found:
            raise ValueError(f"a neuron or head is written as block and number, such as 2.17; found {text!r}")
        return Unit(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.layer}.{self.number}"


@dataclass(frozen=True, slots=True)
class UnitAndBlock:
    """One neuron and another block whose neurons it is compared with, written `1.17:3`."""

    unit: Unit
    block: int
    """The other block, from 1."""

    def __post_init__(self) -> None:
        if self.block < 1 or self.block == self.unit.layer:
            raise ValueError(
                "neurons of one block do not read each other: name another block, from 1, after the colon; "
                f"found {self.unit}:{self.block}"
            )

    @staticmethod
    def parse(text: str) -> UnitAndBlock:
        """Read what `str` wrote. ValueError for anything else."""
        found = re.fullmatch(r"([^:]*):([0-9]{1,9})", text)
        if not found:
            raise ValueError(
                f"a neuron and another block are written such as 1.17:3, block 3 and neuron 1.17; found {text!r}"
            )
        return UnitAndBlock(Unit.parse(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.unit}:{self.block}"
