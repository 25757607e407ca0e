"""Several processes agree without a framework: looks are taken once, and nobody waits for ever."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from torch.distributed import HashStore

from forewarn.callbacks.options import Options
from forewarn.callbacks.processes import Processes, word_of
from forewarn.errors import BlindMonitor
from forewarn.records import LookTaken, RunEnded

HERE = Path(__file__).parent


@pytest.fixture
def both():
    """Has two processes act, each in a thread of its own; gives what each gave or raised."""

    def run(*acts, patience=1.0, store=None):
        store = store or HashStore()
        found = {}

        def one(rank, act):
            processes = Processes(store, rank, len(acts), patience)
            try:
                found[rank] = act(processes)
            except BaseException as error:
                found[rank] = error

        threads = [threading.Thread(target=one, args=each) for each in enumerate(acts) if each[1] is not None]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        return found

    return run


def at(place, value=None, word="", **settings):
    return lambda processes: processes.agree(place, lambda: value, word, **settings)


def test_all_hear_what_the_first_found(both):
    acted = []

    def act(processes):
        return processes.agree("look 1", lambda: acted.append(processes.rank) or ("decided", 4))

    assert both(act, act, act) == {0: ("decided", 4), 1: ("decided", 4), 2: ("decided", 4)}
    assert acted == [0]


def test_one_that_does_not_come_is_named_in_time(both):
    begun = time.monotonic()
    found = both(at("start", seconds=0.2), None)
    assert isinstance(found[0], BlindMonitor) and time.monotonic() - begun < 3
    assert str(found[0]).startswith(
        "process 1 of 2 did not come to 'start' within 0.2 s: make the Watch in every "
    )


def test_one_that_waits_in_vain_says_so(both):
    found = both(lambda _: None, at("look 3 at step 6"), patience=0.1)
    assert "process 0 said nothing about 'look 3 at step 6', for which this one waits up to 0.2 s" in str(
        found[1]
    )


def test_other_options_are_refused_in_both(both):
    found = both(at("start", word="options a"), at("start", word="options b"))
    words = (
        "process 1 of 2 came to 'start' with 'options b', and process 0 with 'options a': give every process"
    )
    assert str(found[0]).startswith(words)
    assert words in str(found[1]) and "process 0 broke off at 'start'" in str(found[1])


@pytest.mark.parametrize("error", [ValueError("the disk is full"), KeyboardInterrupt("by hand")])
def test_one_that_breaks_off_leaves_nobody_waiting(both, error):
    def breaks(processes):
        def act():
            raise error

        return processes.agree("look", act)

    begun = time.monotonic()
    found = both(breaks, at("look"), patience=20)
    assert found[0] is error and time.monotonic() - begun < 5
    assert str(found[1]) == f"process 0 broke off at 'look': {type(error).__name__}: {error}"


def test_the_last_look_waits_for_nobody(both):
    found = both(at("close", 3, meets=False), None, patience=0.2)
    assert found == {0: 3}


def test_what_was_heard_is_forgotten_and_watches_are_told_apart(both):
    store = HashStore()
    for _ in range(3):
        assert both(at("look", 1), at("look", 1), store=store) == {0: 1, 1: 1}
    assert store.num_keys() <= 4, "the counters of the watches remain"


def test_options_that_decide_nothing_in_other_processes_may_differ(small):
    class Own:
        def due(self, step):
            return False

    def word(step=0, **options):
        audit_set = small.audit_set()
        return word_of(Options(audit_set, **options).as_json(), audit_set.digest, step)

    assert word(folder="a", every_n_steps=Own()) == word(folder="b", name="c", every_n_steps=Own())
    assert len({word(), word(1), word(seed=1), word(every_n_steps=3), word(response="flag")}) == 5


def test_a_process_that_trains_alone_has_nobody_to_ask():
    assert Processes.now(1.0) is None


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What two processes under one gloo group left; one script for all cases, since starting it takes longest."""
    folder = tmp_path_factory.mktemp("gloo")
    env = os.environ | {"OMP_NUM_THREADS": "1", "MASTER_ADDR": "127.0.0.1", "WORLD_SIZE": "2"}
    env["MASTER_PORT"] = str(30_000 + os.getpid() % 10_000)
    script = [sys.executable, HERE / "gloo_script.py", folder, HERE / "small.py"]
    running = [subprocess.Popen(script, env=env | {"RANK": str(rank)}) for rank in (0, 1)]
    assert [process.wait(timeout=300) for process in running] == [0, 0]
    return folder


@pytest.fixture
def told(folder):
    return lambda case: [json.loads((folder / f"{case}-{rank}.json").read_text()) for rank in (0, 1)]


@pytest.mark.long
def test_two_processes_are_watched_by_one(told, folder, events):
    first, second = told("record")
    assert first == second == {"steps": 6, "raised": None}
    assert [look.step for look in events(folder / "record" / "run", LookTaken)] == [1, 2, 4, 6]
    assert len(events(folder / "record" / "run", RunEnded)) == 1


@pytest.mark.long
def test_both_halt_at_the_same_step_for_the_same_reason(told):
    first, second = told("halt")
    assert first == second and first["steps"] == 4
    assert first["raised"][0] == "DeceptionAlarm" and "training halted at step 4" in first["raised"][1]


@pytest.mark.long
@pytest.mark.parametrize(
    ("case", "rank", "words"),
    [
        ("options", 0, "give every process the same"), ("options", 1, "give every process the same"),
        ("interrupt", 0, "in a look"), ("interrupt", 1, "process 0 broke off at"),
        ("skips", 0, "process 1 of 2 did not come to"), ("absent", 0, "process 1 of 2 did not come to 'start'"),
    ],
)  # fmt: skip
def test_mistakes_are_refused_in_words_and_in_time(told, case, rank, words):
    assert words in told(case)[rank]["raised"][1]


@pytest.mark.long
def test_what_may_not_be_halted_is_watched_by_the_first_alone(told, folder, events):
    assert told("alone")[0] == {"steps": 6, "raised": None}
    assert [look.step for look in events(folder / "alone" / "run", LookTaken)] == [1, 2, 4, 6]


@pytest.mark.long
def test_a_look_that_was_not_agreed_on_is_missed_and_not_clear(folder, events):
    (ended,) = events(folder / "skips" / "run", RunEnded)
    assert (ended.reason, ended.status) == ("halted", "unknown")
