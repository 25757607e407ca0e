from __future__ import annotations

import io

from rich.console import Console
from rich.text import Text

from forewarn.cli.tables import Records, state_text

RECORDS = Records(
    ("run", "status"), ((Text("a"), state_text("clear")), (Text("long/name"), state_text("flagged")))
)


def _printed(width):
    stream = io.StringIO()
    Console(file=stream, width=width).print(RECORDS)
    return [line.rstrip() for line in stream.getvalue().splitlines()]


def test_a_table_where_it_fits():
    assert _printed(40) == ["run        status", "a          clear", "long/name  flagged"]


def test_one_record_below_the_other_where_it_does_not():
    assert _printed(17) == ["run: a", "status: clear", "", "run: long/name", "status: flagged"]


def test_a_state_is_told_by_its_word_and_not_only_by_its_colour():
    assert state_text("missed").plain == "missed"


def test_the_last_column_is_folded_where_that_makes_the_table_fit():
    found = Records(("step", "found"), ((Text("100"), Text("word " * 20)), (Text("200"), Text("nothing"))))
    stream = io.StringIO()
    Console(file=stream, width=40).print(found)
    lines = [line.rstrip() for line in stream.getvalue().splitlines()]
    assert lines[0] == "step  found" and lines[-1] == "200   nothing"
    assert max(map(len, lines)) <= 40 and len(lines) > 4
