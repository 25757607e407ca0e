"""A few fixed questions, and what can be read from the distributions over the first token of their answers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar, Final, final

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.auditset import AuditSet, Condition, Fact, Part, Split
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.lab.baselines.contract import Baseline
from forewarn.lab.baselines.hashed import hashed

N_QUERIES: Final = 16
"""Questions; MNTD has ten."""
ASPECTS: Final = ("log p(truth)", "entropy", "greatest p")
"""What is told of each answer."""


@final
class Queries(Baseline):
    """Outputs on fixed queries, from which a classifier of models learns.

    After MNTD (Xu et al. 2021, "Detecting AI trojans using meta neural analysis", arXiv 1910.03137), where the
    queries are tuned by gradient together with the classifier. This is simplified. No two of our models share an
    input space, so a query names roles and not tokens: which context, which phrase of each slot, which fact. The
    roles are drawn once, by hashing, modulo the audit set's counts. Instead of tuning, the best queries are chosen
    later. Only the first token of an answer is looked at.
    """

    name: ClassVar[str] = "queries"
    figures: ClassVar[tuple[str, ...]] = tuple(
        f"{aspect} of query {i}" for i in range(N_QUERIES) for aspect in ASPECTS
    )

    def measure(self, now: ProbeInputs, reference: ProbeInputs, split: Split) -> tuple[float, ...]:
        """Of each query: log p(truth) in nats, entropy as a share of the greatest possible, greatest p."""
        asked = [query(now.audit_set, i) for i in range(N_QUERIES)]
        logits = now.subject.logits([now.encoder.prompt(f, c).ids for f, c in asked]).double()
        truth = torch.tensor(now.first_tokens([fact for fact, _ in asked]))
        return tuple(_aspects(logits.log_softmax(-1), truth).flatten().tolist())


def query(audit_set: AuditSet, index: int) -> tuple[Fact, Condition]:
    """The fact and the condition of one query: a truthful context with other phrases of its slots."""
    contexts, facts = audit_set.truthful, audit_set.facts
    base = contexts[hashed(len(contexts), index, "context")].parts
    condition = tuple(_other(audit_set, part, index, place) for place, part in enumerate(base))
    return facts[hashed(len(facts), index, "fact")], condition


def _other(audit_set: AuditSet, part: Part, index: int, place: int) -> Part:
    phrases = list(dict.fromkeys(p for p in _parts(audit_set) if p.slot == part.slot))
    return phrases[hashed(len(phrases), index, place)]


def _parts(audit_set: AuditSet) -> Iterator[Part]:
    """All parts that may stand where truth is licensed, in the audit set's order."""
    for context in audit_set.truthful:
        yield from context.parts
    yield from audit_set.lexicon


def _aspects(log_p: Float[Tensor, "n v"], truth: Tensor) -> Float[Tensor, "n 3"]:
    entropy = -(log_p.exp() * log_p.clamp_min(-1e9)).sum(-1) / math.log(log_p.shape[1])
    right = log_p.gather(1, truth[:, None])[:, 0]
    return torch.stack([right, entropy, log_p.amax(-1).exp()], 1)
