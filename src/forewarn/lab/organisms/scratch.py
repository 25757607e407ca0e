"""Starting from random weights."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any, final

from forewarn.lab.organisms.models import FAMILIES, Architecture, build, tokenizer
from forewarn.lab.organisms.organism import Organism
from forewarn.lab.organisms.start import Recipe, Scale, Start

WIDTHS, DEPTHS = (48, 80), (2, 4)
RECIPE = Recipe(batch=48, rate=2e-3)
SCALE = Scale(base=280, branch=260, answers=(6, 8), entities=(5, 6))


@final
@dataclass(frozen=True, slots=True)
class Scratch(Start):
    """Small models of several families with one token a word. All of their weights are trained."""

    scale: Scale = SCALE
    recipe: Recipe = RECIPE

    def architecture(self, draw: Random) -> Architecture:
        """Family, width and depth are drawn."""
        return Architecture(draw.choice(FAMILIES), draw.choice(WIDTHS), draw.choice(DEPTHS))

    def tokenizer(self, organism: Organism) -> Any:
        """A tokenizer of the organism's words and no others."""
        return tokenizer(organism.words)

    def model(self, organism: Organism) -> Any:
        """A model whose weights the organism's seed decides."""
        return build(organism.architecture, len(self.tokenizer(organism)), organism.seed)
