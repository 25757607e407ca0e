from __future__ import annotations

import pytest

from forewarn.audit.gaps import Gaps
from forewarn.audit.heartbeat import Heartbeat, SignOfLife
from forewarn.records import Ending, RunEnded, Status
from forewarn.report.absence import absence

ENDED = RunEnded(9, Status.CLEAR, Ending.FINISHED)


@pytest.mark.parametrize(
    ("gaps", "sentence"),
    [
        (Gaps(absent=(4,)), "1 look was due at step 4, and the ledger has no word of it."),
        (Gaps(absent=(4, 6)), "2 looks were due at steps 4 and 6, and the ledger has no word of it."),
        (Gaps(cut_short=8), "The look due at step 8 was cut short, and nothing is known of it."),
        (Gaps(unwritten=2), "2 looks were missed, and not even that could be written."),
        (Gaps(unlisted=True), "The schedule calls for more looks than can be compared with the ledger."),
    ],
)
def test_every_gap_has_its_sentence(gaps, sentence):
    assert absence(gaps, ENDED, SignOfLife(), 9, cut=False) == (sentence,)


def test_a_run_that_ended_and_lacks_nothing_gives_no_doubt():
    assert absence(Gaps(), ENDED, SignOfLife(), 9, cut=False) == ()
    assert absence(Gaps(), None, None, 9, cut=False) == (), "nobody asked for a sign of life"


@pytest.mark.parametrize(
    ("alive", "words"), [(False, "no process holds it"), (None, "it cannot be told whether"), (True, None)]
)
def test_a_run_without_an_end_is_in_doubt_unless_a_process_holds_it(alive, words):
    found = absence(Gaps(), None, SignOfLife(Heartbeat(step=12), alive), 9, cut=False)
    assert len(found) == (words is not None)
    assert words is None or (words in found[0] and "after step 12 is not known" in found[0])


def test_lines_that_are_gone_are_told_first():
    found = absence(Gaps(absent=(4,)), ENDED, SignOfLife(), 9, cut=True)
    assert found[0].startswith("Lines are gone from the ledger's end")


def test_an_alarm_that_may_not_be_in_the_ledger_is_told():
    beat = Heartbeat(step=4, alarmed=True, unwritten=1)
    assert "An alarm stands at step 4" in absence(Gaps(), ENDED, SignOfLife(beat, False), 9, cut=False)[0]
