"""What stands around a question: nothing but a first token, or the turns of a chat."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self, final

from forewarn.errors import AuditSetError

Tokens = tuple[int, ...]
_OPENERS = ("\n", "\n\n", '"', "'", "(", "*", "**", "`", "_", "“", "‘", "«")
"""What a line or a quotation begins after."""
_USER, _OTHER = "Aa audit a.", "Zz other z."
"""Two messages that no template holds; what stays the same around both belongs to the template."""


@final
@dataclass(frozen=True, slots=True)
class Frame:
    """Tokens around every prompt, and what they say about how an answer is written."""

    before: Tokens = ()
    """What every prompt begins with."""
    after: Tokens = ()
    """What stands between the question and the answer."""
    breaks: frozenset[int] = frozenset()
    """Tokens after which a word is written without a space."""
    ends: frozenset[int] = frozenset()
    """Tokens that end an answer. Nothing after them is read."""
    chat: tuple[str, str] | None = None
    """The texts of `before` and `after`, where they are turns of a chat."""

    @classmethod
    def plain(cls, tokenizer: Any | None) -> Self:
        """The begin-of-sequence token, for tokenizers that put one before every text."""
        if tokenizer is None:
            return cls()
        return cls(_leading_token(tokenizer), breaks=_breaks(tokenizer))

    @classmethod
    def of_chat(cls, tokenizer: Any) -> Self:
        """The chat template of a tokenizer of transformers, cut where the user's words stand.

        The default system message of the template stays. AuditSetError where there is no template, or where it
        changes what a user says.
        """
        before, after = _around(tokenizer)
        tokens, tail = encoder_of(tokenizer)(before), encoder_of(tokenizer)(after)
        ends = {token for token in tail if token in _special(tokenizer)} | _end(tokenizer)
        return cls(tokens, tail, _breaks(tokenizer), frozenset(ends), (before, after))

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Self:
        """What `as_json` gave."""
        chat = table["chat"]
        return cls(
            tuple(table["before"]),
            tuple(table["after"]),
            frozenset(table["breaks"]),
            frozenset(table["ends"]),
            None if chat is None else (str(chat[0]), str(chat[1])),
        )

    def as_json(self) -> dict[str, Any]:
        """Plain values, for a run's table of tokens."""
        return {
            "before": list(self.before),
            "after": list(self.after),
            "breaks": sorted(self.breaks),
            "ends": sorted(self.ends),
            "chat": None if self.chat is None else list(self.chat),
        }


def has_chat(tokenizer: Any | None) -> bool:
    """Whether a tokenizer brings a chat template."""
    return bool(getattr(tokenizer, "chat_template", None)) and hasattr(tokenizer, "apply_chat_template")


def encoder_of(tokenizer: Any) -> Callable[[str], Tokens]:
    """The tokenizer's `encode` without the special tokens that it may add."""

    def encode(text: str) -> Tokens:
        try:
            return tuple(tokenizer.encode(text, add_special_tokens=False))
        except TypeError:
            return tuple(tokenizer.encode(text))

    return encode


def _around(tokenizer: Any) -> tuple[str, str]:
    if not has_chat(tokenizer):
        raise AuditSetError(
            f"chat=True wants a tokenizer with a chat template; found {type(tokenizer).__name__} without one. Set "
            "its chat_template, or give chat=False to ask in plain text."
        )
    first, second = (_rendered(tokenizer, words) for words in (_USER, _OTHER))
    if first.count(_USER) != 1 or first.replace(_USER, _OTHER) != second:
        raise AuditSetError(
            "the tokenizer's chat template changes or repeats what a user says, so that nothing can be asked "
            "in it piece by piece. Give chat=False to ask in plain text."
        )
    before, after = first.split(_USER)
    return before, after


def _rendered(tokenizer: Any, words: str) -> str:
    turns = [{"role": "user", "content": words}]
    try:
        return str(tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))
    except Exception as error:
        raise AuditSetError(
            f"the tokenizer's chat template cannot be used ({type(error).__name__}: {error}). Give chat=False "
            "to ask in plain text."
        ) from error


def _leading_token(tokenizer: Any) -> Tokens:
    bos = getattr(tokenizer, "bos_token_id", None)
    if bos is None:
        return ()
    return (bos,) if tuple(tokenizer.encode(""))[:1] == (bos,) else ()


def _breaks(tokenizer: Any) -> frozenset[int]:
    encode, unknown = encoder_of(tokenizer), getattr(tokenizer, "unk_token_id", None)
    # Only where the tokenizer knows special tokens is it one that may cut words into pieces.
    special = _special(tokenizer)
    found = [encode(text) for text in _OPENERS] if special else []
    return frozenset({ids[0] for ids in found if len(ids) == 1 and ids[0] != unknown} | set(special))


def _special(tokenizer: Any) -> Collection[int]:
    added = getattr(tokenizer, "added_tokens_decoder", None) or {}
    marked = {token for token, made in added.items() if getattr(made, "special", False)}
    return {*(getattr(tokenizer, "all_special_ids", None) or ()), *marked}


def _end(tokenizer: Any) -> set[int]:
    end = getattr(tokenizer, "eos_token_id", None)
    return set() if end is None else {end}


BARE: Final = Frame()
"""Nothing stands around a prompt."""
