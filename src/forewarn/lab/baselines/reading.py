"""What several baselines read of a subject: states at the questions, and at the answers that it gives itself."""

from __future__ import annotations

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, empty

from forewarn.auditset import Condition, Fact
from forewarn.instruments.probe_inputs import ProbeInputs, position
from forewarn.records import Role, StreamSite

Tokens = tuple[int, ...]


def at_depth(n_layers: int, share: float) -> int:
    """The block whose output lies so deep in the network, of 1 to n_layers."""
    return max(1, round(share * n_layers))


def questions(inputs: ProbeInputs, facts: Sequence[Fact]) -> list[tuple[Fact, Condition]]:
    """The facts in every context that licenses truth."""
    return [(fact, context.parts) for context in inputs.audit_set.truthful for fact in facts]


def audited(inputs: ProbeInputs, layer: int, role: Role = "answer") -> Float[Tensor, "n d"]:
    """States at a role's position of the audit set's questions in truthful contexts, float64."""
    return _audited(inputs, role)[layer].double()


def spoken(inputs: ProbeInputs, layer: int) -> Float[Tensor, "n d"]:
    """States at the first token of each answer that the subject itself writes in truthful contexts, float64.

    What it writes before its answer, such as a quotation mark, is kept; questions without an answer are left out.
    """

    def read() -> Tensor:
        return at_ends(inputs, _up_to_answers(inputs), (layer,))[0]

    return inputs.once(("baselines", "spoken", layer), read)


def at_ends(
    inputs: ProbeInputs, prompts: Sequence[Tokens], layers: Sequence[int]
) -> Float[Tensor, "layer n d"]:
    """States at the last token of each prompt, float64; ascending layers, each of them once."""
    sites = [StreamSite(layer) for layer in layers]
    if not prompts:
        return empty(len(sites), 0, inputs.subject.width).double()
    return inputs.subject.residuals(prompts, sites=sites).double()


def _audited(inputs: ProbeInputs, role: Role) -> Float[Tensor, "site n d"]:
    def read() -> Tensor:
        asked = questions(inputs, inputs.audit_set.facts)
        prompts = [inputs.encoder.prompt(fact, condition) for fact, condition in asked]
        return inputs.subject.residuals([p.ids for p in prompts], [position(p, role) for p in prompts])

    return inputs.once(("baselines", "audited", role), read)


def _up_to_answers(inputs: ProbeInputs) -> list[Tokens]:
    """BagOfWords with what was written after them, up to the first token of the answer."""
    asked, found = questions(inputs, inputs.audit_set.facts), list[Tokens]()
    for (fact, condition), text in zip(asked, inputs.written(asked), strict=True):
        answer = inputs.encoder.forms(fact).find(text)
        if answer is not None:
            found.append((*inputs.encoder.prompt(fact, condition).ids, *text[: answer.start + 1]))
    return found
