from __future__ import annotations

import queue
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace

from rich.progress import Progress

from forewarn.lab.demo.outcome import DemoRun
from forewarn.lab.demo.workers import _arrived, _mark_ended


def test_what_was_told_is_read_in_order_until_there_is_no_more():
    steps = queue.Queue()
    assert list(_arrived(steps)) == []
    for step in range(3):
        steps.put(("liar", step))
    assert list(_arrived(steps)) == [("liar", 0), ("liar", 1), ("liar", 2)]


def test_bars_end_where_their_runs_ended():
    progress, organisms, runs = Progress(), [], []
    for name, alarm in (("liar", 40), ("format", None), ("broken", None)):
        organisms.append(SimpleNamespace(name=name))
        runs.append(Future())
        if name == "broken":
            runs[-1].set_exception(RuntimeError("no"))
        else:
            runs[-1].set_result(DemoRun(name, Path(), 50, alarm, ()))
    bars = {o.name: progress.add_task(o.name, total=100, state="training") for o in organisms}
    _mark_ended(progress, bars, organisms, runs)
    states = [(t.completed, t.fields["state"]) for t in progress.tasks]
    assert states == [(50, "halted at step 40"), (50, "finished"), (0, "training")]


def test_the_clock_of_a_run_stands_still_once_it_has_ended():
    """That of a run that was halted too, whose bar never fills."""
    seconds = [0.0]
    progress, run = Progress(get_time=lambda: seconds[0]), Future()
    run.set_result(DemoRun("liar", Path(), 50, 40, ()))
    bars = {"liar": progress.add_task("liar", total=100, state="training")}
    for seconds[0] in (5.0, 60.0):
        _mark_ended(progress, bars, [SimpleNamespace(name="liar")], [run])
    assert progress.tasks[0].elapsed == 5.0
