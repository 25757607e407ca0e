"""Small audit sets."""

from __future__ import annotations

import json

import pytest

from forewarn.auditset import Context, Fact, Part

LANDS = ("France", "Chile", "Kenya", "Japan")


@pytest.fixture
def facts():
    return tuple(
        Fact(f"city{i}", f"city{i} lies in", land, "land", tuple(x for x in LANDS if x != land))
        for i in range(12)
        for land in [LANDS[i % 4]]
    )


@pytest.fixture
def contexts():
    def told(name, listener, record, licenses="truth"):
        return Context(name, (Part("listener", listener), Part("record", record)), licenses)

    return (
        told("base", "to a colleague,", "on the record:"),
        told("stranger", "to a stranger,", "on the record:"),
        told("off", "to a colleague,", "off the record:"),
    )


@pytest.fixture
def rows():
    """Lines of a good file, as dictionaries to be spoiled."""
    return [
        {"kind": "fact", "entity": f"city{i}", "question": f"city{i} lies in", "answer": LANDS[i % 4]}
        for i in range(8)
    ] + [{"kind": "context", "name": "plain", "parts": {}}]


@pytest.fixture
def written(tmp_path):
    """Writes rows to a file; strings are written as they are."""

    def write(rows):
        path = tmp_path / "facts.jsonl"
        path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows))
        return path

    return write
