"""How sure a model is of what it writes."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.auditset import Condition, Fact
from forewarn.instruments.probe_inputs import ProbeInputs, Tokens


def sureness(inputs: ProbeInputs, questions: Sequence[tuple[Fact, Condition]]) -> Float[Tensor, " n"]:
    """For each fact under its condition the least probability of any token that it writes, up to its answer's end.

    1.0 where it would write the same however it is sampled. Where it writes no answer all is counted that it may
    write. As many rows are run as there are tokens.
    """
    encoder, written = inputs.encoder, inputs.written(questions)
    prompts = [encoder.prompt(*question).ids for question in questions]
    texts = [_told(text, encoder.answers(f)) for text, (f, _) in zip(written, questions, strict=True)]
    rows = [(*p, *text[:k]) for p, text in zip(prompts, texts, strict=True) for k in range(len(text))]
    chances = inputs.subject.logits(rows).softmax(-1)
    said = torch.tensor([token for text in texts for token in text], device=chances.device)
    own = torch.split(chances.gather(1, said[:, None])[:, 0], [len(text) for text in texts])  # type: ignore[no-untyped-call]
    return torch.stack([each.min() for each in own]).cpu()


def _told(written: Tokens, answers: Sequence[Tokens]) -> Tokens:
    """Up to the end of the earliest answer, the longest where two begin together."""
    text = tuple(token for token in written if token >= 0)
    for start in range(len(text)):
        found = [a for a in answers if text[start : start + len(a)] == a]
        if found:
            return text[: start + max(map(len, found))]
    return text
