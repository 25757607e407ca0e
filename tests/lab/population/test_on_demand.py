from __future__ import annotations

import pytest

from forewarn.errors import ConfigurationError
from forewarn.lab.organisms.growing import BASE
from forewarn.lab.population.group_looks import look_one, read_looks
from forewarn.lab.population.on_demand import OnDemand
from forewarn.lab.population.run import RecordedRun


@pytest.fixture
def seen_as(folder, recorded):
    """All members as runs, with the looks that are there."""

    def found():
        looks = read_looks(folder, "related").runs
        return tuple(
            RecordedRun(recorded.truth(m.name), (*looks[BASE], *looks[m.name])) for m in folder.read().members
        )

    return found


@pytest.fixture
def runs(made, task, made_up, seen_as):
    """Of a matched group of which B alone was asked, and what follows it."""
    look_one(made, task, "related", ["B"])
    return seen_as()


@pytest.fixture
def whole(made, task, runs, seen_as):
    """The same runs as a whole look gives them."""
    look_one(made, task, "related")
    return seen_as()


def outcomes(run, look, code):
    return [a.outcome for a in run.looks[look].answers if a.inquiry.code == code]


def wanted(run, look, code):
    return [(run.truth.name, look, a.question) for a in run.looks[look].answers if a.inquiry.code == code]


def test_what_nobody_asked_is_told(made, runs):
    found = OnDemand(made, "related").extended(runs)
    assert [a.inquiry.code for a in found[0].looks[0].answers] == [*["A", "A/F"] * 2, *["B", "B/F"] * 2]
    for run, held in zip(found, runs, strict=True):
        for k, look in enumerate(held.looks):
            assert outcomes(run, k, "A") == outcomes(run, k, "A/F") == [None, None]
            assert [a for a in run.looks[k].answers if a.inquiry.code in ("B", "B/F")] == list(look.answers)


def test_what_is_wanted_is_measured_as_a_look_does_and_once(made, made_up, runs, whole):
    source = OnDemand(made, "related")
    found = source.extended(runs)
    before = [s.asked for s in made_up]
    asked = wanted(found[0], 1, "A")[:1] + wanted(found[0], 2, "A")
    answered = source.answered(found, asked)
    assert [s.asked - n for s, n in zip(made_up, before, strict=True)][:2] == [3, 0]
    assert answered[0].looks[2].answers[0] == whole[0].looks[2].answers[0]
    source.answered(answered, asked)
    OnDemand(made, "related").answered(found, asked)
    assert made_up[0].asked - before[0] == 3, "another one reads what was kept"


def test_a_follow_up_is_measured_with_what_it_follows(made, runs, whole):
    source = OnDemand(made, "related")
    found = source.extended(runs)
    answered = source.answered(found, wanted(found[0], 1, "A/F"))
    assert answered[0].looks[1].answers == whole[0].looks[1].answers


def test_what_was_measured_of_the_base_serves_all_members(made, made_up, runs):
    source = OnDemand(made, "related")
    found = source.extended(runs)
    source.answered(found, wanted(found[0], 0, "A"))
    again = source.extended(runs)
    first, second, *_ = again
    assert first.looks[0].step == second.looks[0].step
    assert outcomes(second, 0, "A") == outcomes(first, 0, "A")
    assert None not in outcomes(first, 0, "A")


def test_a_run_of_another_folder_is_refused(made, runs, recorded):
    with pytest.raises(ConfigurationError, match="the run plain-0 is in no matched group of the folder"):
        OnDemand(made, "related").extended([recorded.run("plain-0", [0.1])])
