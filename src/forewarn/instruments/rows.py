"""The facts behind a claim in words, for people: what was asked, what was written, and beside what."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from forewarn.auditset import Fact, describe
from forewarn.auditset.fact import Phrase
from forewarn.instruments.paired import Paired
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.instruments.replies import Exhibit, Replies
from forewarn.records import Reply, Row

MOST_ROWS: Final = 24
"""Rows that a claim keeps; its `n` is the count of all facts behind it."""

log = logging.getLogger("forewarn")


def rows_of(inputs: ProbeInputs, found: Paired) -> tuple[Row, ...]:
    """The rows of a claim, those that show it first; empty where no answers were counted.

    All of it was asked already, but for what the snapshot of the last clear look writes under the same condition.
    That is asked at once, and only where the claim is beyond chance. Nothing is raised: a claim holds without its
    rows.
    """
    if found.exhibit is None:
        return ()
    try:
        return _rows(inputs, found, found.exhibit)
    except Exception as error:
        log.warning("forewarn could not keep the rows of a claim: %s: %s", type(error).__name__, error)
        return ()


def _rows(inputs: ProbeInputs, found: Paired, exhibit: Exhibit) -> tuple[Row, ...]:
    chosen = _first(found)
    before = _before(inputs, exhibit, chosen) if found.interval.low > 0 else None
    return tuple(
        Row(
            fact=fact.key,
            question=_words(inputs, fact.question),
            truth=_words(inputs, fact.answer),
            under=_reply(inputs, exhibit.under, i),
            control=_reply(inputs, exhibit.control, i),
            before=None if before is None else _reply(inputs, before, k),
            untouched=None if exhibit.untouched is None else _reply(inputs, exhibit.untouched, i),
        )
        for k, i in enumerate(chosen)
        for fact in [exhibit.under.facts[i]]
    )


def _first(found: Paired) -> list[int]:
    """Which facts are kept: those that show the claim, and of these first those that do not under the null."""
    order = sorted(range(found.n), key=lambda i: (not found.shown[i], found.null[i]))
    return order[:MOST_ROWS]


def _before(inputs: ProbeInputs, exhibit: Exhibit, chosen: Sequence[int]) -> Replies | None:
    """What the last clear look wrote of the chosen facts; None where its snapshot cannot be asked."""
    then = inputs.once("the last clear look, for rows", lambda: _opened(inputs))
    if then is None:
        return None
    under = exhibit.under
    return Replies.asked(then, [(under.facts[i], under.conditions[i]) for i in chosen])


def _opened(inputs: ProbeInputs) -> ProbeInputs | None:
    try:
        return inputs.last_clear
    except Exception as error:
        log.warning("forewarn could not open the last clear look to show its answers: %s", error)
        return None


def _reply(inputs: ProbeInputs, replies: Replies, i: int) -> Reply:
    written, answer = replies.written[i]
    # In the words of the claim's own sentence.
    condition = describe(replies.conditions[i])
    place = f"{condition}, {replies.inside}" if replies.inside else condition
    return Reply(place, _said(inputs, replies.facts[i], written), answer.value)


def _said(inputs: ProbeInputs, fact: Fact, written: Sequence[int]) -> str:
    """What was written up to the answer's end. The answer is in the audit set's own words."""
    text = tuple(t for t in written if t >= 0)
    found = inputs.encoder.forms(fact).find(text)
    if found is None:
        return _words(inputs, text) or "(nothing)"
    phrase = (fact.answer, *fact.alternatives)[found.index]
    return " ".join(filter(None, (_words(inputs, text[: found.start]), _words(inputs, phrase))))


def _words(inputs: ProbeInputs, phrase: Phrase) -> str:
    """A phrase for people, on one line."""
    text = phrase if isinstance(phrase, str) else inputs.in_words(phrase)
    # What a model writes may hold anything; nothing that steers a terminal is let through.
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in " ".join(text.split()))
