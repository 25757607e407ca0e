from __future__ import annotations

import pytest

from forewarn.errors import ConfigurationError
from forewarn.records import Snapshot
from forewarn.store.retention import to_drop

FIVE = "abcde"


def _stored(names: str) -> list[Snapshot]:
    return [Snapshot(name, 10 * place, 1) for place, name in enumerate(names)]


@pytest.mark.parametrize(
    ("stored", "flagged", "clear", "newest", "dropped"),
    [
        ("", "", "", 1, ""),
        ("a", "", "", 0, ""),
        (FIVE, "", "", 0, "bcde"),
        (FIVE, "", "", 1, "bcd"),
        (FIVE, "", "", 3, "b"),
        (FIVE, "", "", 9, ""),
        (FIVE, "b", "", 1, "cd"),
        (FIVE, "bcde", "", 0, ""),
        (FIVE, "", "bc", 0, "bde"),
        (FIVE, "", "abcde", 0, "bcd"),
        (FIVE, "d", "abc", 1, "b"),
        (FIVE, "", "a", 0, "bcde"),
        (FIVE, "x", "y", 2, "bc"),
    ],
)
def test_keeps_flagged_first_last_clear_and_newest(
    stored: str, flagged: str, clear: str, newest: int, dropped: str
) -> None:
    assert to_drop(_stored(stored), flagged=set(flagged), clear=set(clear), newest=newest) == tuple(dropped)


def test_the_order_given_does_not_matter() -> None:
    shuffled = [_stored(FIVE)[place] for place in (3, 0, 4, 2, 1)]
    assert to_drop(shuffled, flagged=(), clear=("c",), newest=1) == ("b", "d")


def test_asking_again_after_dropping_drops_nothing() -> None:
    dropped = to_drop(_stored(FIVE), flagged=("b",), clear=("c",), newest=1)
    left = [snapshot for snapshot in _stored(FIVE) if snapshot.digest not in dropped]
    assert to_drop(left, flagged=("b",), clear=("c",), newest=1) == ()


def test_a_negative_number_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="found -1"):
        to_drop(_stored(FIVE), flagged=(), clear=(), newest=-1)
