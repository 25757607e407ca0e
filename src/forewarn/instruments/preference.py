"""The direction of the last residual stream along which the truth gains on the answer that is favoured."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.auditset import Condition, Fact
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.records import StreamSite


def preference(inputs: ProbeInputs, facts: Sequence[Fact], condition: Condition) -> Float[Tensor, "f d"]:
    """For each fact the gradient of logit(truth) - logit(strongest alternative) at the last site of the stream.

    The logits are those of the answers' first tokens. The final norm's scale is held at its value under the
    condition. A row is zero where every alternative begins with the same token as the truth.

    Raises:
        NotApplicableError: the model's final norm or unembedding cannot be given.
    """
    subject = inputs.subject
    final, unembedding = subject.anatomy().readout()
    prompts = [p.ids for p in inputs.prompts(facts, condition)]
    [states] = subject.residuals(prompts, sites=[StreamSite(subject.n_layers)])
    logits = subject.read_logits(states)
    pairs = [_rivals(inputs, fact, row) for fact, row in zip(facts, logits, strict=True)]
    # The gradient of a logit through a norm whose scale is held: unembedding rows with its gain, over sigma.
    towards = torch.stack([unembedding[truth] - unembedding[rival] for truth, rival in pairs])
    return final.fold(towards).to(states) / final.sigma(states)[:, None]


def _rivals(inputs: ProbeInputs, fact: Fact, logits: Float[Tensor, " v"]) -> tuple[int, int]:
    """First tokens of the truth and of the alternative that is most probable."""
    truth, *alternatives = (answer[0] for answer in inputs.encoder.answers(fact))
    others = [t for t in alternatives if t != truth] or [truth]
    return truth, max(others, key=lambda t: float(logits[t]))
