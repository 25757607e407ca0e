from __future__ import annotations

import io
import sys

import pytest

from forewarn.cli.inspect_progress import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_in_a_pipe_each_step_is_a_line(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with progress() as tell, tell("reading"), tell("fitting"):
        pass
    assert stream.getvalue() == "forewarn: reading …\nforewarn: fitting …\n"


def test_in_a_terminal_the_line_vanishes(monkeypatch):
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    with progress() as tell:
        with tell("fitting a lens"):
            pass
        with pytest.raises(ValueError, match="no"), tell("reading"):
            raise ValueError("no")
    assert "fitting a lens" in stream.getvalue()
    last = stream.getvalue().rpartition("\x1b[2K")[2]
    assert not any(word in last for word in ("fitting", "reading")), "the last line is taken away"
