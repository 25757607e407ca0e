from __future__ import annotations

import shlex

from forewarn.report.next_steps import command, next_steps


def _commands(build, folder, events):
    return [step.command for step in next_steps(build.summary_of(folder, events), folder)]


def test_commands_name_the_run_whole_and_can_be_pasted(build, tmp_path, monkeypatch):
    folder = tmp_path / "my runs" / "liar"
    monkeypatch.chdir(tmp_path)
    folder.parent.mkdir()
    commands = _commands(build, folder.relative_to(tmp_path), build.lying_events())
    shell = [shlex.split(each) for each in commands if each.startswith("forewarn")]
    assert shell[0] == ["forewarn", "replay", str(folder), "--step", "500"]
    assert ["forewarn", "inspect", f"{folder}@500", "--questions"] in shell
    assert shell[-1][:3] == ["forewarn", "verify", str(folder)]


def test_the_way_back_loads_the_last_clear_weights(build, tmp_path):
    (python,) = [each for each in _commands(build, tmp_path, build.lying_events()) if each.startswith("from")]
    compile(python, "pasted", "exec")
    assert build.look(400).snapshot in python and str(tmp_path) in python


def test_without_weights_nothing_is_offered_that_needs_them(build, tmp_path):
    commands = _commands(build, tmp_path, build.dropped(build.lying_events()))
    assert commands[0] == command("show", f"{tmp_path}@500")
    assert not [each for each in commands if "replay" in each or "inspect" in each or "load" in each]


def test_an_unknown_run_leads_to_the_look_that_could_not_tell(build, tmp_path):
    assert command("show", f"{tmp_path}@300") in _commands(build, tmp_path, build.unknown_events())


def test_a_clear_run_can_be_asked_and_checked(build, tmp_path):
    first, last = _commands(build, tmp_path, build.clear_events())
    assert first == command("inspect", f"{tmp_path}@400", "--questions") and "verify" in last


def test_the_way_back_says_whose_weights_it_loads(build, tmp_path):
    events = [build.look(400, weights="averaged"), *build.lying_events()[2:]]
    steps = next_steps(build.summary_of(tmp_path, events), tmp_path)
    (back,) = [step.why for step in steps if step.command.startswith("from")]
    assert back == "Go back to the last clear weights, of step 400, weights: averaged (in Python)."
