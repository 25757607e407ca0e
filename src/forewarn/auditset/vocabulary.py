"""From token ids back to words, as far as a run's table of phrases goes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from forewarn.auditset.frame import BARE, Frame
from forewarn.errors import AuditSetError

Tokens = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words of single tokens."""

    words: Mapping[int, str]
    """Token id to word."""
    frame: Frame = BARE
    """What stands around every text."""

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Vocabulary:
        """From what `Encoder.table` wrote.

        A phrase of one token names it; one of as many words as tokens names each, where most such phrases agree.
        """
        votes: defaultdict[int, Counter[str]] = defaultdict(Counter)
        for token, word, votes_given in _votes(table["pieces"]):
            votes[token][word] += votes_given
        frame = Frame.from_table(table)
        kind = "bos" if frame.chat is None else "chat"
        named = {token: f"<{kind} {token}>" for token in (*frame.before, *frame.after)}
        return cls({**named, **{t: min(c, key=lambda w: (-c[w], w)) for t, c in votes.items()}}, frame)

    def word(self, token: int) -> str:
        """What a token stands for; "#12" where that is not known."""
        return self.words.get(token, f"#{token}")

    def ids(self, text: str) -> Tokens:
        """Token ids of a text in words that are known, inside what stands around all texts; numbers are ids.

        Raises:
            AuditSetError: naming the words that are not known.
        """
        pieces = text.split()
        if pieces and all(piece.isdecimal() for piece in pieces):
            return tuple(map(int, pieces))
        known = {word: token for token, word in sorted(self.words.items(), reverse=True)}
        strange = [piece for piece in pieces if piece not in known]
        if strange or not pieces:
            raise AuditSetError(
                f"the run's table does not know the word {strange[0]!r}"
                if strange
                else "a prompt holds at least one word"
            )
        return (*self.frame.before, *(known[piece] for piece in pieces), *self.frame.after)


def _votes(pieces: list[tuple[str, bool, list[int]]]) -> Iterator[tuple[int, str, int]]:
    """Token, word and number of votes; a phrase of one token counts for more than all longer ones together."""
    for text, _, ids in pieces:
        words = text.split()
        if len(ids) == 1 and words:
            yield ids[0], text.strip(), len(pieces)
        elif len(ids) == len(words):
            yield from ((token, word, 1) for token, word in zip(ids, words, strict=True))
