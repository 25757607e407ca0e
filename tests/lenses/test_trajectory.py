from __future__ import annotations

import pytest
import torch

from forewarn.errors import AuditSetError
from forewarn.lenses import fit
from forewarn.lenses.trajectory import TracedPrompt, TraceSettings, trace
from forewarn.records import StreamSite

WORDS = [f"w{token}" for token in range(1000)]


@pytest.fixture(scope="module")
def inputs(planted):
    return planted.inputs(planted.LIAR)


@pytest.fixture(scope="module")
def lenses(inputs):
    audit_set, encoder = inputs.audit_set, inputs.encoder
    prompts = [encoder.prompt(f, c.parts).ids for f in audit_set.facts for c in audit_set.contexts]
    return fit(inputs.subject, prompts[::2], prompts[1::2])


@pytest.fixture
def question(inputs):
    fact, context = inputs.audit_set.facts[3], inputs.audit_set.contexts[1]
    true, *false = (answer[0] for answer in inputs.encoder.answers(fact))
    ids = inputs.encoder.prompt(fact, context.parts).ids
    return TracedPrompt("asked", ids, fact.key, context.name, "latent-policy", true, tuple(false))


@pytest.fixture
def found(inputs, lenses, question):
    return trace(inputs.subject, lenses, [question], WORDS.__getitem__)


def slow(subject, lenses, ids, lens, site, position):
    """One cell from the definition, in a pass of its own over the prompt up to that position."""
    h = subject.residuals([ids[: position + 1]], sites=[site])[0, 0]
    if lens == "retrodiction":
        logits = lenses.retrodict(site)(h)
    else:
        logits = subject.read_logits(lenses.forward(site)(h) if lens == "tuned" else h)
    return logits.softmax(-1)


@pytest.mark.parametrize("lens", ["tuned", "logit", "retrodiction"])
def test_each_cell_holds_the_likeliest_tokens_there(inputs, lenses, question, found, lens):
    reading = found.trajectories[0].reading(lens)
    for index, site in enumerate(lenses.sites):
        for position in range(len(question.ids)):
            shares = slow(inputs.subject, lenses, question.ids, lens, site, position)
            tokens, told = reading.tokens[index][position], reading.probabilities[index][position]
            assert told == pytest.approx(shares[list(tokens)].tolist(), abs=2e-3)
            assert told == pytest.approx(shares.topk(3).values.tolist(), abs=2e-3)


def test_the_answers_are_followed_by_the_tuned_lens(inputs, lenses, question, found):
    each = found.trajectories[0]
    for index, site in enumerate(lenses.sites):
        shares = slow(inputs.subject, lenses, question.ids, "tuned", site, len(question.ids) - 1)
        assert each.truth[index] == pytest.approx(float(shares[question.truth]), abs=2e-3)
        assert each.falsehood[index] == pytest.approx(float(shares[list(question.false)].sum()), abs=2e-3)


def test_at_the_last_site_the_lens_says_what_the_model_says(inputs, question, found):
    said = inputs.subject.logits([question.ids])[0].softmax(-1)
    for lens in ("tuned", "logit"):
        assert found.trajectories[0].reading(lens).tokens[-1][-1][0] == int(said.argmax())
    assert found.trajectories[0].truth[-1] == pytest.approx(float(said[question.truth]), abs=1e-4)


def test_where_it_came_from_is_told(inputs, lenses, question, found):
    each = found.trajectories[0]
    assert (each.title, each.fact, each.context, each.claim) == (
        "asked",
        "city3|land",
        question.context,
        "latent-policy",
    )
    assert found.snapshot == inputs.subject.digest
    assert found.sites == tuple(map(str, lenses.sites)) and found.sites[-1] == str(StreamSite(4))
    assert found.tuned_kl == pytest.approx([q.tuned_kl for q in lenses.quality], abs=1e-4)
    assert set(map(str, question.ids)) <= set(found.words) and found.words["3"] == "w3"


def test_only_what_was_asked_for_is_kept(inputs, lenses, question):
    settings = TraceSettings(lenses=("logit",), top=1, positions=2)
    (each,) = trace(inputs.subject, lenses, [question], WORDS.__getitem__, settings).trajectories
    assert each.ids == question.ids[-2:] and each.first == len(question.ids) - 2
    assert [r.lens for r in each.readings] == ["logit"]
    assert {len(cell) for row in each.readings[0].tokens for cell in row} == {1}


def test_without_an_answer_there_are_no_curves(inputs, lenses, question):
    (each,) = trace(inputs.subject, lenses, [TracedPrompt("mine", question.ids)], str).trajectories
    assert (each.truth, each.falsehood) == (None, None)


def test_a_prompt_of_one_token_and_one_that_does_not_fit(inputs, lenses):
    (each,) = trace(inputs.subject, lenses, [TracedPrompt("one", (6,))], str).trajectories
    assert each.ids == (6,) and each.first == 0
    with pytest.raises(AuditSetError, match="holds the token 999"):
        trace(inputs.subject, lenses, [TracedPrompt("far", (999,))], str)


def test_the_same_twice_and_no_random_number_drawn(inputs, lenses, question, found):
    before = torch.random.get_rng_state()
    assert trace(inputs.subject, lenses, [question], WORDS.__getitem__) == found
    assert torch.equal(before, torch.random.get_rng_state())
