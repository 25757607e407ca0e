"""What keeps a model from being asked is said at the start, with numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forewarn.auditset import AuditSet, Context, Part
from forewarn.callbacks import Watch
from forewarn.callbacks.opening import open_model
from forewarn.errors import AuditSetError
from forewarn.records import LookMissed, ReasonCode


@pytest.fixture
def wordy(small):
    """One context more, with which 5 tokens stand before a question; the model takes 8 in all."""
    found = small.audit_set()
    return AuditSet(found.facts, (*found.contexts, Context("wordy", (Part("a", (20, 20, 22)),))))


SAID = (
    "the longest prompt, '4' in the context 'wordy', has 5 tokens, and 4 more are written in answer; the model "
    "takes at most 8. Shorten the contexts or the questions,"
)


def test_a_prompt_that_is_too_long_is_refused_at_the_start(small, wordy, told, tmp_path):
    told()
    watch = Watch(small.GPT(), wordy, folder=tmp_path, calibration=small.calibration("as-told"))
    with pytest.raises(AuditSetError) as caught:
        watch.step(1)
    assert str(caught.value).startswith(SAID)


def test_where_nothing_may_be_halted_all_looks_are_missed(small, wordy, told, tmp_path, events, caplog):
    told()
    settings = {"calibration": small.calibration("as-told"), "response": "record", "every_n_steps": 1}
    with Watch(small.GPT(), wordy, folder=tmp_path, **settings) as watch:
        watch.step(1)
    assert SAID in caplog.text
    (missed,) = events(watch.run, LookMissed)
    assert missed.reason.code is ReasonCode.CANNOT_OPEN and SAID in missed.reason.words


def test_what_fits_to_the_last_token_is_opened(small):
    opened = open_model(small.GPT(), small.audit_set(), None, None)
    assert opened.error is None and opened.opener.layout.max_length == 8
    longer = replace(
        small.audit_set(), facts=tuple(replace(f, answer=(*f.answer, 1)) for f in small.audit_set().facts)
    )
    assert "has 4 tokens, and 5 more are written" in str(open_model(small.GPT(), longer, None, None).error)


def test_a_limit_that_is_found_wrongly_may_be_named(small, wordy):
    from forewarn.subjects.layout import Overrides

    opened = open_model(small.GPT(), wordy, None, Overrides(max_length=9))
    assert opened.error is None
