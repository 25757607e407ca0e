"""Files that a person may have been sent are read through one door, which checks them before it reads."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "forewarn"
READS = frozenset(
    {"open", "read_text", "read_bytes", "load", "loads", "safe_open", "from_file", "load_file", "file_digest"}
)
ALLOWED = {
    "reading.py": "the door itself",
    "store/digest.py": "hashes what the door has opened",
    "store/ledger.py": "opens its own file for appending",
    "store/traces.py": "locks the folder",
    "store/files.py": "makes the system write a file out",
    "store/tidy.py": "the writer's own weights, before it adds to them",
    "lenses/files.py": "safetensors, whose header the door has checked",
    "audit/claim.py": "opens its own heartbeat for locking",
    "audit/heartbeat.py": "a few bytes at most, without waiting, which must come out the same when written again",
    "callbacks/rehearsal.py": "what the system says of this process's memory",
    "judges/calibration.py": "the calibration that lies in the package",
    "store/chain.py": "lines of a ledger that the door has opened, each compared with its one spelling",
}
"""Places outside of the laboratory that may call one of `READS` of files or JSON, and why."""


def reads(path):
    """Calls that read a file or parse JSON without the door."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Name) and called.id in {"open", "safe_open"}:
            yield called.id
        if isinstance(called, ast.Attribute) and called.attr in READS and _is_foreign(called):
            yield f"{ast.unparse(called)}"


def _is_foreign(called):
    """Whether it is a method of a path or of a library, and none of the project's own readers and openers."""
    owner = ast.unparse(called.value)
    if called.attr in {"read_text", "read_bytes"}:
        return not owner.endswith("reading")
    if owner in {"json", "np", "torch", "os", "Tokenizer", "hashlib"}:
        return True
    return called.attr == "open" and (owner == "path" or owner.endswith((".path", "Path()")))


FILES = sorted(path for path in SOURCE.rglob("*.py") if SOURCE / "lab" not in path.parents)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_no_file_is_read_beside_the_door(path):
    found = list(reads(path))
    assert not found or str(path.relative_to(SOURCE)) in ALLOWED, found


def test_the_list_of_exceptions_is_no_longer_than_it_must_be():
    needed = {str(path.relative_to(SOURCE)) for path in FILES if list(reads(path))}
    assert set(ALLOWED) == needed


def test_a_reader_beside_the_door_would_be_seen(tmp_path):
    path = tmp_path / "new.py"
    path.write_text("import json\nfrom pathlib import Path\njson.loads(Path('a').read_text())\nopen('b')\n")
    assert sorted(reads(path)) == ["Path('a').read_text", "json.loads", "open"]
