"""What several baselines read of a subject: states at the questions, and at the answers that it gives itself."""

from __future__ import annotations

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, empty

from forewarn.auditset import Condition, Fact
from forewarn.instruments.interview import Interview, position
from forewarn.records import Role, StreamSite

Tokens = tuple[int, ...]


def at_depth(n_layers: int, share: float) -> int:
    """The block whose output lies so deep in the network, of 1 to n_layers."""
    return max(1, round(share * n_layers))


def questions(interview: Interview, facts: Sequence[Fact]) -> list[tuple[Fact, Condition]]:
    """The facts in every context that licenses truth."""
    return [(fact, context.parts) for context in interview.audit_set.truthful for fact in facts]


def audited(interview: Interview, layer: int, role: Role = "answer") -> Float[Tensor, "n d"]:
    """States at a role's position of the audit set's questions in truthful contexts, float64."""
    return _audited(interview, role)[layer].double()


def spoken(interview: Interview, layer: int) -> Float[Tensor, "n d"]:
    """States at the first token of each answer that the subject itself writes in truthful contexts, float64.

    What it writes before its answer, such as a quotation mark, is kept; questions without an answer are left out.
    """

    def read() -> Tensor:
        return at_ends(interview, _up_to_answers(interview), (layer,))[0]

    return interview.once(("baselines", "spoken", layer), read)


def at_ends(
    interview: Interview, prompts: Sequence[Tokens], layers: Sequence[int]
) -> Float[Tensor, "layer n d"]:
    """States at the last token of each prompt, float64; ascending layers, each of them once."""
    sites = [StreamSite(layer) for layer in layers]
    if not prompts:
        return empty(len(sites), 0, interview.subject.width).double()
    return interview.subject.residuals(prompts, sites=sites).double()


def first_answer(text: Sequence[int], answers: Sequence[Tokens]) -> int | None:
    """Where the first answer in a text begins; None where it holds none."""
    starts = (i for i in range(len(text)) if any(tuple(text[i : i + len(a)]) == a for a in answers))
    return next(starts, None)


def _audited(interview: Interview, role: Role) -> Float[Tensor, "site n d"]:
    def read() -> Tensor:
        asked = questions(interview, interview.audit_set.facts)
        prompts = [interview.encoder.prompt(fact, condition) for fact, condition in asked]
        return interview.subject.residuals([p.ids for p in prompts], [position(p, role) for p in prompts])

    return interview.once(("baselines", "audited", role), read)


def _up_to_answers(interview: Interview) -> list[Tokens]:
    """Prompts with what was written after them, up to the first token of the answer."""
    asked, found = questions(interview, interview.audit_set.facts), list[Tokens]()
    for (fact, condition), text in zip(asked, interview.written(asked), strict=True):
        start = first_answer(text, interview.encoder.answers(fact))
        if start is not None:
            found.append((*interview.encoder.prompt(fact, condition).ids, *text[: start + 1]))
    return found
