"""True and false statements about facts, as prompts that end in an answer's first token."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jaxtyping import Bool, Float
from torch import Tensor, tensor
from torch import bool as torch_bool

from forewarn.auditset import Encoder, Fact
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.lab.baselines.reading import at_ends, questions


@dataclass(frozen=True, slots=True, eq=False)
class Statements:
    """States at the last token of statements, and which of them are false."""

    states: Float[Tensor, "layer n d"]
    """Residual stream after some blocks, float64; the true statements first."""
    false: Bool[Tensor, " n"]
    """Labels."""

    @property
    def true_ones(self) -> Float[Tensor, "layer m d"]:
        """States of the true statements."""
        return self.states[:, ~self.false]

    @property
    def false_ones(self) -> Float[Tensor, "layer m d"]:
        """States of the false statements."""
        return self.states[:, self.false]


def statements(inputs: ProbeInputs, facts: Sequence[Fact], layers: Sequence[int]) -> Statements:
    """Of each fact a true and a false statement in every truthful context; read once.

    Each answer is as often false as true, so that no direction of a single answer tells the two apart.
    """
    key = ("baselines", "statements", tuple(facts), tuple(layers))
    return inputs.once(key, lambda: _read(inputs, facts, layers))


def false_tokens(facts: Sequence[Fact], encoder: Encoder) -> dict[Fact, tuple[int, int]]:
    """First tokens of each fact's true answer and of a false one, which is the answer of another fact.

    The false ones are the true ones of the same relation, moved on by as many places as the commonest answer
    has. Facts for which that gives no false answer are left out (an answer that more than half of them share).
    """
    kinds: defaultdict[str, list[tuple[int, Fact]]] = defaultdict(list)
    for fact in facts:
        kinds[fact.relation].append((encoder.answers(fact)[0][0], fact))
    return {fact: ends for kind in kinds.values() for fact, ends in _deranged(kind, encoder)}


def _deranged(kind: Sequence[tuple[int, Fact]], encoder: Encoder) -> Iterator[tuple[Fact, tuple[int, int]]]:
    # Sorted by answer and shifted by the size of the largest group: nobody keeps its own answer, and every answer
    # is given as a false one exactly as often as it is true.
    order = sorted(kind, key=lambda pair: pair[0])
    moved = max(Counter(token for token, _ in order).values())
    for i, (token, fact) in enumerate(order):
        other = order[(i + moved) % len(order)][0]
        if other != token and other in {answer[0] for answer in encoder.answers(fact)[1:]}:
            yield fact, (token, other)


def _read(inputs: ProbeInputs, facts: Sequence[Fact], layers: Sequence[int]) -> Statements:
    drawn, encoder = false_tokens(facts, inputs.encoder), inputs.encoder
    asked = [(encoder.prompt(f, c).ids, drawn[f]) for f, c in questions(inputs, list(drawn))]
    prompts = [(*ids, ends[side]) for side in (0, 1) for ids, ends in asked]
    labels = tensor([False] * len(asked) + [True] * len(asked), dtype=torch_bool)
    return Statements(at_ends(inputs, prompts, layers), labels)
