"""Which states lenses are fitted on and scored on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from forewarn.lenses.settings import FitSettings
from forewarn.records import StreamSite
from forewarn.subjects.prompts import Prompts
from forewarn.subjects.subject import Subject

Tokens = tuple[int, ...]


@final
class Prefixes:
    """Every beginning of every prompt so far, as a tree.

    A causal model's state at a position is decided by the tokens up to it, so that two positions with one prefix
    hold one state: it is fitted on once, and it is not held out if the fit has seen it.
    """

    def __init__(self) -> None:
        self._children: dict[tuple[int, int], int] = {}

    def add(self, prompt: Sequence[int]) -> list[int]:
        """Positions at which a beginning ends that was not there before."""
        node, new = 0, []
        for position, token in enumerate(prompt):
            child = self._children.get((node, token))
            if child is None:
                child = self._children[node, token] = len(self._children) + 1
                new.append(position)
            node = child
        return new


@final
@dataclass(frozen=True, slots=True)
class Places:
    """Prompts, and the positions of each that count."""

    prompts: tuple[Tokens, ...]
    positions: tuple[tuple[int, ...], ...]

    @property
    def n(self) -> int:
        """How many positions."""
        return sum(map(len, self.positions))


@final
@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """States at some sites, each from a beginning of its own."""

    states: Float[Tensor, "site n d"]
    tokens: Int[Tensor, " n"]
    """The input token at each."""
    prompts: Int[Tensor, " n"]
    """In which prompt each stands."""

    @property
    def n(self) -> int:
        """How many states."""
        return len(self.tokens)


def places(prompts: Prompts, settings: FitSettings, seen: Prefixes, most: int) -> Places:
    """Distinct positions that were not seen before, at most about `most` of them from evenly spaced prompts."""
    stripped = [p for prompt in prompts if (p := _stripped(prompt, settings.padding))]
    total = sum(len(_counted(prefixes, p, settings)) for prefixes in [Prefixes()] for p in stripped)
    kept = stripped[:: max(-(-total // most), 1)]
    rows = [(p, _counted(seen, p, settings)) for p in kept]
    return Places(tuple(p for p, at in rows if at), tuple(tuple(at) for _, at in rows if at))


def read(subject: Subject, where: Places, sites: Sequence[StreamSite]) -> Sample:
    """The states there."""
    states = subject.states(where.prompts, sites)
    # Where each prompt begins in the concatenation of all positions that `states` returns.
    starts = torch.tensor([0, *(len(p) for p in where.prompts)]).cumsum(0)[:-1].tolist()
    index = [start + at for start, row in zip(starts, where.positions, strict=True) for at in row]
    tokens = [p[at] for p, row in zip(where.prompts, where.positions, strict=True) for at in row]
    owners = [i for i, row in enumerate(where.positions) for _ in row]
    return Sample(states[:, index], torch.tensor(tokens), torch.tensor(owners))


def halves(prompts: Prompts) -> tuple[Prompts, Prompts]:
    """Every second prompt from the first on, and the others."""
    return prompts[::2], prompts[1::2]


def _counted(seen: Prefixes, prompt: Tokens, settings: FitSettings) -> list[int]:
    return [at for at in seen.add(prompt) if at >= settings.skip_first]


def _stripped(prompt: Sequence[int], padding: int | None) -> Tokens:
    """A prompt without the padding at its ends."""
    ids = tuple(int(token) for token in prompt)
    kept = [at for at, token in enumerate(ids) if token != padding]
    return ids[kept[0] : kept[-1] + 1] if kept else ()
