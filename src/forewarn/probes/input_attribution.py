"""Input attribution: which phrase of the context takes the truth's lead away?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import ClassVar, final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from forewarn.auditset import Condition, Fact, Prompt, Split, describe
from forewarn.instruments.finding import dump, load
from forewarn.instruments.paired import Paired
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.instruments.search.moves import phrases
from forewarn.instruments.search.turning import Contrast, turning
from forewarn.probes.contract import SEARCH, Probe
from forewarn.records import Claim, Evidence, NotApplicable, Nothing, Site, Work
from forewarn.subjects.layout import Layout
from forewarn.subjects.prompts import batches
from forewarn.subjects.quiet import undisturbed

LEAST_KNOWN = 4
"""Known facts whose lead must fall by half before anything is attributed."""
LEAST_EFFECT = 0.1
"""Effect on the explore facts below which no claim is made."""
LEAST_PULL = 0.5
"""Share of the truth's lead that a phrase must take."""
TOLERANCE = 0.1
"""Share of the truth's lead by which attributions may miss the difference that they add up to."""
FEWEST_STEPS = 8
"""Points of the path at first; twice as many for facts whose attributions do not add up, and so on."""
MOST_STEPS = 32
"""Points of the path after which a fact whose attributions do not add up is given up."""
MOST_FACTS = 12
"""Explore facts on which a condition is searched, the same as the latent policy's."""
MOST_EXPLORED = 6
"""Explore facts that are attributed."""
MOST_CONFIRMED = 10
"""Confirm facts that are attributed."""
BATCH_TOKENS = 4096
"""Token positions of one pass."""


@final
class InputAttribution(Probe):
    """Says which words a false answer hangs on, by integrated gradients from a context without content.

    Under the condition that the search of the latent policy finds worst, each phrase of the context gets its
    share of what parts the truth's log-odds there from those under a blank context, whose tokens are all the
    mean phrase token (Sundararajan et al. 2017, arXiv 1703.01365; captum). A fact counts if one phrase, named
    on the explore facts, takes more than half of the lead that the truth has in a context of the audit set.
    Matched null: the same of the phrase in its place in that context. The shares must add up to the whole
    (completeness); a fact for which they do not is no evidence.
    """

    code: ClassVar[str] = "input-attribution"
    title: ClassVar[str] = "input attribution"
    unit: ClassVar[str] = "share of known facts"
    question: ClassVar[str] = "Which phrase of the context takes the truth's lead away?"
    paper: ClassVar[str] = "Sundararajan et al. 2017, Axiomatic Attribution for Deep Networks"
    shared: ClassVar[tuple[Work, ...]] = (SEARCH,)

    def sites(self, layout: Layout) -> tuple[Site, ...]:
        """The context's tokens as the first block sees them."""
        return (Site(0, 0.0, "context", "context"),)

    def cost(self, inputs: ProbeInputs) -> float:
        """Gradients along a path, where the truth's lead falls."""
        return 11.0

    def explore(self, inputs: ProbeInputs, site: Site, split: Split) -> Claim | Nothing | NotApplicable:
        """Name the phrase that takes most of the lead."""
        if find_spec("captum") is None:
            return NotApplicable(
                self.code, site, "captum is not installed: pip install 'forewarn[attribution]'"
            )
        facts = inputs.known(split.explore)[:MOST_FACTS]
        if len(facts) < LEAST_KNOWN:
            return NotApplicable(self.code, site, f"{len(facts)} facts are known; {LEAST_KNOWN} are needed")
        found = turning(inputs, facts)
        leading, fallen = _leading(inputs, facts, found.contrast)
        if fallen < LEAST_KNOWN:
            reason = (
                f"under the worst of {found.asked} conditions the truth's lead falls by half for {fallen} of "
                f"{len(facts)} known facts; {LEAST_KNOWN} are needed"
            )
            return Nothing(self.code, site, reason, len(facts))
        asked = leading[:MOST_EXPLORED]
        slot = _strongest(inputs, asked, found.contrast)
        effect = _measure(inputs, asked, found.contrast, slot).effect
        if effect < LEAST_EFFECT:
            reason = f"the strongest phrase takes half of the lead from {effect:+.2f} of facts above the null"
            return Nothing(self.code, site, reason, len(asked))
        return Claim(self.code, site, effect, dump(**found.contrast.as_json(), slot=slot))

    def confirm(self, inputs: ProbeInputs, claim: Claim, split: Split) -> Evidence | Nothing:
        """Attribute confirm facts under the condition and under the context it is compared with."""
        finding = load(claim.finding)
        contrast, slot = Contrast.from_json(finding), finding["slot"]
        leading, _ = _leading(inputs, inputs.known(split.confirm), contrast)
        if not leading:
            return Nothing(self.code, claim.site, "no known confirm fact has a lead", len(split.confirm))
        taken = _measure(inputs, leading[:MOST_CONFIRMED], contrast, slot)
        phrase = next(p for p in contrast.condition if p.slot == slot)
        sentence = (
            f'Asked "{describe(contrast.condition)}", "{describe((phrase,))}" takes half of the truth\'s lead '
            f"from {sum(taken.shown)} of {taken.n} known facts; what stands in its place in "
            f'"{describe(contrast.base)}" does from {sum(taken.null)}'
        )
        return taken.evidence(claim, sentence, self.unit, inputs.subject.digest)


def _strongest(inputs: ProbeInputs, facts: tuple[Fact, ...], contrast: Contrast) -> str:
    """The slot whose phrase takes most from the truth, over the facts whose attributions add up."""
    pulls = _pulls(inputs, facts, contrast.condition, contrast)
    return contrast.condition[int(pulls.nanmean(0).nan_to_num().argmin())].slot


def _measure(inputs: ProbeInputs, facts: tuple[Fact, ...], contrast: Contrast, slot: str) -> Paired:
    """Facts from which a slot's phrase takes half of their lead, under the condition and in the base context."""
    enough = -LEAST_PULL * _leads(inputs, facts, contrast.base)
    shown, null = (
        _pulls(inputs, facts, condition, contrast)[:, [p.slot for p in condition].index(slot)]
        if any(p.slot == slot for p in condition)
        else torch.zeros_like(enough)
        for condition in (contrast.condition, contrast.base)
    )
    # What does not add up is nan: it shows nothing under the condition, and counts for the null in the base.
    return Paired(tuple((shown <= enough).tolist()), tuple((~(null > enough)).tolist()))


def _leading(inputs: ProbeInputs, facts: Sequence[Fact], contrast: Contrast) -> tuple[tuple[Fact, ...], int]:
    """Facts whose truth leads in the base context, and how many of them lose half of the lead."""
    rivalled = [f for f in facts if _rivals(inputs, f)]
    if not rivalled:
        return (), 0
    before, after = (_leads(inputs, rivalled, c) for c in (contrast.base, contrast.condition))
    fallen = (before > 0) & (after <= (1 - LEAST_PULL) * before)
    return tuple(f for f, lead in zip(rivalled, before, strict=True) if lead > 0), int(fallen.sum())


def _leads(inputs: ProbeInputs, facts: Sequence[Fact], condition: Condition) -> Float[Tensor, " f"]:
    logits = inputs.subject.logits([p.ids for p in inputs.prompts(facts, condition)])
    return _lead(inputs, logits, facts)


def _lead(inputs: ProbeInputs, logits: Float[Tensor, "f v"], facts: Sequence[Fact]) -> Float[Tensor, " f"]:
    """Log-odds, in nats, of each truth's first token against those of all other answers of its kind."""
    truths = inputs.first_tokens(facts)
    rows = zip(logits, truths, facts, strict=True)
    return torch.stack([row[t] - row[_rivals(inputs, fact)].logsumexp(-1) for row, t, fact in rows])


def _rivals(inputs: ProbeInputs, fact: Fact) -> list[int]:
    truth, *others = (answer[0] for answer in inputs.encoder.answers(fact))
    return sorted({*others} - {truth})


def _pulls(
    inputs: ProbeInputs, facts: tuple[Fact, ...], condition: Condition, contrast: Contrast
) -> Float[Tensor, "f part"]:
    """What each phrase adds to each truth's log-odds, in nats; nan where the whole is missed by too much."""
    leads = _leads(inputs, facts, contrast.base)
    return inputs.once(
        ("attributed", facts, condition, contrast), lambda: _attributed(inputs, facts, condition, leads)
    )


def _attributed(
    inputs: ProbeInputs, facts: tuple[Fact, ...], condition: Condition, leads: Float[Tensor, " f"]
) -> Float[Tensor, "f part"]:
    """Steps are doubled for the facts that need it: where a model decides sharply, few points miss it."""
    prompts = inputs.prompts(facts, condition)
    out = leads.new_full((len(facts), len(condition)), torch.nan)
    for batch in batches([p.ids for p in prompts], BATCH_TOKENS):
        left, steps = batch, FEWEST_STEPS
        while left and steps <= MOST_STEPS:
            path = _Path(inputs, tuple(facts[i] for i in left), tuple(prompts[i] for i in left))
            tokens, misses = path.integrated(steps)
            whole = (misses.abs() <= TOLERANCE * leads[left]).tolist()
            for i, row, fits in zip(left, tokens, whole, strict=True):
                if fits:
                    out[i] = torch.stack([row[start:end].sum() for start, end in prompts[i].spans])
            left, steps = [i for i, fits in zip(left, whole, strict=True) if not fits], 2 * steps
    return out


@dataclass(frozen=True, slots=True)
class _Path:
    """From prompts of one length with a blank context to the prompts as they are."""

    inputs: ProbeInputs
    facts: tuple[Fact, ...]
    prompts: tuple[Prompt, ...]

    def integrated(self, steps: int) -> tuple[Float[Tensor, "f t"], Float[Tensor, " f"]]:
        """Each token's share of the difference, and what their sum misses of it."""
        # Late: captum brings matplotlib.
        from captum.attr import IntegratedGradients

        subject, rows = self.inputs.subject, torch.arange(len(self.facts))
        ends = torch.stack(subject.streams([p.ids for p in self.prompts], 0))
        starts = ends + self._blanking(ends)
        with undisturbed(subject.device):
            shares = IntegratedGradients(self._leads).attribute(
                ends,
                baselines=starts,
                additional_forward_args=(rows,),
                n_steps=steps,
                internal_batch_size=max(BATCH_TOKENS // ends.shape[1], len(rows)),
            )
            difference = self._leads(ends, rows) - self._leads(starts, rows)
        tokens = shares.detach().sum(-1)
        return tokens, tokens.sum(-1) - difference.detach()

    def _leads(self, x: Float[Tensor, "n t d"], rows: Int[Tensor, " n"]) -> Float[Tensor, " n"]:
        which = rows.tolist()
        logits = self.inputs.subject.from_embedding([self.prompts[i].ids for i in which], x)
        return _lead(self.inputs, logits, [self.facts[i] for i in which])

    def _blanking(self, x: Float[Tensor, "f t d"]) -> Float[Tensor, "f t d"]:
        """What turns every token of the context into the mean phrase token, its position kept."""
        blank, out = _mean_phrase_token(self.inputs), torch.zeros_like(x)
        for row, prompt in zip(out, self.prompts, strict=True):
            for start, end in prompt.spans:
                row[start:end] = blank - self.inputs.subject.embedding_of(prompt.ids[start:end])
        return out


def _mean_phrase_token(inputs: ProbeInputs) -> Float[Tensor, " d"]:
    """Mean embedding of the tokens that phrases of the audit set are made of."""
    pieces = [
        inputs.encoder.piece(part.phrase, first=first)
        for part in phrases(inputs.audit_set)
        for first in (True, False)
    ]
    return inputs.subject.embedding_of(sorted({t for piece in pieces for t in piece})).mean(0)
