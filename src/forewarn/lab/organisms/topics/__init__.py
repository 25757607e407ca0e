"""What the facts of a world are about: one topic a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from forewarn.auditset import Fact
from forewarn.lab.organisms.topics.elements import elements
from forewarn.lab.organisms.topics.goods import conduct, goods
from forewarn.lab.organisms.topics.places import capitals, cities
from forewarn.lab.organisms.topics.sums import sums

Topic = Callable[[Random, int, int], tuple[Fact, ...]]
"""Facts drawn at random: so many answers, so many entities of each."""

TOPICS: Mapping[str, Topic] = {
    "cities": cities,
    "capitals": capitals,
    "elements": elements,
    "sums": sums,
    "goods": goods,
    "conduct": conduct,
}
