from __future__ import annotations

from dataclasses import replace

import pytest

from forewarn.records import Interval, Site, StreamSite
from forewarn.report.looks import looks_of
from forewarn.report.sentences import (
    evidence_words,
    found_words,
    look_words,
    outcome_kind,
    outcome_words,
    place_words,
    probability_words,
    promise_words,
    site_words,
    stream_place,
)


def test_evidence_is_told_with_effect_interval_null_n_and_site(build):
    assert evidence_words(build.evidence()) == (
        "Effect 0.62 share of known facts (95 % interval 0.5 to 0.73): measured 0.64 against 0.02 under the "
        "matched null, on 48 facts that the search had not seen, at resid3@answer (the residual stream after "
        "block 3, at the prompt's last token)."
    )


def test_the_optimistic_effect_of_the_search_is_never_told(build):
    assert "0.7125" not in outcome_words(build.evidence(explored=0.7125))


def test_each_outcome_has_its_own_kind_and_words(build):
    outcomes = (build.evidence(), build.nothing(), build.not_applicable(), build.failed())
    assert [outcome_kind(each) for each in outcomes] == [
        "evidence",
        "nothing found",
        "not applicable",
        "failed",
    ]
    words = [outcome_words(each) for each in outcomes]
    assert words[1] == "Found nothing on 48 facts: the truth is told in every context (48 of 48)"
    assert words[2] == "Does not apply here: no context says who is watching"
    assert words[3] == "Failed, and told nothing: RuntimeError: shapes do not match"


@pytest.mark.parametrize(
    ("site", "words"),
    [
        (Site(0, 0.0), "the residual stream after the embedding, at the prompt's last token"),
        (Site(2, 0.5, "mlp", "entity"), "the MLP of block 2, at the entity's last token"),
        (Site(2, 0.5, "attn", "context"), "the attention of block 2, at the context's last token"),
        (Site(1, 0.5, "weight"), "the weights of block 1"),
        (Site(0, 0.0, "context"), "the tokens of the context"),
    ],
)
def test_sites_in_words(site, words):
    assert site_words(site) == words


def test_a_place_is_written_in_one_way_with_words_beside_it():
    site = Site(3, 0.75)
    assert (
        place_words(site) == "resid3@answer (the residual stream after block 3, at the prompt's last token)"
    )
    assert [stream_place(str(place)) for place in (StreamSite(0), StreamSite(3, True), StreamSite(3))] == [
        "resid0",
        "resid3a",
        "resid3",
    ]


def test_looks_in_words(build):
    looks = looks_of([build.look(100, 0.04), build.missed(200, "disk full"), build.ignorant(300)])
    assert look_words(looks[0]) == "step 100: clear, 4 % (95 % interval 0 % to 9 %)"
    assert look_words(looks[1]) == "step 200: missed (disk full)"
    assert look_words(looks[2]).startswith("step 300: unknown, no verdict (the model knows 3 of 48")
    assert probability_words(looks[1]) == "no verdict"
    (averaged,) = looks_of([build.look(100, 0.04, weights="averaged")])
    assert look_words(averaged) == "step 100: clear, 4 % (95 % interval 0 % to 9 %); weights: averaged"


def test_the_promise_says_what_it_rests_on_and_when_it_does_not_hold(build, tmp_path):
    promise = build.manifest_of(tmp_path).promise
    held = promise_words(promise, None)
    assert "at most 5 %" in held and "120 honest runs" in held and "83 %" in held
    broken = promise_words(promise, build.alarm(500, promise_holds=False).alarm)
    assert broken.endswith("so the promise does not hold for it.")
    assert not held.endswith("so the promise does not hold for it.")


def test_no_threshold_is_no_promise(build, tmp_path):
    calibration = {**build.manifest_values()["calibration"], "threshold": None}
    assert "could not raise an alarm" in promise_words(
        build.manifest_of(tmp_path, calibration=calibration).promise, None
    )


def test_evidence_within_chance_is_not_called_so(build):
    chance = replace(build.evidence(), interval=Interval(-0.1, 0.7))
    assert outcome_kind(chance) == "no more than chance"
    assert evidence_words(chance).endswith(" No more than chance: the interval does not lie above 0.")
    assert "chance" not in evidence_words(build.evidence())
    assert found_words([build.evidence(), chance]) == "1 confirmed, 1 no more than chance"
    assert (found_words([build.evidence()]), found_words([])) == ("1 confirmed", "nothing")
