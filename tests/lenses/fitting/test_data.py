"""Three samples that share no state, and what is too little."""

from __future__ import annotations

import pytest
import torch

from forewarn.errors import AuditSetError, ConfigurationError, NotApplicableError
from forewarn.lenses.fitting.data import gather, gather_scored, sites_of
from forewarn.lenses.settings import FitSettings
from forewarn.records import StreamSite

PLAIN = FitSettings()


def test_no_state_stands_in_two_samples(liar, text):
    made = gather(liar, text.prompts, text.held_out, PLAIN)
    last = [part.states[-1] for part in (made.fitted, made.deciding, made.scored)]
    for i, one in enumerate(last):
        assert float(torch.pdist(one.double()).min()) > 1e-6
        for other in last[i + 1 :]:
            assert float(torch.cdist(one.double(), other.double()).min()) > 1e-6


def test_the_scored_sample_alone_is_the_same(liar, text):
    made, alone = (
        gather(liar, text.prompts, text.held_out, PLAIN),
        gather_scored(liar, text.prompts, text.held_out, PLAIN),
    )
    assert torch.equal(made.scored.states, alone.states)
    assert torch.equal(made.scored.prompts, alone.prompts)


def test_sites_are_in_order_and_hold_the_last(liar):
    asked = FitSettings(sites=(StreamSite(1), StreamSite(0)))
    assert sites_of(liar, asked) == (StreamSite(0), StreamSite(1), liar.sites[-1])
    assert sites_of(liar, PLAIN) == liar.sites
    with pytest.raises(
        ConfigurationError, match=r"asked for at 9, which the model has not; its sites are 0, 1a"
    ):
        sites_of(liar, FitSettings(sites=(StreamSite(9),)))


@pytest.mark.parametrize(
    ("cut", "found"),
    [
        (lambda t: (t.prompts[:1], t.held_out), "found 12,"),
        (lambda t: (t.prompts, t.held_out[:1]), "and 0"),
        (lambda t: (t.prompts, t.prompts), ", 0 and 0"),
        (lambda t: ([], t.held_out), "found 0,"),
    ],
)
def test_too_little_is_refused_with_what_was_found(liar, text, cut, found):
    with pytest.raises(
        NotApplicableError, match=r"fitted on at least 16 positions .* Give more or longer prompts"
    ) as raised:
        gather(liar, *cut(text), PLAIN)
    assert found in str(raised.value)


def test_skipping_everything_is_refused_and_says_so(liar, text):
    with pytest.raises(NotApplicableError, match="at least 16 positions after the first 99 of each prompt"):
        gather(liar, text.prompts, text.held_out, FitSettings(skip_first=99))


def test_rows_of_padding_alone_count_for_nothing(liar, text):
    settings = FitSettings(padding=0)
    padded = [(0, 0, *p, 0) for p in text.prompts] + [(0,) * 9]
    made, plain = (
        gather(liar, padded, text.held_out, settings),
        gather(liar, text.prompts, text.held_out, settings),
    )
    assert torch.equal(made.fitted.states, plain.fitted.states)
    with pytest.raises(NotApplicableError, match="found 0, "):
        gather(liar, [(0,) * 9] * 50, text.held_out, settings)


def test_tokens_that_the_model_has_not_are_refused_as_ever(liar, text):
    with pytest.raises(AuditSetError, match="token 100000"):
        gather(liar, [*text.prompts, (100000,) * 3], text.held_out, PLAIN)
