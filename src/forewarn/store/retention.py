"""Which snapshots may go, so that a run's disk stays bounded."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from forewarn.errors import ConfigurationError
from forewarn.records import Snapshot, Status

KEEP_FLAGGED: Final = 8
"""Flagged snapshots whose weights are kept, where nothing else is said."""


def to_drop(
    snapshots: Sequence[Snapshot], *, flagged: Collection[str], clear: Collection[str], newest: int
) -> tuple[str, ...]:
    """Digests of the snapshots that need not be kept, oldest first.

    These are kept: the first of all, the last clear one, the `newest` latest by step, and every one in `flagged`.
    `flagged` holds the digests that `flagged_to_keep` gives, and `clear` those of clear snapshots. A snapshot in
    neither was not looked at, or its look was unknown. Raises ConfigurationError when `newest` is negative.
    """
    if newest < 0:
        raise ConfigurationError(f"keep 0 or more of the newest snapshots; found {newest}")
    ordered = sorted(snapshots, key=lambda snapshot: snapshot.step)
    kept = {snapshot.digest for snapshot in (*ordered[:1], *ordered[len(ordered) - newest :])} | set(flagged)
    kept |= {snapshot.digest for snapshot in [s for s in ordered if s.digest in clear][-1:]}
    return tuple(dict.fromkeys(s.digest for s in ordered if s.digest not in kept))


def flagged_to_keep(looked: Mapping[str, Status], most: int = KEEP_FLAGGED) -> frozenset[str]:
    """Digests of the flagged snapshots whose weights stay, and of those that they were compared with.

    `looked` holds the snapshots in the order in which they were last looked at. Of the flagged ones at most `most`
    stay: the first half of them and the last half. So the first and the last flagged one stay longest, and the
    weights in the middle go, whose evidence stays in the ledger. A flagged snapshot was measured beside the one
    before it, and a replay needs both: at most `2 * most` digests are given.

    Raises ConfigurationError when `most` is less than 2: the first and the last flagged one always stay.
    """
    if most < 2:
        raise ConfigurationError(f"keep 2 or more of the flagged snapshots; found {most}")
    order = list(looked)
    places = [place for place, digest in enumerate(order) if looked[digest] is Status.FLAGGED]
    last = most // 2
    stay = places if len(places) <= most else [*places[: most - last], *places[len(places) - last :]]
    return frozenset(_with_the_one_before(order, stay))


def _with_the_one_before(order: Sequence[str], places: Sequence[int]) -> Iterator[str]:
    for place in places:
        yield order[place]
        yield order[max(place - 1, 0)]
