"""What run.json says is plain, complete, and enough to find a third party's probe again."""

from __future__ import annotations

import json
from importlib import import_module

import pytest

from forewarn.alarms import RunLevel
from forewarn.audit.decision import ResponsePolicy
from forewarn.audit.equipment import Equipment
from forewarn.audit.look import Examiner
from forewarn.audit.manifest import FORMAT, manifest, model_card
from forewarn.helpers import Exhaustive
from forewarn.judges.judge import CalibratedJudge
from forewarn.probes import catalogue
from forewarn.probes.follow_up import follow_ups
from forewarn.records import Response


@pytest.fixture
def told(tiny):
    """run.json of a run with forewarn's own questions and one of somebody else's, as read back."""

    def of(budget=float("inf"), **model):
        calibration = tiny.calibration("as-told")
        examiner = Examiner((*catalogue(), tiny.Told()), Exhaustive(), budget, follow_ups=follow_ups())
        rule = RunLevel(calibration.honest_maxima, 0.05, calibration.looks_per_run)
        judge, policy = CalibratedJudge(calibration), ResponsePolicy(Response.FLAG, 5)
        tools = Equipment(tiny.audit_set(), examiner, judge, rule, policy, keep_newest=2, seed=4)
        says = manifest("run", {"seed": 4}, {"every_n_steps": 100}, tools, model)
        return json.loads(json.dumps(says, allow_nan=False))

    return of


def test_what_was_used_is_told_with_what_is_unbounded_as_null(told):
    assert told()["settings_used"] == {
        "every_n_steps": 100, "false_alarm": 0.05, "response": "flag", "budget": None, "carry_over": 0.0,
        "keep_newest": 2, "keep_flagged": 8, "most_missed": 5, "most_unknown": 10, "known_by": 10_000,
        "look_limit": None, "seed": 4,
    }  # fmt: skip
    assert told(40.0)["settings_used"]["budget"] == 40.0
    assert (told()["format"], told()["seed"], told()["settings_given"]) == (FORMAT, 4, {"seed": 4})


def test_every_question_is_named_with_the_place_of_its_code(told):
    questions = told()["questions"]
    assert [q["code"] for q in questions] == [
        *(p.code for p in catalogue()), "as-told", *(f.code for f in follow_ups()),
    ]  # fmt: skip
    (stranger,) = [q for q in questions if q["code"] == "as-told"]
    assert stranger == {
        "kind": "probe", "code": "as-told", "title": "as told", "unit": "share", "behaviour": "deceives",
        "path": "forewarn_test_small:Told",
    }  # fmt: skip
    for each in questions:
        module, _, name = each["path"].partition(":")
        assert getattr(import_module(module), name).code == each["code"]
    composure = next(q for q in questions if q["code"] == "composure")
    assert composure["kind"] == "follow-up" and "latent-policy" in composure["follows"]


def test_a_model_that_could_not_be_opened_has_no_sizes(model):
    assert model_card(model, None) == {
        "class": "GPT", "layers": None, "width": None, "vocabulary": None, "config": None,
    }  # fmt: skip
