from __future__ import annotations

import pytest

from forewarn.errors import ConfigurationError
from forewarn.records import Snapshot, Status
from forewarn.store.retention import flagged_to_keep, to_drop

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


def _looked(pattern: str) -> dict[str, Status]:
    kinds = {"F": Status.FLAGGED, ".": Status.CLEAR, "?": Status.UNKNOWN}
    return {chr(ord("a") + place): kinds[mark] for place, mark in enumerate(pattern)}


@pytest.mark.parametrize(
    ("pattern", "most", "kept"),
    [
        ("", 2, ""),
        ("...?", 2, ""),
        ("F", 2, "a"),
        (".F.", 2, "ab"),
        ("..F..F..", 2, "bcef"),
        ("FFFFFF", 2, "aef"),
        ("FFFFFF", 3, "abef"),
        ("FFFFFF", 4, "abdef"),
        ("FFFFFF", 6, "abcdef"),
        (".F.F.F.F", 2, "abgh"),
        (".F.F.F.F", 3, "abcdgh"),
        ("F?F.F?F", 2, "afg"),
    ],
)
def test_of_many_flagged_ones_the_first_and_the_last_stay_each_with_the_one_before(
    pattern: str, most: int, kept: str
) -> None:
    assert flagged_to_keep(_looked(pattern), most) == set(kept)


@pytest.mark.parametrize("most", [2, 5, 8])
@pytest.mark.parametrize("period", [1, 2, 3])
def test_the_disk_is_bounded_however_many_looks_are_flagged(most: int, period: int) -> None:
    """Looked at one after the other, with retention after each: the first and the last flagged one are there."""
    looked: dict[str, Status] = {}
    stored: list[Snapshot] = []
    for step in range(60):
        looked[str(step)] = Status.FLAGGED if step % period == 0 and step > 4 else Status.CLEAR
        stored.append(Snapshot(str(step), step, 1))
        clear = [name for name, status in looked.items() if status is Status.CLEAR]
        going = to_drop(stored, flagged=flagged_to_keep(looked, most), clear=clear, newest=3)
        stored = [each for each in stored if each.digest not in going]
        there, flagged = {s.digest for s in stored}, [n for n, s in looked.items() if s is Status.FLAGGED]
        assert len(stored) <= 2 * most + 3 + 2
        for name in flagged[:1] + flagged[-1:]:
            assert {name, str(int(name) - 1)} <= there


def test_fewer_than_the_first_and_the_last_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="keep 2 or more of the flagged snapshots; found 1"):
        flagged_to_keep(_looked("F"), 1)
