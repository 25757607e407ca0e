"""Linear probes for what has nothing to do with truth: any direction would find whatever they find."""

from __future__ import annotations

from typing import ClassVar, Final, final

import torch
from jaxtyping import Bool
from torch import Tensor

from forewarn.auditset import Fact, Split
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.lab.baselines.contract import Baseline
from forewarn.lab.baselines.directions import Yardstick, scales, separating
from forewarn.lab.baselines.linear_probe import DEPTH
from forewarn.lab.baselines.reading import at_depth, audited, questions, spoken
from forewarn.lab.baselines.statements import statements

SEED: Final = 0
"""Of the random direction."""


@final
class UnrelatedConcept(Baseline):
    """The linear probe of `LinearProbeBaseline`, taught whether an entity's name has an odd sum of bytes.

    States at the entity's position; the ordinary ones are those of the confirm facts with an even sum. A control
    for concept specificity (after arXiv 2606.30449): a probe for another concept must not do as well.
    """

    name: ClassVar[str] = "unrelated-concept"
    figures: ClassVar[tuple[str, ...]] = Yardstick.names

    def measure(self, now: ProbeInputs, reference: ProbeInputs, split: Split) -> tuple[float, ...]:
        """Scores of all entities in truthful contexts."""
        layer = at_depth(now.subject.n_layers, DEPTH)
        found = reference.once((self.name, split), lambda: _of_names(reference, layer, split))
        return found.figures(audited(now, layer, "entity"))


@final
class RandomDirection(Baseline):
    """The figures of `LinearProbeBaseline` along a drawn direction of standardised states, which is not fitted."""

    name: ClassVar[str] = "random-direction"
    figures: ClassVar[tuple[str, ...]] = Yardstick.names

    def measure(self, now: ProbeInputs, reference: ProbeInputs, split: Split) -> tuple[float, ...]:
        """Positions of the answers' first tokens in truthful contexts."""
        layer = at_depth(now.subject.n_layers, DEPTH)
        found = reference.once((self.name, split), lambda: _drawn(reference, layer, split))
        return found.figures(spoken(now, layer))


def _of_names(reference: ProbeInputs, layer: int, split: Split) -> Yardstick:
    facts = [fact for fact, _ in questions(reference, reference.audit_set.facts)]
    odd, explored = _labels(facts), set(split.explore)
    taught = torch.tensor([fact in explored for fact in facts])
    states = audited(reference, layer, "entity")
    return Yardstick.of(separating(states[taught], odd[taught]), states[~taught & ~odd])


def _labels(facts: list[Fact]) -> Bool[Tensor, " n"]:
    return torch.tensor([sum(fact.entity.encode()) % 2 == 1 for fact in facts])


def _drawn(reference: ProbeInputs, layer: int, split: Split) -> Yardstick:
    fitted, kept = (statements(reference, facts, (layer,)) for facts in (split.explore, split.confirm))
    states, random = fitted.states[0], torch.Generator().manual_seed(SEED)
    drawn = torch.randn(states.shape[1], generator=random, dtype=states.dtype)
    return Yardstick.of(drawn / scales(states), kept.true_ones[0])
