from __future__ import annotations

import json
from dataclasses import replace

import pytest

from forewarn.audit.claim import Claim
from forewarn.audit.heartbeat import HEARTBEAT, SIZE, Heartbeat, SignOfLife, is_altered, sign_of_life


@pytest.fixture
def claim(tmp_path):
    held = Claim.take(tmp_path)
    yield held
    held.release()


def test_what_was_given_is_read_and_is_always_as_long(claim, tmp_path):
    for beat in (Heartbeat(), Heartbeat(segment=3, step=10**15, due=7, alarmed=True, job="slurm 12")):
        claim.give(beat)
        found = sign_of_life(tmp_path)
        assert replace(found.beat, pid=0, host="") == beat and found.beat.pid > 0
        assert (tmp_path / HEARTBEAT).stat().st_size == SIZE


def test_a_run_is_alive_as_long_as_it_is_held(claim, tmp_path):
    assert sign_of_life(tmp_path).alive is True
    claim.release()
    assert sign_of_life(tmp_path).alive is False


def test_a_run_without_a_heartbeat_tells_nothing(tmp_path):
    assert sign_of_life(tmp_path) == SignOfLife(None, None)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[" * 1000,
        "null",
        "{}x",
        '{"segment": "1"}',
        '{"segment": true}',
        '{"due": -1}',
        '{"step": 1e3}',
        '{"step": 99999999999999999999}',
        '{"other": 1}',
    ],
)
def test_what_is_no_heartbeat_tells_nothing(tmp_path, content):
    (tmp_path / HEARTBEAT).write_text(content)
    assert sign_of_life(tmp_path) == SignOfLife(None, False)


def test_every_altered_byte_is_noticed(claim, tmp_path):
    claim.give(Heartbeat(step=4, due=2, job="slurm 7"))
    claim.release()
    path = tmp_path / HEARTBEAT
    written = path.read_bytes()
    assert not is_altered(tmp_path)
    for place in range(0, SIZE, 7):
        path.write_bytes(written[:place] + bytes([written[place] ^ 1]) + written[place + 1 :])
        assert is_altered(tmp_path), place
    path.write_bytes(written + b" ")
    assert is_altered(tmp_path)
    path.write_bytes(b"")
    assert not is_altered(tmp_path), "it was never begun"


def test_a_heartbeat_needs_no_room_on_the_disk_nor_leave_to_open_it(claim, tmp_path, monkeypatch):
    import os

    def refuse(*_):
        raise OSError("no file handles, no room")

    claim.give(Heartbeat())
    with monkeypatch.context() as full:
        for name in ("write", "open", "replace", "fsync"):
            full.setattr(os, name, refuse)
        claim.give(Heartbeat(step=9))
    assert json.loads((tmp_path / HEARTBEAT).read_text())["step"] == 9


def test_a_heartbeat_that_cannot_be_written_is_said_once(claim, monkeypatch, caplog):
    import os

    def refuse(*_):
        raise OSError("broken")

    monkeypatch.setattr(os, "pwrite", refuse)
    claim.give(Heartbeat())
    claim.give(Heartbeat(step=2))
    assert claim.beat.step == 2
    assert sum("could not write the heartbeat" in r.getMessage() for r in caplog.records) == 1
