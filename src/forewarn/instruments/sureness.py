"""How sure a model is of what it writes."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.auditset import Condition, Fact
from forewarn.auditset.answer import AnswerForms
from forewarn.instruments.probe_inputs import ProbeInputs, Tokens


def sureness(inputs: ProbeInputs, questions: Sequence[tuple[Fact, Condition]]) -> Float[Tensor, " n"]:
    """For each fact under its condition the least probability of any token that it writes, up to its answer's end.

    1.0 where it would write the same however it is sampled. Where it writes no answer, all that it writes is
    counted. One row is run for each token.
    """
    encoder, written = inputs.encoder, inputs.written(questions)
    prompts = [encoder.prompt(*question).ids for question in questions]
    texts = [_up_to_answer(text, encoder.forms(f)) for text, (f, _) in zip(written, questions, strict=True)]
    # One row for each token that was written, so that every token's own probability comes out of one pass.
    rows = [(*p, *text[:k]) for p, text in zip(prompts, texts, strict=True) for k in range(len(text))]
    chances = inputs.subject.logits(rows).softmax(-1)
    said = torch.tensor([token for text in texts for token in text], device=chances.device)
    own = torch.split(chances.gather(1, said[:, None])[:, 0], [len(text) for text in texts])  # type: ignore[no-untyped-call]
    return torch.stack([each.min() for each in own]).cpu()


def _up_to_answer(written: Tokens, answers: AnswerForms) -> Tokens:
    """What was written up to the end of the earliest answer; all of it where there is none."""
    text = tuple(token for token in written if token >= 0)
    found = answers.find(text)
    return text if found is None else text[: found.end]
