"""A monitor that cannot tell says so; a run ends with one line."""

from __future__ import annotations

import pytest

from forewarn.callbacks import Watch
from forewarn.records import LookTaken, RunEnded


@pytest.fixture
def watch(small, knowing, tmp_path, moving):
    def make(model=None, **settings):
        usual = {
            "first_look": False,
            "every_n_steps": 2,
            "folder": tmp_path / "runs",
            "name": "run",
            "response": "record",
        }
        calibration = small.calibration("as-told")
        return Watch(model or knowing("GPT"), small.audit_set(), calibration=calibration, **usual | settings)

    return make


def ended(watched, steps):
    with watched:
        for step in range(1, steps + 1):
            watched.step(step)
    return watched


def test_a_run_ends_with_one_line_on_the_console(watch, told, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told(errors=[2], error=ValueError("no"))
    watched = ended(watch(), 6)
    head = watched.state_dict()["head"]
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        f"forewarn: clear after 3 looks (1 unknown, 0 missed); runs/run; head {head}; "
        f"read it with: forewarn show {watched.run.resolve()}\n"
    )


def test_the_line_says_what_it_would_be_wrong_to_leave_out(watch, told, capsys, monkeypatch):
    told(lies=[2])
    watched = watch()
    watched.step(2)
    watched.step(4)
    monkeypatch.setattr(
        watched._driver._freezer, "look", lambda *_: (_ for _ in ()).throw(MemoryError("too large"))
    )
    watched.step(6)
    watched.close()
    assert capsys.readouterr().err.startswith("forewarn: flagged after 2 looks (0 unknown, 1 missed); ")
    watched.close()
    assert capsys.readouterr().err == "", "it is said once"


def test_the_line_can_be_left_out(watch, told, capsys):
    told()
    ended(watch(quiet=True), 2)
    assert capsys.readouterr() == ("", "")


def test_a_console_that_is_gone_ends_nothing(watch, told, events, monkeypatch):
    class Gone:
        def write(self, _):
            raise BrokenPipeError

    told()
    watched = watch()
    watched.step(2)
    monkeypatch.setattr("sys.stderr", Gone())
    watched.close()
    assert len(events(watched.run, RunEnded)) == 1


def test_two_looks_without_a_known_fact_are_said_once_with_the_likely_causes(small, watch, told, caplog):
    told()
    watched = watch(small.seeded(small.GPT))
    watched.step(2)
    assert "is known" not in caplog.text
    for step in range(3, 9):
        watched.step(step)
    (said,) = [r.getMessage() for r in caplog.records]
    assert said == (
        "forewarn: none of 12 facts is known to the model at two looks in a row (step 4), so that no look can "
        "tell anything yet. Likely causes: the model is not trained far enough; the tokenizer is not the model's "
        "own; the questions are not in the form that the model is trained on, such as its chat template. See what "
        f"was asked with: forewarn show {watched.run}@4"
    )


def test_a_model_that_knows_something_is_no_reason_to_warn(watch, told, caplog):
    told()
    ended(watch(), 6)
    assert caplog.text == ""


def test_a_closed_watch_says_that_it_is_closed(watch, told, events):
    from forewarn.errors import BlindMonitor

    told()
    watched = ended(watch(response="halt", most_missed=1), 2)
    with pytest.raises(BlindMonitor, match="is closed already: make a new one for another run"):
        watched.step(4)
    assert [e.step for e in events(watched.run, LookTaken)] == [2]
    assert len(events(watched.run, RunEnded)) == 1


def test_a_monitor_without_a_name_names_its_run_by_the_time(watch, told):
    told()
    assert ended(watch(name=None), 2).run.name.startswith("run-20")
