"""A bounded search over conditions: contexts, single edits, pairs, and one step more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from forewarn.auditset import Answer, Fact, Part
from forewarn.instruments.search.moves import Move, pairs, phrases, singles
from forewarn.instruments.search.scores import Scout, displacement, interaction

MOST_SCOUTED = 256
"""Single edits that are scored; more are thinned evenly."""
MOST_ASKED = 24
"""Conditions asked at each depth."""
MOST_PAIRED = 12
"""Single edits that are paired with each other."""
BEAM = 3
"""Conditions that are extended by a third edit."""
ENOUGH = 0.9
"""Share of facts turned at which no further edit is tried."""


class Search:
    """Mutable search on some facts; `run` gives the worst condition and all moves that were asked.

    The worst is the one under which most facts get the answer that is sought.
    """

    def __init__(self, scout: Scout, facts: Sequence[Fact], sought: Answer = Answer.FALSE) -> None:
        self._scout, self._inputs, self._facts = scout, scout.inputs, tuple(facts)
        self._sought = sought
        self._share: dict[Move, float] = {}

    def run(self) -> tuple[Move, tuple[Move, ...]]:
        """Contexts as they stand, then the most promising single edits, pairs, and triples."""
        audit_set = self._inputs.audit_set
        self._ask(Move(c.parts, ()) for c in audit_set.truthful)
        moves = _thinned(list(singles(audit_set)), MOST_SCOUTED)
        moved = displacement(self._scout, moves)
        self._ask(self._promising(moves, moved))
        self._ask(self._pairs(_greatest(moves, moved, MOST_PAIRED), moved))
        self._ask(self._triples(phrases(audit_set)))
        return max(self._share, key=lambda m: (self._share[m], -len(m.edits))), tuple(self._share)

    def _ask(self, moves: Iterable[Move]) -> None:
        new = [m for m in dict.fromkeys(moves) if m not in self._share]
        answers = self._inputs.ask([(f, m.condition) for m in new for f in self._facts])
        n = len(self._facts)
        for i, move in enumerate(new):
            self._share[move] = answers[i * n : (i + 1) * n].count(self._sought) / n

    def _promising(self, moves: Sequence[Move], moved: Mapping[Move, float]) -> list[Move]:
        """The edits that move the state most and those that the gradient favours, half of each."""
        slopes = {m: self._scout.slope(m.base, m.edits[0]) for m in moves}
        return [*_greatest(moves, moved, MOST_ASKED // 2), *_greatest(moves, slopes, MOST_ASKED // 2)]

    def _pairs(self, moves: Sequence[Move], moved: Mapping[Move, float]) -> list[Move]:
        """Pairs that move the state most together, and those that pull on each other, half of each."""
        found = list(pairs(moves))
        together = sorted(found, key=lambda p: -moved[p[0]] * moved[p[1]])
        pulling = sorted(found, key=lambda p: -interaction(self._scout, *p))
        chosen = [*together[: MOST_ASKED // 2], *pulling[: MOST_ASKED // 2]]
        return [first.extended(second.edits[0]) for first, second in chosen]

    def _triples(self, parts: Sequence[Part]) -> list[Move]:
        """One edit more for the worst few, unless they turn nothing or one turns nearly everything."""
        worst = _greatest([m for m in self._share if m.edits], self._share, BEAM)
        if not worst or not 0.0 < self._share[worst[0]] < ENOUGH:
            return []
        return _thinned([m.extended(p) for m in worst for p in parts if m.allows(p)], MOST_ASKED)


def _greatest(moves: Sequence[Move], score: Mapping[Move, float], most: int) -> list[Move]:
    return sorted(moves, key=lambda m: -score[m])[:most]


def _thinned(moves: list[Move], most: int) -> list[Move]:
    """At most so many, evenly spaced."""
    if len(moves) <= most:
        return moves
    return [moves[i * len(moves) // most] for i in range(most)]
