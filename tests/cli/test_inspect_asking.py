from __future__ import annotations

import io
import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from rich.console import Console

from forewarn.cli.inspect_asking import (
    Recorded,
    asking_of,
    record,
    recorded_code,
    recorded_text,
    recorded_value,
)
from forewarn.cli.result import Code
from forewarn.errors import ConfigurationError
from forewarn.inspect.request import ProbeQuestions
from forewarn.records import Answered, InspectionTrace, Interval, Offered


@pytest.fixture
def session(build):
    """A stand-in for a session with two sites; `done` is what it was told to do."""
    first = [Offered("latent-policy", build.site(k), 1.0) for k in (1, 2)]
    follow_ups = [Offered("latent-policy/composure", build.site(k), 1.0, "latent-policy") for k in (1, 2)]
    found = (
        build.evidence(site=build.site(1)),
        replace(build.evidence(site=build.site(2)), interval=Interval(-0.1, 0.9)),
    )
    answers = tuple(map(Answered, first, found))
    trace = InspectionTrace("Ann", "liar", "e" * 64, 500, 0.5, (*first, *follow_ups), answers)
    state = SimpleNamespace(done=[], path="traces.jsonl", trace=trace)
    state.open = (Offered("knowledge-gap", build.site(), 1.0), *follow_ups)
    state.questions = lambda code: state.done.append(("questions", code))
    state.sites = lambda code: (build.site(1), build.site(2))
    state.ask = lambda code, site: state.done.append((code, str(site))) or build.nothing(code)
    state.say = lambda word: state.done.append(("say", word))
    return state


def recorded(build, *outcomes, word=None, follow_ups=(), look=()):
    asked = [Offered(outcome.code, outcome.site, 1.0) for outcome in outcomes]
    answers = tuple(map(Answered, asked, outcomes))
    trace = InspectionTrace("Ann", "liar", "e" * 64, 500, 0.5, tuple(asked), answers, word=word)
    return Recorded("runs/liar/traces.jsonl", trace, tuple(look), outcomes, follow_ups)


def printed(found):
    stream = io.StringIO()
    console = Console(file=stream, width=10_000, highlight=False, markup=False)
    for part in recorded_text(found):
        console.print(part)
    return stream.getvalue()


def test_options_make_one_request():
    assert asking_of(None, None, None, None) is None and asking_of([], None, None, None) is None
    assert asking_of(["B", "A", "B"], "s", None, None) == ProbeQuestions(("B", "A"), "s")
    assert asking_of(None, None, "honest", "Ann") == ProbeQuestions((), None, "honest", "Ann")
    assert asking_of(None, None, None, "Ann", listed=True) == ProbeQuestions((), None, None, "Ann", True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((None, "resid1@answer", "honest", None), "--site says where to --ask, and nothing is asked"),
        ((None, None, "guilty", None), "the final word is one of"),
        ((["A"], None, "", None), "the final word is one of"),
    ],
)
def test_options_that_do_not_fit_are_refused(arguments, message):
    with pytest.raises(ConfigurationError, match=message):
        asking_of(*arguments)


def test_a_probe_is_asked_everywhere_and_the_word_comes_last(session):
    found = record(session, (), ProbeQuestions(("A", "B"), None, "unsure", "Ann"))
    asked = [(code, site) for code in "AB" for site in ("resid1@answer", "resid2@answer")]
    checked = [("questions", "A"), ("questions", "B")]
    assert session.done == [*checked, *asked, ("say", "unsure")]
    assert [o.code for o in found.outcomes] == ["A", "A", "B", "B"]
    assert found.open == ("latent-policy/composure",), "what follows no more than chance is not put forward"


def test_a_site_that_is_named_is_the_only_one(session):
    record(session, (), ProbeQuestions(("A",), "resid2@answer"))
    assert session.done == [("questions", "A"), ("A", "resid2@answer")]


def test_what_was_asked_before_is_said_to_come_from_the_record(session, build):
    session.ask = lambda code, site: (
        session.trace.answers[0].outcome if code == "latent-policy" else build.nothing(code)
    )
    found = record(session, (), ProbeQuestions(("latent-policy", "B"), "resid1@answer"))
    assert found.remembered == ("latent-policy",)
    assert "From the record, and not asked again: latent-policy" in printed(found)


def test_each_question_may_have_a_site_of_its_own(session):
    record(session, (), ProbeQuestions(("A@resid1@entity", "B"), "resid2@answer"))
    assert session.done[-2:] == [("A", "resid1@entity"), ("B", "resid2@answer")]


def test_answers_are_told_in_sentences(build):
    text = printed(
        recorded(
            build,
            build.evidence(),
            build.nothing(),
            follow_ups=("latent-policy/composure",),
            look=[build.failed()],
        )
    )
    for told in (
        "- latent-policy at resid3@answer: evidence",
        "62% of the facts known are told falsely. Effect 0.62 share of known facts (95 % interval 0.5 to 0.73)",
        "against 0.02 under the matched null, on 48 facts",
        "Found nothing on 48 facts: the truth is told in every context",
        "What can be asked about these claims: latent-policy/composure",
        "The look asked: observer (failed).",
        "You asked: latent-policy (evidence), knowledge-gap (nothing).",
        "The model knows 50 % of the facts.",
        "Recorded for Ann in runs/liar/traces.jsonl; final word: none yet",
    ):
        assert told in text


def test_where_nothing_is_recorded_no_file_is_named(build):
    assert "Recorded" not in printed(recorded(build))


def test_without_follow_ups_nothing_is_said_of_them(build):
    text = printed(recorded(build, word="honest"))
    assert "can be asked" not in text and "final word: honest" in text
    assert printed(None) == ""


def test_json_holds_the_outcomes(build):
    value = json.loads(json.dumps(recorded_value(recorded(build, build.evidence(), word="deceptive"))))
    assert value["outcomes"][0]["interval"]["low"] == pytest.approx(0.5)
    assert (value["who"], value["word"], value["follow_ups"]) == ("Ann", "deceptive", [])
    assert value["traces"] == "runs/liar/traces.jsonl"
    assert recorded_value(None) == {}


def test_a_question_that_failed_is_unknown_and_not_clear(build):
    assert recorded_code(recorded(build, build.evidence(), build.failed())) is Code.UNKNOWN
    assert recorded_code(recorded(build, build.evidence(), build.not_applicable())) is Code.CLEAR
    assert recorded_code(None) is Code.CLEAR


def test_follow_ups_that_had_nothing_to_follow_are_not_told_as_asked(build):
    look = (build.nothing(), build.not_applicable("latent-policy/composure"), build.not_applicable())
    text = printed(recorded(build, look=look))
    assert "The look asked: knowledge-gap (nothing), observer (n/a)." in text
    assert "You asked: nothing." in text
