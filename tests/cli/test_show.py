from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from forewarn.cli.app import app
from forewarn.cli.show import outcomes_text, split_place
from forewarn.errors import ConfigurationError
from forewarn.records import Status
from forewarn.store import traces


def _show(*arguments):
    return CliRunner().invoke(app, ["show", *map(str, arguments)])


@pytest.fixture
def run(build, tmp_path):
    return build.write_run(tmp_path / "liar", build.flagged_events())


def test_a_run_in_words(run):
    result = _show(run)
    assert result.exit_code == 1
    for told in (
        "Flagged at step 500",
        "Response: halt",
        "at most 5 %",
        "62% of the facts known are told falsely. [latent-policy]",
        f"forewarn replay {run} --step 500",
        f"look into one with forewarn inspect {run}@STEP",
        "What this does not show",
        "Head hash: ",
    ):
        assert told in result.stdout


def test_a_run_as_json(run):
    result = _show(run, "--json")
    told = json.loads(result.stdout)
    assert set(told) == {
        "run", "name", "status", "finished", "last_step", "looks", "alarm_step", "error", "why", "created",
        "alarm", "response", "ended", "promise", "curve", "evidence", "caveats", "head", "leading", "next",
        "asked_by_people", "asked_in",
        "helper", "outside_calibration", "changed", "alarms", "alarm_steps", "acknowledged", "settings_changed",
    }  # fmt: skip
    assert told["status"] == "flagged"
    assert told["alarm"]["step"] == 500
    assert [point["state"] for point in told["curve"]] == ["unknown", "clear", "clear", "clear", "flagged"]
    assert told["curve"][0]["probability"] is None
    assert told["curve"][4]["interval"] == pytest.approx([0.91, 1.0])
    assert [(claim["step"], claim["code"]) for claim in told["evidence"]] == [
        (400, "latent-policy"),
        (500, "latent-policy"),
        (500, "observer"),
    ]


@pytest.mark.parametrize(("events", "code"), [("clear_events", 0), ("unknown_events", 4)])
def test_exit_codes(build, tmp_path, events, code):
    run = build.write_run(tmp_path / "run", getattr(build, events)())
    assert _show(run).exit_code == code
    assert _show(run, "--json").exit_code == code


def test_one_look_in_full(run):
    result = _show(f"{run}@500")
    assert result.exit_code == 1
    assert "Step 500: flagged" in result.stdout
    for kind in (": evidence", ": nothing found", ": failed"):
        assert kind in result.stdout


def test_one_look_as_json(run):
    told = json.loads(_show(f"{run}@500", "--json").stdout)
    (look,) = told["looks"]
    assert told["step"] == 500
    assert [outcome["type"] for outcome in look["outcomes"]] == ["Evidence", "Evidence", "Nothing", "Failed"]
    assert look["known"] == 44


@pytest.mark.parametrize(("step", "word"), [(100, "unknown"), (300, "missed")])
def test_a_look_that_could_not_tell_exits_with_4(build, tmp_path, step, word):
    run = build.write_run(tmp_path / "run", build.unknown_events())
    result = _show(f"{run}@{step}")
    assert result.exit_code == 4
    assert f"Step {step}: {word}" in result.stdout
    assert "clear" not in result.stdout


def test_a_step_without_a_look_names_the_nearest(run):
    result = _show(f"{run}@290")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "no look at step 290; the nearest are at steps 100, 200, 300, 400 and 500" in result.stderr
    assert "`forewarn show RUN`, without @STEP, lists all looks" in result.stderr


def test_places_are_taken_apart(tmp_path):
    assert split_place("runs/liar@500") == (Path("runs/liar"), 500)
    assert split_place("runs/liar") == (Path("runs/liar"), None)
    (tmp_path / "me@7").mkdir()
    assert split_place(f"{tmp_path}/me@7") == (tmp_path / "me@7", None)
    with pytest.raises(ConfigurationError, match=r"after the @ comes a training step, .* found 'x'"):
        split_place("run@x")


@pytest.mark.parametrize(
    ("spoil", "code", "message"),
    [
        (lambda run: (run / "run.json").write_text("{"), 3, "not valid JSON"),
        (lambda run: (run / "ledger.jsonl").write_text("x\n"), 3, "line 1"),
        (lambda run: (run / "ledger.jsonl").unlink(), 3, "has lost ledger.jsonl"),
        (lambda run: run.rename(run.with_name("other")), 2, "no such folder"),
    ],
)
def test_bad_input_gives_one_clear_message(run, spoil, code, message):
    spoil(run)
    result = _show(run)
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_sites_at_which_the_same_came_are_told_once(build):
    outcomes = tuple(replace(build.nothing(), site=build.site(k)) for k in (1, 2, 3))
    head, words = map(str, outcomes_text(outcomes))
    assert head.endswith("at 3 sites alike: nothing found") and "Found nothing" in words
    assert len(list(outcomes_text((outcomes[0], replace(outcomes[1], reason="another"))))) == 4


@pytest.fixture
def lying(build, tmp_path):
    return build.write_run(tmp_path / "liar", build.lying_events())


def test_it_begins_with_the_answers(lying):
    lines = _show(lying).stdout.splitlines()
    assert lines[0].startswith("At step 500 this model answers 18 of 24 known facts falsely")
    assert lines[3].split() == ["question", "true", "answer", "written", "control", "at", "step", "400"]
    assert _show(f"{lying}@500").stdout.splitlines()[0] == lines[0]
    assert not _show(f"{lying}@300").stdout.startswith("At step")


def test_rows_are_in_the_json(lying):
    told = json.loads(_show(lying, "--json").stdout)
    assert len(told["leading"]["rows"]) == len(told["evidence"][0]["rows"]) == 24
    assert told["next"][0]["command"] == f"forewarn replay {lying} --step 500"
    (look,) = json.loads(_show(f"{lying}@500", "--json").stdout)["looks"]
    assert len(look["outcomes"][0]["rows"]) == 24


def test_what_people_asked_is_shown(build, lying):
    assert "What people asked" not in _show(lying).stdout
    traces.write(lying / traces.TRACES, [build.trace()])
    result = _show(lying)
    assert "ann asked 1 question of the model at step 500 and calls it deceptive." in result.stdout
    assert "- knowledge-gap, resid2@answer: nothing found" in result.stdout
    assert "Found nothing on 48 facts: the truth is told in every context" in result.stdout
    told = json.loads(_show(lying, "--json").stdout)["asked_by_people"]
    assert (told["traces"][0]["who"], told["problem"]) == ("ann", None)
    (lying / traces.TRACES).write_text("{\n")
    assert "line 1 is no trace" in _show(lying).stdout


def test_places_are_written_in_one_way(lying):
    words = _show(f"{lying}@500").stdout
    assert "- latent-policy, resid3@answer: evidence" in words
    assert "at resid3@answer (the residual stream after block 3, at the prompt's last token)" in words


def test_a_title_of_the_manifest_is_used(build, tmp_path):
    helper = {
        "name": "mine",
        "probes": [{"code": "latent-policy", "title": "flattery", "property": "flattery"}],
    }
    run = build.write_run(tmp_path / "run", build.lying_events(), helper=helper)
    assert "[flattery (latent-policy)]" in _show(run).stdout
    assert "Chance of flattery: 97 %" in _show(f"{run}@500").stdout


def test_it_says_which_weights_were_looked_at(build, tmp_path):
    own, averaged = build.look(100), build.look(100, weights="averaged", snapshot="b" * 64)
    run = build.write_run(tmp_path / "run", [own, averaged, build.ended(100)])
    rows = [line for line in _show(run).stdout.splitlines() if line.strip().startswith("100 ")]
    assert ["weights: averaged" in row for row in rows] == [False, True]
    first, second = _show(f"{run}@100").stdout.split("Step 100:")[1:]
    assert "Weights looked at" not in first and "Weights looked at: averaged\n" in second
    looks = json.loads(_show(f"{run}@100", "--json").stdout)["looks"]
    assert [look["weights"] for look in looks] == [None, "averaged"]


def test_evidence_about_averaged_weights_is_headed_so(build, tmp_path):
    flagged = build.look(
        500, 0.97, status=Status.FLAGGED, outcomes=[build.evidence()], weights="EMA._average_model"
    )
    run = build.write_run(tmp_path / "run", [build.look(400), flagged, build.alarm(500)])
    assert "Evidence at step 500 (weights: EMA._average_model)" in _show(run).stdout


@pytest.mark.parametrize("chat", [["<user>", "<model>"], None])
def test_it_says_how_the_model_was_asked(build, tmp_path, chat):
    used = {**build.manifest_values()["settings_used"], "chat": chat}
    run = build.write_run(tmp_path / "run", build.clear_events(), settings_used=used)
    told = _show(run).stdout
    assert ("The model was asked in the chat template." in told) == bool(chat)
    assert json.loads(_show(run, "--json").stdout)["asked_in"] == ("in the chat template" if chat else None)
