"""Words for a run's token ids: by its tokenizer where one is stored, else by its table of phrases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, final

from forewarn.audit.folder import MOST_BYTES, TOKENS, read_table
from forewarn.auditset.vocabulary import Vocabulary
from forewarn.errors import AuditSetError, StoreError
from forewarn.reading import AbsentError, parse, read_text

TOKENIZER = "tokenizer.json"
"""What `save` of the package tokenizers writes; read where the run's folder holds it."""
Tokens = tuple[int, ...]


@final
class Wording:
    """From ids to words and back."""

    def __init__(self, vocabulary: Vocabulary, tokenizer: Any | None = None) -> None:
        """`tokenizer`: one of the package tokenizers."""
        self._vocabulary, self._tokenizer = vocabulary, tokenizer

    @classmethod
    def of(cls, run: Path) -> Wording:
        """That of a run. StoreError where its files cannot be read."""
        try:
            return cls(Vocabulary.from_table(read_table(run)), _tokenizer(run))
        except StoreError as error:
            raise StoreError(f"the words of {run} cannot be read: {error}") from error

    def word(self, token: int) -> str:
        """What a token stands for; its number where nobody knows."""
        if self._tokenizer is not None:
            found: str | None = self._tokenizer.decode([token], skip_special_tokens=False)
            if found:
                return found if found.strip() else repr(found)
        return self._vocabulary.word(token)

    def text(self, tokens: Sequence[int]) -> str:
        """What tokens stand for together."""
        if self._tokenizer is not None:
            found: str = self._tokenizer.decode(list(tokens), skip_special_tokens=False)
            return found
        return " ".join(map(self._vocabulary.word, tokens))

    def ids(self, text: str) -> Tokens:
        """Token ids of a text; numbers are taken as ids. AuditSetError for words that are not known."""
        if self._tokenizer is None or all(piece.isdecimal() for piece in text.split()):
            return self._vocabulary.ids(text)
        found = self._tokenizer.encode(text, add_special_tokens=False)
        none = getattr(self._tokenizer.model, "unk_token", None)
        unknown = [
            text[a:b] for (a, b), word in zip(found.offsets, found.tokens, strict=True) if word == none
        ]
        if unknown:
            raise AuditSetError(
                f"the model has no token for {', '.join(map(repr, unknown))}; found in {text!r}"
            )
        frame = self._vocabulary.frame
        return (*frame.before, *found.ids, *frame.after)


def writer_of(run: Path) -> Callable[[Sequence[int]], str] | None:
    """Writes token ids out in a run's words; None where the folder holds none.

    The files are read when something is first written out, and raise what `Wording.of` raises only then.
    """
    if not (run / TOKENS).is_file():
        return None

    @cache
    def wording() -> Wording:
        return Wording.of(run)

    return lambda tokens: wording().text(tokens)


def _tokenizer(run: Path) -> Any | None:
    """The tokenizer; None where the run has none or the package is not installed."""
    path = run / TOKENIZER
    try:
        text = read_text(path, MOST_BYTES, run)
        parse(text)
        from tokenizers import Tokenizer

        return Tokenizer.from_str(text)
    except (AbsentError, ImportError):
        return None
    except Exception as error:
        raise StoreError(
            f"{path} cannot be read as a tokenizer: {error}. Delete it to go on without."
        ) from error
