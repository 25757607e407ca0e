from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest
from typer.testing import CliRunner

from forewarn.cli.app import app
from forewarn.cli.replay import factory_of
from forewarn.errors import ConfigurationError


@dataclass(frozen=True)
class _Replayed:
    evidence: Any
    again: Any
    same: bool
    why: str


@pytest.fixture
def run(build, tmp_path):
    return build.write_run(tmp_path / "liar", build.flagged_events())


@pytest.fixture
def room(monkeypatch):
    """A stand-in for the audit room's replay; `results` is what it gives, `asked` what it was asked."""
    module = ModuleType("forewarn.audit.replay")
    module.results, module.asked = (), []

    def replay(run, step, factory, probes):
        print("noise from a model")
        module.asked.append((run, step, factory, *(probes and [probes])))
        return module.results

    module.replay = replay
    monkeypatch.setitem(sys.modules, "forewarn.audit.replay", module)
    # A package that has imported the real one keeps it as its attribute.
    monkeypatch.setattr("forewarn.audit.replay", module, raising=False)
    return module


def _replay(*arguments):
    return CliRunner().invoke(app, ["replay", *map(str, arguments)])


def test_the_same_again(build, run, room):
    evidence = build.evidence()
    room.results = (_Replayed(evidence, evidence, True, ""),)
    result = _replay(run, "--step", 500)
    assert result.exit_code == 0
    assert room.asked == [(run, 500, None)]
    assert "1 of 1 claim came out the same." in result.stdout
    assert "noise" not in result.stdout


def test_a_difference_is_an_integrity_failure(build, run, room):
    room.results = (_Replayed(build.evidence(), build.evidence(0.3), False, "the effect differs by 0.32"),)
    result = _replay(run)
    assert result.exit_code == 3
    assert "DIFFERENT" in result.stdout and "the effect differs by 0.32" in result.stdout


def test_what_cannot_be_measured_is_unknown(build, run, room):
    room.results = (_Replayed(build.evidence(), None, False, "retention removed the snapshot"),)
    result = _replay(run, "--json")
    assert result.exit_code == 4
    (told,) = json.loads(result.stdout)["replayed"]
    assert (told["again"], told["same"], told["why"]) == (None, False, "retention removed the snapshot")
    assert told["evidence"]["type"] == "Evidence"


def test_without_evidence_there_is_nothing_to_measure(run, room):
    result = _replay(run)
    assert result.exit_code == 0
    assert "no evidence to measure again" in result.stdout


def test_the_factory_is_found_in_the_working_directory(run, room, tmp_path, monkeypatch):
    (tmp_path / "my_models.py").write_text("def build(): return 'model'\nSIZE = 3\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert _replay(run, "--model", "my_models:build").exit_code == 0
    assert room.asked[0][2]() == "model"
    with pytest.raises(ConfigurationError, match="wanted a function SIZE in my_models; found a int"):
        factory_of("my_models:SIZE")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("models", "wants package.module:function; found 'models'"),
        ("no_such_module_here:build", "importing no_such_module_here failed .ModuleNotFoundError"),
        ("json:nothing", "wanted a function nothing in json; found nothing"),
    ],
)
def test_a_factory_that_leads_nowhere(run, room, monkeypatch, name, message):
    monkeypatch.setattr(sys, "path", list(sys.path))
    with pytest.raises(ConfigurationError, match=message):
        factory_of(name)
    result = _replay(run, "--model", name)
    assert (result.exit_code, room.asked) == (2, [])


def test_it_begins_with_what_the_model_wrote_then_and_writes_now(build, tmp_path, room):
    run = build.write_run(tmp_path / "lying", build.lying_events())
    room.results = (_Replayed(build.lie(), build.lie(), True, "the same"),)
    result = _replay(run)
    assert result.stdout.startswith("At step 500 this model answers 18 of 24 known facts falsely")
    assert "written   now       control" in result.stdout
    told = json.loads(_replay(run, "--json").stdout)
    assert told["leading"]["step"] == 500 and len(told["replayed"][0]["again"]["rows"]) == 24


def test_a_step_without_a_look_is_refused_before_a_model_is_opened(run, room):
    result = _replay(run, "--step", 490)
    assert (result.exit_code, room.asked) == (2, [])
    assert "no look at step 490; the nearest are at" in result.stderr


PROBE = """
from forewarn.probes import Probe


class Flattery(Probe):
    code, title, unit = "flattery", "flattery", "share"

    def sites(self, layout):
        return ()

    def cost(self, inputs):
        return 1.0

    def explore(self, inputs, site, split):
        raise NotImplementedError

    def confirm(self, inputs, claim, split):
        raise NotImplementedError
"""


def test_a_probe_of_one_s_own_is_found_in_the_working_directory(run, room, tmp_path, monkeypatch):
    (tmp_path / "my_flattery.py").write_text(PROBE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    result = _replay(run, "--probe", "my_flattery:Flattery")
    assert result.exit_code == 0, result.output
    ((_, _, _, (probe,)),) = room.asked
    assert probe.code == "flattery"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("flattery", "--probe wants package.module:Class; found 'flattery'"),
        ("no_such_module:Flattery", "the module of 'no_such_module:Flattery' cannot be imported"),
        ("json:JSONDecoder", "json:JSONDecoder is no probe"),
    ],
)
def test_what_is_no_probe_is_refused(run, room, name, message):
    result = _replay(run, "--probe", name)
    assert result.exit_code == 2 and message in result.stderr.replace("\n", " ")
    assert room.asked == []


def test_a_probe_that_is_not_there_is_asked_for_by_its_option(build, run, room):
    room.results = (_Replayed(build.evidence(code="flattery/composure"), None, False, "not there"),)
    told = "flattery is not installed here. If you trust its code, add --probe package.module:Class"
    assert told in _replay(run).stdout
    room.results = (_Replayed(build.evidence(), None, False, "the snapshot is gone"),)
    assert "not installed here" not in _replay(run).stdout


def test_the_import_path_of_the_manifest_is_shown_and_never_followed(build, room, tmp_path, monkeypatch):
    (tmp_path / "planted_code.py").write_text("raise SystemExit('this code must not run')")
    monkeypatch.chdir(tmp_path)
    entries = [{"kind": "probe", "code": "flattery", "path": "planted_code:Flattery"}, "no entry"]
    run = build.write_run(tmp_path / "sent", build.flagged_events(), questions=entries)
    room.results = (_Replayed(build.evidence(code="flattery"), None, False, "not there"),)
    result = _replay(run)
    assert result.exit_code == 4 and "add --probe planted_code:Flattery" in result.stdout
