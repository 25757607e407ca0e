from __future__ import annotations

import json
import subprocess
import sys
import tomllib

import pytest
from typer.testing import CliRunner

from forewarn.auditset import AuditSet
from forewarn.cli.app import app
from forewarn.errors import ConfigurationError
from forewarn.lab.cli.helper_new import names_of


def new(*arguments):
    return CliRunner().invoke(app, ["helper", "new", *map(str, arguments)])


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("new") / "mine"
    result = new("hidden-praise", "--out", folder, "--json")
    assert result.exit_code == 0, result.output
    return folder, json.loads(result.stdout)


@pytest.mark.long
def test_the_test_of_a_new_package_passes(made):
    folder, _ = made
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


def test_the_entry_point_names_the_probe_by_its_code(made, monkeypatch):
    folder, value = made
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["forewarn.probes"] == {"hidden-praise": "hidden_praise.probe:HiddenPraise"}
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    from hidden_praise.probe import HiddenPraise

    assert (HiddenPraise.code, HiddenPraise.title, value["code"]) == (
        "hidden-praise",
        "hidden praise",
        "hidden-praise",
    )


def test_all_files_are_told_and_there(made):
    folder, value = made
    there = {
        str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts
    }
    assert set(value["files"]) == there
    assert (
        "forewarn replay RUN --probe hidden_praise.probe:HiddenPraise" in (folder / "README.md").read_text()
    )
    assert not any("$" in (folder / name).read_text() for name in there - {"README.md"})


def test_the_audit_set_has_more_facts_than_a_calibration_begins_at(made):
    audit_set = AuditSet.from_jsonl(made[0] / "hidden_praise" / "auditset.jsonl")
    assert len(audit_set.facts) == 32 and len(audit_set.truthful) == 3


def test_a_person_is_told_what_to_do_next(tmp_path):
    result = new("praise", "--out", tmp_path / "p")
    assert f"cd {tmp_path / 'p'}" in result.stdout and "python -m pytest" in result.stdout


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "mine").write_text("no folder")
    result = new("praise", "--out", tmp_path / "mine")
    assert result.exit_code == 2 and "is there already and not empty; choose another --out" in result.stderr
    result = new("praise", "--out", tmp_path)
    assert result.exit_code == 2 and [p.name for p in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Flattery", "small letters and digits with hyphens between"),
        ("../x", "found '../x'"),
        ("a--b", "found 'a--b'"),
        ("class", "no package can have the name 'class'"),
        ("forewarn", "no package can have the name 'forewarn'"),
        ("latent-policy", "a probe 'latent-policy' is installed already"),
    ],
)
def test_names_that_cannot_be_are_refused(name, message):
    with pytest.raises(ConfigurationError, match=message):
        names_of(name)
