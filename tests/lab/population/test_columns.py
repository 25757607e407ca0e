from __future__ import annotations

import math
import random
from dataclasses import replace

import numpy as np
import pytest

from forewarn.errors import StoreError
from forewarn.lab.population.columns import (
    FIGURES,
    KINDS,
    confidences,
    pack,
    pack_figures,
    questions_of_runs,
    unpack,
    unpack_figures,
)
from forewarn.records import Evidence, Nothing, Work

WORKS = [(), (Work("search", 5.0),), (Work("search", 5.0), Work("lenses", 10.0))]


@pytest.fixture(scope="module")
def runs(recorded):
    """Runs of no, one and many looks, with all kinds of outcomes everywhere, and figures of any size."""
    draw = random.Random(0)

    def answer(code):
        place = {
            "layer": draw.randrange(40),
            "depth": draw.random(),
            "cost": draw.uniform(0, 300),
            "shared": draw.choice(WORKS),
        }
        if draw.random() < 0.5:
            return recorded.answer(
                code, None, kind=draw.choice(["nothing", "not-applicable", "failed"]), **place
            )
        low, explored, null, n = (
            draw.uniform(-1, 1),
            draw.uniform(-1, 1),
            draw.random(),
            draw.randrange(1, 99),
        )
        found = recorded.answer(code, low, explored=explored, null=null, n=n, **place)
        level = draw.choice([0.95, 0.9])
        interval = replace(found.outcome.interval, level=level)
        return replace(found, outcome=replace(found.outcome, interval=interval))

    def look(step):
        found = tuple(answer(draw.choice(recorded.CODES)) for _ in range(draw.randrange(5)))
        return replace(recorded.look(step), answers=found, known=draw.randrange(24), seconds=draw.random())

    def run(i, n):
        figures = {
            "drift": tuple((draw.random(),) for _ in range(n)),
            "shares": tuple((draw.random(), draw.random()) for _ in range(n)),
        }
        looks = tuple(look(10 * k) for k in range(n))
        return replace(recorded.run(f"plain-{i}", []), looks=looks, figures=figures)

    return [run(i, n) for i, n in enumerate((3, 0, 1, 7, 0))]


def columns(runs):
    return pack(runs, questions_of_runs(runs), confidences(runs))


def back(runs):
    return unpack(columns(runs), questions_of_runs(runs), confidences(runs))


def narrow(value):
    """As it is kept: in 32 bits."""
    return float(np.float32(value))


def kept(look):
    answers = tuple(replace(a, outcome=narrowed(a.outcome)) for a in look.answers)
    return replace(look, seconds=narrow(look.seconds), answers=answers)


def narrowed(outcome):
    if not isinstance(outcome, Evidence):
        return outcome
    ends = {name: narrow(getattr(outcome.interval, name)) for name in ("low", "high")}
    figures = {name: narrow(getattr(outcome, name)) for name in ("explored", "effect", "null")}
    return replace(outcome, interval=replace(outcome.interval, **ends), **figures)


def test_what_was_packed_is_unpacked_with_figures_in_32_bits(runs):
    """Questions are kept whole: sites and prices are those that a live look gives."""
    found = back(runs)
    assert found == [tuple(map(kept, run.looks)) for run in runs]
    outcomes = [o for looks in found for look in looks for o in look.outcomes]
    assert {type(o) for o in outcomes} == set(KINDS), "else not all of them were tried"
    assert {o.interval.level for o in outcomes if isinstance(o, Evidence)} == {0.95, 0.9}


def test_words_are_not_kept(recorded):
    worded = recorded.answer("observer", 0.5)
    worded = replace(worded, outcome=replace(worded.outcome, claim="It lies.", finding="{}", snapshot="d"))
    calm = recorded.again(recorded.answer("knowledge-gap", 0.5))
    calm = replace(calm, outcome=replace(calm.outcome, reason="calm", n=7))
    run = replace(recorded.run("plain-0", []), looks=(replace(recorded.look(10), answers=(worded, calm)),))
    [[look]] = back([run])
    evidence, nothing = look.outcomes
    assert (evidence.claim, evidence.unit, evidence.finding, evidence.snapshot) == ("", "", "", "")
    assert nothing == Nothing("knowledge-gap", calm.inquiry.site, "", 7), "its n is"


def test_an_n_that_was_not_kept_is_none(recorded):
    run = replace(recorded.run("plain-0", []), looks=(recorded.look(10),))
    assert [o.n for o in back([run])[0][0].outcomes] == [None, None, None]


def test_a_question_that_nobody_has_asked_is_refused(recorded):
    gap = recorded.again(recorded.answer("observer", 0.5), "unasked")
    run = replace(recorded.run("plain-0", []), looks=(replace(recorded.look(10), answers=(gap,)),))
    with pytest.raises(
        StoreError, match="observer at resid1@answer was never asked, and a table holds answers"
    ):
        columns([run])


def test_figures_are_kept_for_evidence_alone(runs):
    found = columns(runs)
    evidence = [o for run in runs for k in run.looks for o in k.outcomes if isinstance(o, Evidence)]
    assert found["evidence.figures"].shape == (len(evidence), len(FIGURES))
    assert 0 < len(evidence) < len(found["answer.question"])


@pytest.mark.parametrize("name", ["look.step", "answer.question", "evidence.figures"])
def test_columns_that_do_not_fit_together_are_refused(runs, name):
    found = columns(runs)
    with pytest.raises(ValueError, match=f"the column {name} has"):
        unpack(found | {name: found[name][1:]}, questions_of_runs(runs), confidences(runs))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_promise_that_is_no_number_stays_what_it_is(recorded, value):
    found = recorded.answer("knowledge-gap", 0.5, explored=value)
    run = replace(recorded.run("plain-0", []), looks=(replace(recorded.look(10), answers=(found,)),))
    [[look]] = back([run])
    assert str(look.outcomes[0].explored) == str(value)


def test_runs_without_any_evidence_can_be_packed(recorded):
    run = replace(recorded.run("plain-0", []), looks=(recorded.look(10), recorded.look(20)))
    assert back([run]) == [run.looks]


def test_figures_of_baselines_go_back_to_their_runs(runs):
    found = {**columns(runs), **pack_figures(runs)}
    assert found["baseline.shares"].shape == (11, 2)
    assert unpack_figures(found, list(runs[0].figures)) == [
        {name: tuple(tuple(map(narrow, row)) for row in rows) for name, rows in run.figures.items()}
        for run in runs
    ]


def test_no_baseline_no_column(recorded):
    runs = [recorded.run("plain-0", [0.1]), recorded.run("plain-1", [0.2, 0.3])]
    assert pack_figures(runs) == {}
    assert unpack_figures(columns(runs), []) == [{}, {}]


def test_no_runs_at_all():
    found = {**columns([]), **pack_figures([])}
    assert unpack(found, [], []) == []
    assert unpack_figures(found, []) == []
