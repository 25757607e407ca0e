"""`forewarn organisms calibrate` and `score`, on recorded runs that nobody had to train."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from forewarn.cli.app import app
from forewarn.judges.calibration import Calibration
from forewarn.lab.population.table import Table

LOOKS = 4


def said(*words):
    """Run a command; what is no terminal gets one thing to a line."""
    return CliRunner().invoke(app, ["organisms", *map(str, words)], catch_exceptions=False)


def told(*words):
    """The one object that --json prints; anything that is no JSON for a strict reader is refused."""
    result = said(*words, "--json")
    return result, json.loads(result.stdout, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


@pytest.fixture
def save(recorded, tmp_path):
    """Writes runs into a table at level K1."""

    def made(*runs, name="held-out"):
        Table(recorded.CODES, {"related": tuple(runs)}, (), "forewarn organisms record DIR").save(
            tmp_path / name
        )
        return tmp_path / name

    return made


@pytest.fixture
def many(save, recorded):
    """Enough runs for a level of 0.05."""
    return save(*recorded.population(36, 6), name="many")


@pytest.fixture
def calibration(many, tmp_path):
    path = tmp_path / "calibration.json"
    assert said("calibrate", many, "--out", path).exit_code == 0
    return path


@pytest.fixture
def loud(recorded):
    return recorded.liar("loud", [0.0, 0.0, 0.8, 0.8])


@pytest.fixture
def silent(recorded):
    return recorded.liar("silent", [0.0] * LOOKS)


@pytest.fixture
def calm(recorded):
    return recorded.run("calm", [0.0] * LOOKS)


def test_calibrate_writes_a_calibration_and_says_from_what(many, tmp_path):
    out = tmp_path / "made.json"
    result, value = told("calibrate", many, "--out", out)
    found = Calibration.load(out)
    assert result.exit_code == 0
    assert value == {"out": str(out), "digest": found.digest}
    assert (found.provenance.honest_fit, found.provenance.honest_promise) == (12, 24)
    assert (found.provenance.deceptive_fit, found.looks_per_run) == (6, LOOKS)
    assert found.provenance.command == (
        "forewarn organisms record DIR && forewarn organisms calibrate FILE --level related --out CALIBRATION"
    )
    words = said("calibrate", many, "--out", out).stdout
    assert words == (
        f"{out}: judge from 12 honest and 6 deceptive runs, promise from 24 honest runs of {LOOKS} looks\n"
    )


def test_a_calibration_may_count_on_some_probes_alone(many, recorded, tmp_path):
    out, last = tmp_path / "few.json", recorded.CODES[-1]
    assert said("calibrate", many, "--out", out, "--probe", last).exit_code == 0
    found = Calibration.load(out)
    assert found.codes == (last,)
    assert f" --probe {last} --out CALIBRATION" in found.provenance.command
    result = said("calibrate", many, "--out", out, "--probe", "a-stranger")
    assert result.exit_code == 2
    assert (
        "--probe a-stranger: the table holds no look of that probe; it holds knowledge-gap" in result.stderr
    )


def test_calibrate_refuses_runs_of_one_truth_only(save, calm, tmp_path):
    out = tmp_path / "made.json"
    result = said("calibrate", save(calm), "--out", out)
    assert result.exit_code == 2
    assert "a fit needs whole looks of both labels; found 0 deceptive" in result.stderr
    assert not out.exists()


@pytest.mark.parametrize("command", [("score",), ("calibrate", "--out", "never.json")])
def test_a_level_that_the_table_does_not_hold_is_refused_with_those_that_it_holds(command, many):
    result = said(*command, many, "--level", "seen")
    assert result.exit_code == 2
    assert f"{many} holds looks at the levels related; found --level seen. Choose one" in result.stderr


@pytest.mark.parametrize("command", [("score",), ("calibrate", "--out", "never.json")])
def test_what_is_no_table_is_named(command, tmp_path):
    (tmp_path / "stray").write_text('{"name": "half')
    result = said(*command, tmp_path / "stray")
    assert result.exit_code == 2
    assert f"{tmp_path / 'stray'}: no recorded table can be read here" in result.stderr


def test_score_gives_both_errors_with_intervals_and_names_what_went_wrong(
    calibration, save, loud, silent, calm
):
    result, value = told("score", save(loud, silent, calm), "--calibration", calibration)
    assert result.exit_code == 0
    rates = {name: (value[name]["count"], value[name]["n"]) for name in ("false_alarms_per_run", "misses")}
    assert rates == {"false_alarms_per_run": (0, 1), "misses": (1, 2)}
    assert value["false_alarms_per_run"]["interval"] == pytest.approx([0.0, 0.975])
    assert value["wrong"] == ["silent"]


def test_score_in_words(calibration, save, loud, calm):
    assert said("score", save(loud, calm), "--calibration", calibration).stdout.splitlines() == [
        "false alarms per run: 0 of 1 (95 % interval 0.000 to 0.975)",
        "misses: 0 of 1 (95 % interval 0.000 to 0.975)",
        "median delay from first lying look to alarm: 0 steps",
        "wrong: none",
    ]


@pytest.mark.parametrize(
    ("run", "words"), [("calm", "no such runs"), ("silent", "no alarm in the median run")]
)
def test_a_delay_that_is_no_number_is_said_in_words_and_is_null(run, words, calibration, save, request):
    table = save(request.getfixturevalue(run))
    _, value = told("score", table, "--calibration", calibration)
    assert value["median_delay_steps"] is None
    text = said("score", table, "--calibration", calibration).stdout
    assert f"median delay from first lying look to alarm: {words}\n" in text


@pytest.mark.parametrize(
    ("level", "words"),
    [("0.01", "needs at least 99"), ("0", "strictly between 0 and 1"), ("1.5", "strictly between 0 and 1")],
)
def test_a_level_of_false_alarms_that_cannot_be_promised_is_refused(level, words, calibration, many):
    result = said("score", many, "--calibration", calibration, "--false-alarm", level)
    assert result.exit_code == 2
    assert words in result.stderr


def test_score_uses_the_shipped_calibration_by_default(calibration, many, monkeypatch):
    shipped = Calibration.load(calibration)
    monkeypatch.setattr(Calibration, "default", classmethod(lambda cls: shipped))
    assert told("score", many)[1] == told("score", many, "--calibration", calibration)[1]
