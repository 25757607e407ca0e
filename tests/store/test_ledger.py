from __future__ import annotations

import errno
import linecache
import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from forewarn.errors import IntegrityError, StoreError
from forewarn.records import Ending, LookMissed, Reason, ReasonCode, RunEnded, RunStarted, Status
from forewarn.store import ledger as module
from forewarn.store.chain import GENESIS
from forewarn.store.ledger import Ledger, look_over, read, verify


def missed(step: int, words: str) -> LookMissed:
    return LookMissed(step, Reason(ReasonCode.LOOK_FAILED, words))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "ledger.jsonl"


def _filled(path: Path, looks: int = 3) -> Ledger:
    ledger = Ledger.create(path)
    ledger.append(RunStarted(0, "m"))
    for step in range(looks):
        ledger.append(missed(step, "no subject"))
    return ledger


def _cut(path: Path, lines: int) -> None:
    kept = path.read_bytes().splitlines(keepends=True)[:lines]
    path.write_bytes(b"".join(kept))


def test_what_is_appended_is_read(path: Path) -> None:
    ledger = _filled(path)
    entries = read(path)
    assert [entry.event for entry in entries] == [
        RunStarted(0, "m"),
        *(missed(i, "no subject") for i in range(3)),
    ]
    assert (ledger.length, ledger.head) == (4, entries[-1].hash)
    assert [entry.prev for entry in entries] == [GENESIS, *(entry.hash for entry in entries[:-1])]
    assert verify(path) == ()


def test_a_second_ledger_in_the_same_place_is_refused(path: Path) -> None:
    _filled(path)
    with pytest.raises(StoreError, match="exists; resume that ledger"):
        Ledger.create(path)


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"cannot write .*Not a directory"):
        Ledger.create(tmp_path / "file" / "run" / "ledger.jsonl")


def test_resuming_goes_on_with_the_chain(path: Path) -> None:
    before = _filled(path)
    after = Ledger.resume(path)
    assert (after.head, after.length, after.torn) == (before.head, before.length, None)
    after.append(RunEnded(9, Status.CLEAR, Ending.FINISHED))
    assert len(read(path)) == 5 and verify(path, before.head) == ()


def test_resuming_needs_a_ledger(path: Path) -> None:
    with pytest.raises(StoreError, match=r"cannot read the ledger: there is no file"):
        Ledger.resume(path)


@pytest.mark.parametrize("torn", [b"{", b'{"event":', b"\x00" * 40])
def test_resuming_sets_a_torn_line_aside(path: Path, torn: bytes) -> None:
    _filled(path)
    sound = path.read_bytes()
    path.write_bytes(sound + torn)
    with pytest.raises(IntegrityError, match="the last line is torn"):
        read(path)
    ledger = Ledger.resume(path)
    assert ledger.torn == path.with_name("ledger.jsonl.torn")
    assert ledger.torn.read_bytes() == torn + b"\n"
    assert path.read_bytes() == sound
    ledger.append(RunEnded(9, Status.CLEAR, Ending.FINISHED))
    assert verify(path) == ()


@pytest.mark.parametrize(
    "tail", [b"x", b"{}", b"[", b'{"event":[', b'{"event":{"\x01', b" ", b"\0x", "\u00e9".encode()]
)
def test_what_no_kill_leaves_is_told_from_a_torn_line(path: Path, tail: bytes) -> None:
    _filled(path)
    whole = path.read_bytes()
    path.write_bytes(whole + tail)
    (problem,) = verify(path)
    assert problem.startswith(f"what stands behind the last line ({len(tail)} bytes without a line break)")
    assert "someone has added or altered it" in problem
    for cut in range(1, 60):
        path.write_bytes(whole + whole[:cut] + b"\0" * (cut % 3))
        (problem,) = verify(path)
        assert problem.startswith("the last line is torn (")


def test_a_second_torn_line_does_not_replace_the_first(path: Path) -> None:
    _filled(path)
    for torn in (b"first", b"second"):
        with path.open("ab") as file:
            file.write(torn)
        Ledger.resume(path)
    assert path.with_name("ledger.jsonl.torn").read_bytes() == b"first\nsecond\n"


def test_resuming_an_altered_ledger_is_refused(path: Path) -> None:
    _filled(path)
    path.write_bytes(path.read_bytes().replace(b"no subject", b"no problem", 1))
    with pytest.raises(IntegrityError, match="line 2 does not match its hash"):
        Ledger.resume(path)
    with pytest.raises(IntegrityError, match=r"line 2 .*See `forewarn verify"):
        read(path)
    assert len(look_over(path).entries) == 3


def test_a_cut_tail_shows_only_to_those_who_know_the_head(path: Path) -> None:
    head = _filled(path).head
    _cut(path, 2)
    assert verify(path) == ()
    (problem,) = verify(path, head)
    assert problem.startswith(f"no line has the hash {head}: lines were cut off the end")


def test_lines_added_after_the_known_head_are_no_problem(path: Path) -> None:
    ledger = _filled(path)
    head = ledger.head
    ledger.append(RunEnded(9, Status.CLEAR, Ending.FINISHED))
    assert verify(path, head) == () == verify(path, GENESIS)


def test_an_empty_ledger_is_a_problem(path: Path) -> None:
    Ledger.create(path)
    assert verify(path) == ("the ledger holds no entry: it was emptied, or the run ended before its first",)


def _full_disk(handle: int, line: bytes) -> int:
    os.pwrite(handle, line[: len(line) // 2], os.fstat(handle).st_size)
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _short(handle: int, line: bytes) -> int:
    return os.pwrite(handle, line[:5], os.fstat(handle).st_size)


def _interrupted(handle: int, line: bytes) -> int:
    os.pwrite(handle, line, os.fstat(handle).st_size)
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("broken", "error"), [(_full_disk, StoreError), (_short, StoreError), (_interrupted, KeyboardInterrupt)]
)
def test_a_write_that_fails_leaves_the_file_as_it_was(
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    broken: Callable[[int, bytes], int],
    error: type[BaseException],
) -> None:
    ledger = _filled(path)
    before, head = path.read_bytes(), ledger.head
    monkeypatch.setattr(module.os, "write", broken)
    with pytest.raises(error):
        ledger.append(missed(8, "full"))
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert (ledger.head, ledger.length) == (head, 4)
    ledger.append(missed(9, "room again"))
    assert verify(path, head) == () and len(read(path)) == 5


def test_a_full_disk_is_told_in_words(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = _filled(path)
    monkeypatch.setattr(module.os, "write", _full_disk)
    with pytest.raises(StoreError, match=r"cannot write .*ledger.jsonl: No space left on device.*make room"):
        ledger.append(missed(8, "full"))


def test_what_could_not_be_cut_back_at_once_is_cut_back_later(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = _filled(path)

    def refuse(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(module.os, "write", _full_disk)
    monkeypatch.setattr(module.os, "ftruncate", refuse)
    with pytest.raises(StoreError):
        ledger.append(missed(8, "full"))
    monkeypatch.undo()
    assert look_over(path).torn
    ledger.append(missed(9, "room again"))
    assert verify(path) == ()


def test_a_failed_flush_counts_as_not_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = _filled(path)
    before = path.read_bytes()

    def refuse(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(module.os, "fsync", refuse)
    with pytest.raises(StoreError, match="Input/output error"):
        ledger.append(missed(8, "no"))
    assert path.read_bytes() == before


def test_an_event_that_json_cannot_hold_is_refused_and_nothing_written(path: Path) -> None:
    ledger = _filled(path)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="cannot hold a set"):
        ledger.append(missed(8, {"a"}))  # type: ignore[arg-type]
    assert path.read_bytes() == before


def test_a_second_writer_is_noticed(path: Path) -> None:
    first = _filled(path)
    Ledger.resume(path).append(missed(8, "the other"))
    with pytest.raises(IntegrityError, match="another process has changed it"):
        first.append(missed(9, "mine"))
    assert verify(path) == () and len(read(path)) == 5


def test_a_deleted_ledger_is_noticed(path: Path) -> None:
    ledger = _filled(path)
    path.unlink()
    with pytest.raises(StoreError, match="No such file"):
        ledger.append(missed(9, "mine"))


def test_threads_may_share_a_ledger(path: Path) -> None:
    ledger = Ledger.create(path)
    ready = threading.Barrier(8)

    def work(worker: int) -> None:
        ready.wait()
        for step in range(10):
            ledger.append(missed(step, str(worker)))

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    entries = read(path)
    assert verify(path, ledger.head) == () and ledger.length == len(entries) == 80
    told = [
        (entry.event.reason.words, entry.event.step)
        for entry in entries
        if isinstance(entry.event, LookMissed)
    ]
    assert sorted(told) == sorted((str(worker), step) for worker in range(8) for step in range(10))


def _interrupting(after: int) -> Callable[..., object]:
    """A trace function that raises KeyboardInterrupt before the given line that an append runs.

    Lines that only enter or leave a block are spared: the interpreter handles no signal between those.
    """
    left = [after]

    def trace(frame: Any, kind: str, _: object) -> object:
        if frame.f_code.co_filename != module.__file__:
            return None
        line = linecache.getline(module.__file__, frame.f_lineno).strip()
        if kind == "line" and line not in ("with self._lock:", "try:", "finally:"):
            left[0] -= 1
            if left[0] == 0:
                raise KeyboardInterrupt
        return trace

    return trace


def test_an_interruption_before_any_line_leaves_a_sound_ledger(path: Path) -> None:
    ledger = _filled(path)
    interrupted, before = 0, sys.gettrace()
    for after in range(1, 40):
        sys.settrace(_interrupting(after))
        try:
            ledger.append(missed(after, "now"))
        except KeyboardInterrupt:
            interrupted += 1
        finally:
            sys.settrace(before)
        ledger.append(missed(after, "after"))
        assert verify(path, ledger.head) == ()
        assert len(read(path)) == ledger.length
    assert interrupted > 15


_APPENDER = textwrap.dedent("""
    import signal, sys
    from pathlib import Path
    from forewarn.records import Ending, LookMissed, Reason, ReasonCode, RunEnded, Status
    from forewarn.store.ledger import Ledger

    # Ignored in what a shell has put into the background, and handed down to children.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    ledger = Ledger.create(Path(sys.argv[1]))
    ledger.append(LookMissed(0, Reason(ReasonCode.LOOK_FAILED, "first")))
    print("ready", flush=True)
    step = 1
    try:
        while True:
            ledger.append(LookMissed(step, Reason(ReasonCode.LOOK_FAILED, "x" * 2000)))
            step += 1
    except KeyboardInterrupt:
        ledger.append(RunEnded(step, Status.UNKNOWN, Ending.INTERRUPTED))
""")


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGKILL])
def test_a_process_stopped_while_it_writes_leaves_a_ledger_to_go_on_with(
    path: Path, kind: signal.Signals
) -> None:
    with subprocess.Popen([sys.executable, "-c", _APPENDER, str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        threading.Event().wait(0.2)
        process.send_signal(kind)
        try:
            process.wait(timeout=20)
        finally:
            process.kill()
    ledger = Ledger.resume(path)
    assert ledger.length > 1 and verify(path, ledger.head) == ()
    if kind == signal.SIGINT:
        assert ledger.torn is None and isinstance(read(path)[-1].event, RunEnded)


def test_reading_a_ledger_does_not_import_torch() -> None:
    code = (
        "import sys, forewarn.store.ledger, forewarn.store.catalogue, forewarn.store.retention; "
        "sys.exit('torch' in sys.modules or 'scipy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
