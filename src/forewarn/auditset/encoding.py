"""From phrases to token ids, whatever the tokenizer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from forewarn.auditset.answer import AnswerForms
from forewarn.auditset.audit_set import AuditSet
from forewarn.auditset.context import Condition, describe
from forewarn.auditset.fact import Fact, Phrase
from forewarn.auditset.frame import Frame, encoder_of
from forewarn.errors import AuditSetError

Tokens = tuple[int, ...]
LEAD_IN: Final = 3
"""Tokens that may stand before an answer, such as an opening quotation mark."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question in a condition, as token ids with the positions that probes ask for."""

    ids: Tokens
    """The whole prompt."""
    spans: tuple[tuple[int, int], ...]
    """Start and end of each part of the condition, in order."""
    entity: int | None
    """Index of the entity's last token, where it could be found in the question."""
    begins: int = 0
    """Index of the first token that is no part of the frame."""

    @property
    def n_context(self) -> int:
        """Index of the question's first token."""
        return self.spans[-1][1] if self.spans else self.begins


class Encoder:
    """Turns conditions, questions and answers into token ids.

    Every piece is encoded by itself, as it would be after a space. So the tokens of the other phrases stay as they
    are when one phrase is replaced. In a chat, condition and question together are what the user says.
    """

    def __init__(self, tokenizer: Any | None = None, frame: Frame | None = None) -> None:
        """`tokenizer`: anything with `encode(text)`; None where the audit set holds token ids.

        `frame`: what stands around every question; a tokenizer's begin-of-sequence token by default.
        """
        self._encode = None if tokenizer is None else encoder_of(tokenizer)
        self._unknown = getattr(tokenizer, "unk_token_id", None)
        self.frame = Frame.plain(tokenizer) if frame is None else frame
        """What stands around every question."""
        self._pieces: dict[tuple[str, bool], Tokens] = {}
        self._forms: dict[Fact, AnswerForms] = {}

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Encoder:
        """An encoder that knows the phrases which `table` wrote, and no others."""
        encoder = cls(frame=Frame.from_table(table))
        encoder._pieces = {(text, bool(first)): tuple(ids) for text, first, ids in table["pieces"]}
        return encoder

    def table(self, audit_set: AuditSet) -> dict[str, Any]:
        """All token ids of an audit set, JSON-able, so that a run can be replayed without its tokenizer."""
        for text in _texts(audit_set):
            for first in (True, False):
                self._raw(text, first=first)
        pieces = [[text, first, list(ids)] for (text, first), ids in self._pieces.items()]
        return {**self.frame.as_json(), "pieces": pieces}

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
        ids, spans, begins = list(self.frame.before), [], len(self.frame.before)
        for part in condition:
            piece = self.piece(part.phrase, first=len(ids) == begins)
            spans.append((len(ids), len(ids) + len(piece)))
            ids += piece
        question = self.piece(fact.question, first=len(ids) == begins)
        entity = self._entity(fact, question)
        at = None if entity is None else len(ids) + entity
        return Prompt((*ids, *question, *self.frame.after), tuple(spans), at, begins)

    def answers(self, fact: Fact) -> tuple[Tokens, ...]:
        """Token ids of the true answer, then of each alternative, as the answer to a prompt begins.

        After a space, or in a chat at the beginning of a turn.
        """
        forms = self.forms(fact)
        return forms.bare if self.frame.chat is not None and forms.bare else forms.spaced

    def forms(self, fact: Fact) -> AnswerForms:
        """All token ids by which the answers to a question may be written."""
        if fact not in self._forms:
            answers = (fact.answer, *fact.alternatives)
            spaced, bare = (tuple(self.piece(a, first=first) for a in answers) for first in (False, True))
            self._forms[fact] = AnswerForms(spaced, () if bare == spaced else bare, self.frame.breaks)
        return self._forms[fact]

    def lead_in(self, fact: Fact) -> int:
        """Most tokens that may stand before an answer. In a chat a model may say the question again first."""
        again = 0 if self.frame.chat is None else len(self.piece(fact.question, first=False))
        return LEAD_IN + again

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
