from __future__ import annotations

import os
import socket

import pytest

from forewarn.errors import IntegrityError, StoreError
from forewarn.reading import (
    MOST_DEPTH,
    AbsentError,
    is_format,
    parse,
    read_bytes,
    read_json,
    read_lines,
    read_text,
    refuse_other_kind,
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file"


def _socket(path, monkeypatch):
    monkeypatch.chdir(path.parent)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)


def test_an_ordinary_file_is_read(path):
    path.write_text('{"a": [1, 2.5, "é"]}\n')
    assert read_json(path, 100) == {"a": [1, 2.5, "é"]}
    assert read_lines(path, 100, 1) == ['{"a": [1, 2.5, "é"]}', ""]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (os.mkfifo, "is a pipe"),
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: path.symlink_to("/dev/zero"), "is a device"),
        (lambda path: path.symlink_to(path.name), "cannot read"),
        (lambda path: path.symlink_to("nothing"), "there is no file"),
    ],
)
def test_what_is_no_ordinary_file_is_refused_unread(path, make, said):
    make(path)
    with pytest.raises(StoreError, match=said):
        read_bytes(path, 100)


def test_a_socket_is_refused(path, monkeypatch):
    _socket(path, monkeypatch)
    with pytest.raises(StoreError, match="is a socket"):
        read_bytes(path, 100)


def test_a_missing_file_is_an_error_of_its_own(path):
    with pytest.raises(AbsentError, match="there is no file"):
        read_bytes(path, 100)


def test_a_name_that_no_file_can_have(tmp_path):
    with pytest.raises(StoreError, match="cannot read"):
        read_bytes(tmp_path / "a\0b", 100)


def test_more_bytes_or_lines_than_are_wanted(path):
    path.write_bytes(b"\n" * 101)
    with pytest.raises(StoreError, match="has 101 bytes; at most 100 are read"):
        read_bytes(path, 100)
    with pytest.raises(StoreError, match="has 101 lines; at most 100 are read"):
        read_lines(path, 1000, 100)


def test_a_file_that_is_longer_than_it_says():
    with pytest.raises(StoreError, match="more than 10"):
        read_bytes(__import__("pathlib").Path("/proc/self/status"), 10)


def test_a_link_out_of_a_run_is_not_followed(tmp_path):
    (tmp_path / "secret").write_text("x")
    run = tmp_path / "run"
    run.mkdir()
    (run / "file").symlink_to("../secret")
    (run / "folder").symlink_to("..")
    for name in ("file", "folder/secret"):
        with pytest.raises(StoreError, match="is a link: only what lies in"):
            read_bytes(run / name, 100, run)
    with pytest.raises(StoreError, match="is a link"):
        read_bytes(run / ".." / "secret", 100, run)
    with pytest.raises(StoreError, match="does not lie in"):
        read_bytes(tmp_path / "secret", 100, run)
    assert read_bytes(run / "file", 100) == b"x"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"\xef\xbb\xbf{}", "byte order mark"),
        ("{}".encode("utf-16"), "byte order mark"),
        (b'{"a": "\xff"}', "is not UTF-8 text: byte 7"),
    ],
)
def test_what_is_no_plain_text(path, raw, said):
    path.write_bytes(raw)
    with pytest.raises(IntegrityError, match=said):
        read_text(path, 100)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 200_000, "lists or objects inside each other"),
        ('{"a":' * 200_000, "lists or objects inside each other"),
        ("[" * (MOST_DEPTH + 1) + "]" * (MOST_DEPTH + 1), f"more than {MOST_DEPTH} lists"),
        ("[NaN]", "NaN is no number"),
        ("[-Infinity]", "-Infinity is no number"),
        ("[1e400]", "is too large"),
        ("1" + "0" * 400, "has 401 digits"),
        ("1" + "0" * 9000, "has 9001 digits"),
        ('{"a": 1, "a": 2}', "the name 'a' stands twice"),
        ('["\\ud800"]', "half of a character"),
        ('{"\\udc00": 1}', "half of a character"),
        ("", "Expecting value"),
        ("{} {}", "Extra data"),
        ('["\0"]', "Invalid control character"),
    ],
)
def test_json_that_is_refused(text, said):
    with pytest.raises(ValueError, match=said):
        parse(text)


def test_json_that_is_read():
    deep = "[" * MOST_DEPTH + "]" * MOST_DEPTH
    assert parse(deep) is not None
    assert parse("[0.12345678901234567, 1e300, 12345678901234567890]") == [
        0.12345678901234567,
        1e300,
        12345678901234567890,
    ]
    assert parse('["\\ud83d\\ude00"]') == ["😀"]


def test_a_version_has_one_spelling():
    assert is_format(2, 2)
    assert not any(is_format(found, 1) for found in (True, 1.0, "1", None, [1], 2))


def test_nothing_but_an_ordinary_file_is_written_over(path, tmp_path):
    refuse_other_kind(path)
    path.write_text("")
    refuse_other_kind(path)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(path)
    for other in (tmp_path / "pipe", tmp_path / "link", tmp_path, tmp_path.__class__("/dev/null")):
        with pytest.raises(StoreError, match="an ordinary file was wanted"):
            refuse_other_kind(other)


def test_where_users_name_things_more_is_read():
    assert parse('["\\ud800"]', loose=True) == ["\ud800"]
    assert parse("[Infinity]", loose=True) == [float("inf")]
    with pytest.raises(ValueError, match="stands twice"):
        parse('{"a": 1, "a": 2}', loose=True)
