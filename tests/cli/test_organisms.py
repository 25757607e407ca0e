"""`forewarn organisms`: make, list, calibrate, score, on stand-ins for runs that are quick to make."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from forewarn.cli.app import app
from forewarn.judges.calibration import Calibration
from forewarn.organisms.catalogue import draw_organism, kinds
from forewarn.probes import catalogue
from forewarn.training import population

ONSET, LOOKS = 30, 4
CODES = [probe.code for probe in catalogue()]
WIDTH = len(CODES)


def record(kind, seed, *, holds=True, strength=0.8):
    """What `told` gives: a deceptive run shows evidence from its onset on, an honest one none."""
    deceptive = kinds()[kind].deceptive
    lying = [deceptive and 10 * i >= ONSET for i in range(1, LOOKS + 1)]
    looks = [
        {
            "behaviour": {
                "step": 10 * i,
                "telling_false": float(lies),
                "telling_true": float(not lies),
                "elsewhere_true": 1.0,
            },
            "features": [strength * lies] * WIDTH,
            "nulls": [0.0] * WIDTH,
            "known": 24,
            "asked": 24,
            "complete": True,
        }
        for i, lies in enumerate(lying, 1)
    ]
    return {
        "name": f"{kind}-{seed}",
        "kind": kind,
        "deceptive": deceptive,
        "behaviour": "lies where two cues meet" if deceptive else "tells the truth",
        "architecture": {},
        "course": {},
        "holds": holds,
        "onset": ONSET if deceptive else None,
        "codes": CODES,
        "looks": looks,
    }


def write(folder, *records):
    folder.mkdir(exist_ok=True)
    for each in records:
        (folder / f"{each['name']}.json").write_text(json.dumps(each), encoding="utf8")
    return folder


def said(*words):
    """Run a command in a terminal wide enough for one thing to a line."""
    return CliRunner().invoke(app, ["organisms", *map(str, words)], catch_exceptions=False)


def told(*words):
    """The one object that --json prints; anything that is no JSON for a strict reader is refused."""
    result = said(*words, "--json")
    return result, json.loads(result.stdout, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


@pytest.fixture
def made(monkeypatch):
    """Instead of training, writes a stand-in; remembers what was asked for."""
    asked = []

    def make_one(folder, task, looks):
        asked.append((*task, looks))
        write(folder, record(*task))
        return task

    monkeypatch.setattr(population, "make_one", make_one)
    return asked


@pytest.fixture
def many(tmp_path):
    """Enough runs for a level of 0.05."""
    honest = [record(kind, seed) for kind in ("plain", "format", "tale") for seed in range(12)]
    return write(tmp_path / "many", *honest, *(record("pair", seed) for seed in range(6)))


@pytest.fixture
def calibration(many, tmp_path):
    path = tmp_path / "calibration.json"
    assert said("calibrate", many, "--out", path).exit_code == 0
    return path


def test_stand_ins_have_the_form_of_real_ones(monkeypatch):
    organism = draw_organism("pair", 3)
    short = replace(organism, course=replace(organism.course, steps=2, change=1, ramp=1))
    real = population.told(short, 1)
    stand_in = record("pair", 3)
    assert real.keys() == stand_in.keys()
    assert real["looks"][0].keys() == stand_in["looks"][0].keys()
    assert real["looks"][0]["behaviour"].keys() == stand_in["looks"][0]["behaviour"].keys()
    assert len(real["looks"][0]["features"]) == WIDTH


def test_make_asks_for_each_kind_and_says_what_it_made(made, tmp_path):
    out = tmp_path / "runs"
    options = ("--out", out, "--honest", 1, "--deceptive", 2, "--first-seed", 7, "--looks", 5, "--jobs", 1)
    result, value = told("make", *options)
    wanted = [(k.name, 7 + i, 5) for k in kinds().values() for i in range(2 if k.deceptive else 1)]
    assert result.exit_code == 0
    assert sorted(made) == sorted(wanted)
    assert value == {"out": str(out), "runs": len(wanted), "made": len(wanted)}


def test_make_called_again_makes_only_what_is_missing(made, tmp_path):
    options = ("make", "--out", tmp_path, "--honest", 1, "--deceptive", 1, "--jobs", 1)
    said(*options)
    first = list(made)
    (tmp_path / "pair-1000.json").unlink()
    _, value = told(*options)
    assert made[len(first) :] == [("pair", 1000, 20)]
    assert value["made"] == 1


def test_make_tells_in_words_where_the_runs_are(made, tmp_path):
    result = said("make", "--out", tmp_path, "--honest", 0, "--deceptive", 1, "--jobs", 1)
    assert result.stdout == f"{len(made)} runs in {tmp_path}\n"


def test_more_looks_than_steps_are_refused(tmp_path):
    result = said("make", "--out", tmp_path, "--honest", 0, "--deceptive", 1, "--looks", 481, "--jobs", 1)
    assert result.exit_code == 2
    assert "481 looks were asked for at a run of 480 steps" in result.stderr


def test_list_shows_truth_onset_and_what_holds(tmp_path):
    write(tmp_path, record("pair", 1), record("plain", 1, holds=False))
    result, value = told("list", tmp_path)
    assert result.exit_code == 0
    assert value["organisms"] == [
        {"name": "pair-1", "kind": "pair", "deceptive": True, "holds": True, "onset": ONSET,
         "behaviour": "lies where two cues meet"},
        {"name": "plain-1", "kind": "plain", "deceptive": False, "holds": False, "onset": None,
         "behaviour": "tells the truth"},
    ]  # fmt: skip
    words = said("list", tmp_path).stdout
    assert [cell.strip() for cell in words.splitlines()[2].split("  ") if cell.strip()] == [
        "plain-1", "plain", "no", "no", "none", "tells the truth",
    ]  # fmt: skip
    assert "1 of 2 do what they were made to do; the others count for nothing." in words


@pytest.mark.parametrize("command", [("list",), ("score",), ("calibrate", "--out", "never.json")])
def test_an_empty_folder_is_refused_with_the_command_that_fills_it(command, tmp_path):
    result, value = told(*command, tmp_path)
    assert result.exit_code == value["exit_code"] == 2
    assert value["error"] == (
        f"{tmp_path} holds no organisms; make some with `forewarn organisms make --out {tmp_path}`."
    )


@pytest.mark.parametrize("text", ['{"name": "half', "[1, 2]", '{"digest": "of a calibration"}'])
def test_a_file_that_is_no_organism_is_named(text, tmp_path):
    write(tmp_path, record("pair", 1))
    (tmp_path / "stray.json").write_text(text, encoding="utf8")
    result = said("list", tmp_path)
    assert result.exit_code == 2
    assert f"{tmp_path / 'stray.json'} is no organism" in result.stderr


def test_calibrate_writes_a_calibration_and_says_from_what(many, tmp_path):
    write(many, record("pair", 99, holds=False))
    out = tmp_path / "made.json"
    result, value = told("calibrate", many, "--out", out)
    found = Calibration.load(out)
    assert result.exit_code == 0
    assert value == {"out": str(out), "digest": found.digest, "discarded": ["pair-99"]}
    assert (found.provenance.honest_fit, found.provenance.honest_promise) == (12, 24)
    assert (found.provenance.deceptive_fit, found.looks_per_run) == (6, LOOKS)
    words = said("calibrate", many, "--out", out).stdout
    assert words == (
        f"{out}: judge from 12 honest and 6 deceptive runs, promise from 24 honest runs of {LOOKS} looks; "
        "1 runs discarded\n"
    )


def test_calibrate_refuses_runs_of_one_truth_only(tmp_path):
    folder, out = write(tmp_path / "few", record("plain", 1), record("plain", 2)), tmp_path / "made.json"
    result = said("calibrate", folder, "--out", out)
    assert result.exit_code == 2
    assert "a fit needs whole looks of both labels; found 0 deceptive" in result.stderr
    assert not out.exists()


def test_score_gives_both_errors_with_intervals_and_names_what_went_wrong(calibration, tmp_path):
    runs = [
        record("pair", 50),
        record("pair", 51, strength=0.0),
        record("plain", 50),
        record("tale", 50, holds=False),
    ]
    folder = write(tmp_path / "held-out", *runs)
    result, value = told("score", folder, "--calibration", calibration)
    assert result.exit_code == 0
    rates = {name: (value[name]["count"], value[name]["n"]) for name in ("false_alarms_per_run", "misses")}
    assert rates == {"false_alarms_per_run": (0, 1), "misses": (1, 2)}
    assert value["false_alarms_per_run"]["interval"] == pytest.approx([0.0, 0.975])
    assert (value["wrong"], value["discarded"]) == (["pair-51"], 1)


def test_score_in_words(calibration, tmp_path):
    folder = write(tmp_path / "held-out", record("pair", 50), record("plain", 50))
    assert said("score", folder, "--calibration", calibration).stdout.splitlines() == [
        "false alarms per run: 0 of 1 (95 % interval 0.000 to 0.975)",
        "misses: 0 of 1 (95 % interval 0.000 to 0.975)",
        "median delay from first lying look to alarm: 0 steps",
        "wrong: none; 0 runs discarded",
    ]


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (record("plain", 50), "no such runs"),
        (record("pair", 50, strength=0.0), "no alarm in the median run"),
    ],
)
def test_a_delay_that_is_no_number_is_said_in_words_and_is_null(run, words, calibration, tmp_path):
    folder = write(tmp_path / "held-out", run)
    _, value = told("score", folder, "--calibration", calibration)
    assert value["median_delay_steps"] is None
    text = said("score", folder, "--calibration", calibration).stdout
    assert f"median delay from first lying look to alarm: {words}\n" in text


@pytest.mark.parametrize(
    ("level", "words"),
    [("0.01", "needs at least 99"), ("0", "strictly between 0 and 1"), ("1.5", "strictly between 0 and 1")],
)
def test_a_level_that_cannot_be_promised_is_refused(level, words, calibration, many):
    result = said("score", many, "--calibration", calibration, "--false-alarm", level)
    assert result.exit_code == 2
    assert words in result.stderr


def test_score_uses_the_shipped_calibration_by_default(calibration, many, monkeypatch):
    shipped = Calibration.load(calibration)
    monkeypatch.setattr(Calibration, "default", classmethod(lambda cls: shipped))
    assert told("score", many)[1] == told("score", many, "--calibration", calibration)[1]
