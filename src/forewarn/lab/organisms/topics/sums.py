"""Arithmetic: sums of two small numbers."""

from __future__ import annotations

from random import Random

from forewarn.auditset import Fact
from forewarn.lab.organisms.topics.grouped import grouped

GREATEST = 12
NUMBERS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
    *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
    *("twenty", "twenty-one", "twenty-two", "twenty-three", "twenty-four"),
)
QUESTIONS = ("{} makes", "{} is", "the sum of {} is")


def sums(draw: Random, n_answers: int, share: int) -> tuple[Fact, ...]:
    """Sums of numbers from 1 to 12, each sum with as many pairs as are wanted."""
    table: dict[str, list[str]] = {}
    for a in range(1, GREATEST + 1):
        for b in range(1, GREATEST + 1):
            table.setdefault(NUMBERS[a + b], []).append(f"{a} plus {b}")
    return grouped(table, draw, n_answers, share, draw.choice(QUESTIONS), "sum")
