from __future__ import annotations

import pytest

from forewarn.cli.progress import following


def test_what_is_no_terminal_gets_a_line_for_each(capsys):
    assert list(following("groups", iter("ab"), 2)) == ["a", "b"]
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err == "forewarn: groups 1/2\nforewarn: groups 2/2\n"


def test_a_terminal_gets_a_bar(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert list(following("groups", iter("ab"), 2)) == ["a", "b"]
    written = capsys.readouterr()
    assert written.out == ""
    assert "groups" in written.err
    assert "2/2" in written.err


@pytest.mark.parametrize("terminal", [False, True])
def test_each_is_passed_on_as_soon_as_it_is_done(terminal, capsys, monkeypatch):
    if terminal:
        monkeypatch.setenv("FORCE_COLOR", "1")
    begun = []
    passed = following("groups", (begun.append(i) or i for i in range(3)), 3)
    assert next(passed) == 0
    assert begun == [0]
    assert list(passed) == [1, 2]
