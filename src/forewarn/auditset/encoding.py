"""From phrases to token ids, whatever the tokenizer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forewarn.auditset.audit_set import AuditSet
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

    Every piece is encoded by itself, as it would be after a space. So the tokens of the other phrases stay as they
    are when one phrase is replaced.
    """

    def __init__(self, tokenizer: Any | None = None) -> None:
        """`tokenizer`: anything with `encode(text)`; None where the audit set holds token ids."""
        self._encode = None if tokenizer is None else _plain_encode(tokenizer)
        self._unknown = getattr(tokenizer, "unk_token_id", None)
        self._bos = _leading_token(tokenizer)
        self._pieces: dict[tuple[str, bool], Tokens] = {}

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Encoder:
        """An encoder that knows the phrases which `table` wrote, and no others."""
        encoder = cls()
        encoder._bos = tuple(table["bos"])
        encoder._pieces = {(text, bool(first)): tuple(ids) for text, first, ids in table["pieces"]}
        return encoder

    def table(self, audit_set: AuditSet) -> dict[str, Any]:
        """All token ids of an audit set, JSON-able, so that a run can be replayed without its tokenizer."""
        for text in _texts(audit_set):
            for first in (True, False):
                self._raw(text, first=first)
        pieces = [[text, first, list(ids)] for (text, first), ids in self._pieces.items()]
        return {"bos": list(self._bos), "pieces": pieces}

    def check(self, audit_set: AuditSet) -> None:
        """Encode everything once. AuditSetError for words that the tokenizer does not know."""
        conditions = [c.parts for c in audit_set.contexts] + [(part,) for part in audit_set.lexicon]
        for condition in conditions:
            self.prompt(audit_set.facts[0], condition)
        for fact in audit_set.facts:
            self.prompt(fact, ())
            self.answers(fact)

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
        if not isinstance(phrase, str):
            return phrase
        ids = self._raw(phrase, first=first)
        if self._unknown is not None and self._unknown in ids:
            raise AuditSetError(
                f"the tokenizer does not know a word of {phrase[:60]!r}; leave it out or change the tokenizer."
            )
        return ids

    def _raw(self, text: str, *, first: bool) -> Tokens:
        if (text, first) not in self._pieces:
            if self._encode is None:
                raise AuditSetError(
                    f"the audit set holds words ({text[:40]!r}) but no tokenizer was found; give `tokenizer=`, "
                    "or write questions, answers and contexts as lists of token ids."
                )
            self._pieces[text, first] = self._encode(text) if first else _after_space(self._encode, text)
        return self._pieces[text, first]

    def _entity(self, fact: Fact, question: Tokens) -> int | None:
        """Index of the entity's last token within the question."""
        if not isinstance(fact.question, str):
            return None
        ends = (_find(question, self._raw(fact.entity, first=first)) for first in (False, True))
        return next((end - 1 for end in ends if end is not None), None)


def _texts(audit_set: AuditSet) -> Iterator[str]:
    """Every text that a prompt or an answer is made of."""
    phrases: list[Phrase] = [p.phrase for c in audit_set.contexts for p in c.parts]
    phrases += [p.phrase for p in audit_set.lexicon]
    for fact in audit_set.facts:
        phrases += [fact.question, fact.answer, *fact.alternatives]
        phrases += [fact.entity] if isinstance(fact.question, str) else []
    yield from dict.fromkeys(p for p in phrases if isinstance(p, str))


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
