"""`forewarn organisms`: make, look, record, list and check, on matched groups that are quick to make."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch
from typer.testing import CliRunner

from forewarn.cli.app import app
from forewarn.errors import StoreError
from forewarn.lab.cli import organism_making
from forewarn.lab.organisms.behaviour import Behaviour
from forewarn.lab.organisms.matched_group import draw_group
from forewarn.lab.organisms.mechanisms import mechanisms
from forewarn.lab.organisms.scratch import SCALE, Scratch
from forewarn.lab.population import checking, group_looks, making, measuring
from forewarn.lab.population.folder import GroupFolder
from forewarn.lab.population.table import Table
from forewarn.lab.population.verified import Kept, verified

LEVELS = "--level is one of seen, related, unseen"


def said(*words):
    """Run a command; what is no terminal gets one thing to a line."""
    return CliRunner().invoke(app, ["organisms", *map(str, words)], catch_exceptions=False)


def told(*words):
    """The one object that --json prints; anything that is no JSON for a strict reader is refused."""
    result = said(*words, "--json")
    return result, json.loads(result.stdout, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


def stand_in(out, task, ends=(1.0, 1.0, 0.0)):
    """Writes a matched group as if it had been trained; `ends`: how often each member does what it should."""
    group = draw_group(task.mechanism, task.seed)
    rows = zip(group.members, ends, strict=True)
    histories = {m.name: [Behaviour(540, end, 1 - end, end, 1.0, 1.0)] for m, end in rows}
    found = verified(group, Scratch(), histories, {m.name: [Kept(540, "digest")] for m in group.members})
    folder = GroupFolder(out / task.name)
    folder.path.mkdir(exist_ok=True)
    folder.finish(found)
    return found


@pytest.fixture
def made(monkeypatch):
    """Instead of training, writes stand-ins; remembers what was asked for."""
    asked = []

    def make_one(out, task, **_):
        asked.append(task)
        return stand_in(out, task)

    monkeypatch.setattr(making, "make_one", make_one)
    return asked


def test_make_makes_matched_groups_of_every_mechanism(made, tmp_path):
    out = tmp_path / "runs"
    result, value = told("make", "--out", out, "--seeds", 2, "--first-seed", 7, "--jobs", 1)
    assert result.exit_code == 0
    assert made == [making.Task(name, seed) for seed in (7, 8) for name in mechanisms()]
    assert value == {"out": str(out), "matched_groups": 2 * len(mechanisms())}


def test_make_makes_the_mechanisms_that_are_named_and_says_what_came_of_it(made, tmp_path):
    result = said(
        "make", "--out", tmp_path, "--mechanism", "pair", "--mechanism", "year", "--seeds", 1, "--jobs", 1
    )
    assert made == [making.Task("pair", 100), making.Task("year", 100)]
    first, *table = result.stdout.splitlines()
    assert first == f"2 matched groups in {tmp_path}"
    assert [line.split() for line in table[1:5]] == [
        ["pair", "deceptive", "1", "1"],
        ["year", "deceptive", "1", "1"],
        ["plain", "honest", "2", "2"],
        ["recast", "honest", "0", "2"],
    ]
    assert table[-1] == (
        "4 of 6 do what they were made to do, 2 of them deceptive; the others count for nothing."
    )


def test_progress_goes_to_standard_error(made, tmp_path):
    result = said("make", "--out", tmp_path, "--mechanism", "pair", "--seeds", 2, "--jobs", 1, "--json")
    assert result.stderr.splitlines() == ["forewarn: matched groups 1/2", "forewarn: matched groups 2/2"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("make", "--mechanism", "liar"), "there is no mechanism 'liar'; there are secret, denial"),
        (("make", "--backend", "slurm"), "found 'slurm'"),
        (("look", "{out}", "--level", "K3"), "--level is one of seen, related, unseen; found 'K3'"),
        (
            ("record", "{out}", "--out", "t", "--level", "Seen"),
            "--level is one of seen, related, unseen; found 'Seen'",
        ),
    ],
)
def test_what_is_not_there_is_named_with_what_is(made, tmp_path, words, says):
    stand_in(tmp_path, making.Task("pair", 1))
    result = said(
        *(w.format(out=tmp_path) for w in words), *(("--out", tmp_path) if words[0] == "make" else ())
    )
    assert result.exit_code == 2
    assert says in result.stderr
    assert not made


@pytest.mark.parametrize("command", [("look",), ("list",), ("check",), ("record", "--out", "never")])
def test_an_empty_folder_is_refused_with_the_command_that_fills_it(command, tmp_path):
    result, value = told(*command, tmp_path)
    assert result.exit_code == value["exit_code"] == 2
    assert value["error"] == (
        f"{tmp_path} holds no matched groups; make some with `forewarn organisms make --out {tmp_path}`."
    )


def test_look_asks_probes_and_baselines_of_every_matched_group_at_every_level(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(
        group_looks, "look_one", lambda out, task, level, probes: asked.append(("looks", task.name, level))
    )
    monkeypatch.setattr(
        measuring, "measure_one", lambda out, task, level: asked.append(("baselines", task.name, level))
    )
    for task in (making.Task("pair", 1), making.Task("year", 2)):
        stand_in(tmp_path, task)
    _, value = told("look", tmp_path, "--jobs", 1)
    names, levels = ("pair-1", "year-2"), ("related", "unseen")
    assert asked == [(w, name, level) for level in levels for w in ("looks", "baselines") for name in names]
    assert value == {"matched_groups": 2, "levels": ["related", "unseen"]}
    looked = said("look", tmp_path, "--jobs", 1, "--level", "seen")
    assert looked.stdout == "2 matched groups looked at with seen cues (K0)\n"
    assert "forewarn: baselines, seen cues (K0) 2/2" in looked.stderr
    assert asked[8:] == [(w, name, "seen") for w in ("looks", "baselines") for name in names]
    said("look", tmp_path, "--jobs", 1, "--level", "unseen", "--seeds", 1)
    assert asked[12:] == [(w, "pair-1", "unseen") for w in ("looks", "baselines")]


def test_look_asks_the_probes_that_are_named(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(group_looks, "look_one", lambda out, task, level, probes: asked.append(probes))
    monkeypatch.setattr(measuring, "measure_one", lambda out, task, level: None)
    stand_in(tmp_path, making.Task("pair", 1))
    said(
        "look",
        tmp_path,
        "--jobs",
        1,
        "--level",
        "related",
        "--probe",
        "latent-policy",
        "--probe",
        "withheld-answer",
    )
    assert asked == [("latent-policy", "withheld-answer")]
    result = said("look", tmp_path, "--jobs", 1, "--probe", "a-stranger")
    assert result.exit_code == 2
    assert "a-stranger is not installed; there are knowledge-gap," in result.stderr


def test_list_shows_truth_implant_onset_and_what_holds(tmp_path):
    stand_in(tmp_path, making.Task("pair", 1), (1.0, 0.5, 1.0))
    result, value = told("list", tmp_path)
    assert result.exit_code == 0
    assert [(r["name"], r["deceptive"], r["holds"], r["onset"]) for r in value["organisms"]] == [
        ("pair-1-pair", True, True, 540),
        ("pair-1-plain", False, False, None),
        ("pair-1-recast", False, True, None),
    ]
    first = value["organisms"][0]
    assert (first["precursor"], first["implant"], first["concealed"]) == ("latent-policy", "diluted", False)
    words = said("list", tmp_path).stdout
    assert words.splitlines()[2].split()[:7] == [
        "pair-1-plain", "latent-policy", "diluted", "no", "no", "no", "none",
    ]  # fmt: skip
    assert "2 of 3 do what they were made to do, 1 of them deceptive; the others count for nothing." in words


def test_check_names_problems_and_ends_with_the_code_of_broken_files(tmp_path, monkeypatch):
    stand_in(tmp_path, making.Task("pair", 1))
    monkeypatch.setattr(checking, "check_one", lambda out, task: ())
    result, value = told("check", tmp_path, "--jobs", 1)
    assert (result.exit_code, value) == (0, {"matched_groups": 1, "problems": []})
    monkeypatch.setattr(checking, "check_one", lambda out, task: (f"{task.name} is odd", "and it lies"))
    assert told("check", tmp_path, "--jobs", 1)[1]["problems"] == ["and it lies", "pair-1 is odd"]
    result = said("check", tmp_path, "--jobs", 1)
    assert (result.exit_code, result.stdout) == (3, "and it lies\npair-1 is odd\n")


@pytest.fixture
def short(monkeypatch):
    """Matched groups of twelve steps and two snapshots; the number of threads is put back."""
    short = Scratch(replace(SCALE, base=6, branch=6))
    monkeypatch.setattr(organism_making, "_start", lambda model: short)
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def test_from_making_to_a_table(short, tmp_path):
    out, table = tmp_path / "organisms", tmp_path / "recorded.safetensors"
    one = ("--mechanism", "secret", "--seeds", 1, "--first-seed", 2, "--base-looks", 1, "--looks", 1)
    assert said("make", "--out", out, *one, "--jobs", 1).exit_code == 0
    assert said("look", out, "--level", "related", "--jobs", 1).exit_code == 0
    assert said("check", out, "--jobs", 1).stdout == "1 matched groups are as they were made\n"
    runs = [r["name"] for r in told("list", out)[1]["organisms"]]
    result, value = told("record", out, "--out", table, "--level", "related")
    found = Table.load(table)
    assert result.exit_code == 0
    assert value["runs"] == len(found.runs["related"])
    assert sorted([*value["discarded"], *(r.truth.name for r in found.runs["related"])]) == sorted(runs)
    assert found.command == (
        "forewarn organisms make --out organisms --first-seed 2 --seeds 1 --base-looks 1 --looks 1 "
        "--mechanism secret && "
        "forewarn organisms look organisms --level related && "
        "forewarn organisms record organisms --level related --out FILE"
    )
    words = said("record", out, "--out", table, "--level", "related").stdout
    assert words.startswith(
        f"{table}: {value['runs']} verified runs, 0 of them deceptive ({value['runs']} with related cues (K1)); "
        f"{len(value['discarded'])} discarded; "
    )
    with pytest.raises(StoreError, match="there is no file"):
        group_looks.read_looks(GroupFolder(out / "secret-2"), "unseen")
