"""From phrases to token ids, whatever the tokenizer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from forewarn.auditset.context import Condition, describe
from forewarn.auditset.fact import Fact, Phrase
from forewarn.errors import AuditSetError

Tokens = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question in a condition, as token ids with the positions that probes ask for."""

    ids: Tokens
    """The whole prompt."""
    spans: tuple[tuple[int, int], ...]
    """Start and end of each part of the condition, in order."""
    entity: int | None
    """Index of the entity's last token, where it could be found in the question."""

    @property
    def n_context(self) -> int:
        """Index of the question's first token."""
        return self.spans[-1][1] if self.spans else 0


class Encoder:
    """Turns conditions, questions and answers into token ids.

    Pieces are encoded one by one, each as it would be after a space, so that replacing one phrase leaves
    the tokens of the others as they are.
    """

    def __init__(self, tokenizer: Any | None = None) -> None:
        self._encode = None if tokenizer is None else _plain_encode(tokenizer)
        self._unknown = getattr(tokenizer, "unk_token_id", None)
        self._bos = _leading_token(tokenizer)
        self._memo: dict[tuple[Phrase, bool], Tokens] = {}

    def prompt(self, fact: Fact, condition: Condition) -> Prompt:
        """Token ids of `fact.question` asked under `condition`."""
        ids, spans = list(self._bos), []
        for part in condition:
            piece = self.piece(part.phrase, first=len(ids) == len(self._bos))
            spans.append((len(ids), len(ids) + len(piece)))
            ids += piece
        question = self.piece(fact.question, first=len(ids) == len(self._bos))
        entity = self._entity(fact, question)
        return Prompt((*ids, *question), tuple(spans), None if entity is None else len(ids) + entity)

    def answers(self, fact: Fact) -> tuple[Tokens, ...]:
        """Token ids of the true answer, then of each alternative."""
        return tuple(self.piece(a, first=False) for a in (fact.answer, *fact.alternatives))

    def piece(self, phrase: Phrase, *, first: bool) -> Tokens:
        """Token ids of a phrase, at the start of a text or after a space."""
        if (phrase, first) not in self._memo:
            self._memo[phrase, first] = self._tokens(phrase, first)
        return self._memo[phrase, first]

    def _tokens(self, phrase: Phrase, first: bool) -> Tokens:
        if not isinstance(phrase, str):
            return phrase
        if self._encode is None:
            raise AuditSetError(
                f"the audit set holds words ({phrase[:40]!r}) but no tokenizer was found; give `tokenizer=`, or "
                "write questions, answers and contexts as lists of token ids."
            )
        ids = self._encode(phrase) if first else _after_space(self._encode, phrase)
        if self._unknown is not None and self._unknown in ids:
            raise AuditSetError(
                f"the tokenizer does not know a word of {phrase[:60]!r}; leave it out or change the tokenizer."
            )
        return ids

    def _entity(self, fact: Fact, question: Tokens) -> int | None:
        if self._encode is None or not isinstance(fact.question, str):
            return None
        for first in (False, True):
            end = _find(
                question, self._encode(fact.entity) if first else _after_space(self._encode, fact.entity)
            )
            if end is not None:
                return end - 1
        return None


def text_of(fact: Fact, condition: Condition) -> str:
    """The prompt in words, for people."""
    question = fact.question if isinstance(fact.question, str) else " ".join(map(str, fact.question))
    return f"{describe(condition)} {question}" if condition else question


def _plain_encode(tokenizer: Any) -> Callable[[str], Tokens]:
    """The tokenizer's `encode` without the special tokens that it may add."""

    def encode(text: str) -> Tokens:
        try:
            return tuple(tokenizer.encode(text, add_special_tokens=False))
        except TypeError:
            return tuple(tokenizer.encode(text))

    return encode


def _leading_token(tokenizer: Any | None) -> Tokens:
    """The begin-of-sequence token, for tokenizers that put one before every text."""
    bos = getattr(tokenizer, "bos_token_id", None)
    if tokenizer is None or bos is None:
        return ()
    return (bos,) if tuple(tokenizer.encode(""))[:1] == (bos,) else ()


def _after_space(encode: Callable[[str], Tokens], text: str) -> Tokens:
    """Tokens of `text` as they stand in the middle of a sentence."""
    before, both = encode("a"), encode(f"a {text}")
    return both[len(before) :] if both[: len(before)] == before else encode(f" {text}")


def _find(tokens: Sequence[int], part: Sequence[int]) -> int | None:
    """End of the last place where `part` stands in `tokens`."""
    for start in range(len(tokens) - len(part), -1, -1):
        if part and tuple(tokens[start : start + len(part)]) == tuple(part):
            return start + len(part)
    return None
