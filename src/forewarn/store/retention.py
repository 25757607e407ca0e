"""Which snapshots may go, so that a run's disk stays bounded."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from forewarn.errors import ConfigurationError
from forewarn.records import Snapshot


def to_drop(
    snapshots: Sequence[Snapshot], *, flagged: Collection[str], clear: Collection[str], newest: int
) -> tuple[str, ...]:
    """Digests of the snapshots that need not be kept, oldest first.

    Kept are every flagged snapshot, the first of all, the last clear one, and the `newest` latest by step.
    `flagged` holds the digests of flagged snapshots and of those that they were compared with; `clear` holds those
    of clear ones. A snapshot in neither was not looked at, or its look was unknown. Raises ConfigurationError when
    `newest` is negative.
    """
    if newest < 0:
        raise ConfigurationError(f"keep 0 or more of the newest snapshots; found {newest}")
    ordered = sorted(snapshots, key=lambda snapshot: snapshot.step)
    kept = {snapshot.digest for snapshot in (*ordered[:1], *ordered[len(ordered) - newest :])} | set(flagged)
    kept |= {snapshot.digest for snapshot in [s for s in ordered if s.digest in clear][-1:]}
    return tuple(dict.fromkeys(s.digest for s in ordered if s.digest not in kept))
