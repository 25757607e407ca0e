"""Text that others wrote, made safe to show: in messages, logs, terminals and pages alike."""

from __future__ import annotations

import logging
import unicodedata

# Categories that move, hide or reverse what stands around them: controls, bidirectional marks, lone surrogates,
# and the two separators that some programs take for line ends.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def visible(text: str) -> str:
    """Spell out every character that a terminal or page would act on instead of showing it; keep line ends."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character.encode("unicode_escape").decode()
        if character not in "\n\t" and unicodedata.category(character) in _UNSEEN
        else character
        for character in text
    )


class SpeltOut(logging.Filter):
    """Lets every line of a log pass, with what is unseen in it spelt out."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Put the visible form of the finished message into the record."""
        record.msg, record.args = visible(record.getMessage()), ()
        return True
