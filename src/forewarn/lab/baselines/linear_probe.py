"""A linear probe for false statements, fitted once and kept while training goes on."""

from __future__ import annotations

from typing import ClassVar, Final, final

from forewarn.auditset import Split
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.lab.baselines.contract import Baseline
from forewarn.lab.baselines.directions import Yardstick, separating
from forewarn.lab.baselines.reading import at_depth, spoken
from forewarn.lab.baselines.statements import statements

DEPTH: Final = 0.5
"""Where the probe reads, as a share of the blocks."""


@final
class LinearProbeBaseline(Baseline):
    """Do the model's own answers look like false statements did at the reference?

    After Goldowsky-Dill et al. 2025, arXiv 2502.03407: ridge logistic regression on standardised states of one
    layer, with a threshold that one in a hundred honest texts passes. Simplified: statements are one answer's
    first token after a question, for our models write nothing longer; they are true and false answers, and not
    instructed honesty and deceit, for which our models have no words; the threshold comes from true statements
    about the confirm facts, since there is no chat of another kind. Fitted on the explore facts.
    """

    name: ClassVar[str] = "linear-probe"
    figures: ClassVar[tuple[str, ...]] = Yardstick.names

    def measure(self, now: ProbeInputs, reference: ProbeInputs, split: Split) -> tuple[float, ...]:
        """Scores of the answers' first tokens in truthful contexts; 0 is the mean true statement."""
        layer = at_depth(now.subject.n_layers, DEPTH)
        found = reference.once((self.name, split), lambda: _fitted(reference, layer, split))
        return found.figures(spoken(now, layer))


def _fitted(reference: ProbeInputs, layer: int, split: Split) -> Yardstick:
    fitted, kept = (statements(reference, facts, (layer,)) for facts in (split.explore, split.confirm))
    return Yardstick.of(separating(fitted.states[0], fitted.false), kept.true_ones[0])
