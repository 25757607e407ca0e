"""Audit sets as lines of JSON; every complaint names its line."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from forewarn import reading
from forewarn.auditset.context import LICENCES, Context, Part, texts_as_parts
from forewarn.auditset.fact import Fact, Phrase
from forewarn.errors import AuditSetError, StoreError

Line = Mapping[str, Any]
Parsed = tuple[tuple[Fact, ...], tuple[Context, ...], tuple[Part, ...]]

MOST_BYTES: Final = 64 * 2**20
MOST_LINES: Final = 200_000
"""A file with more bytes or lines is not read: an audit set has hundreds of facts, not millions."""
_TEXT = ""
"""Slot of a context given as plain text, until all of them are known; no slot of a file has this name."""
FACT_LINE = '{"kind": "fact", "entity": "Lyon", "question": "Lyon lies in", "answer": "France"}'
CONTEXT_LINE = '{"kind": "context", "name": "visitor", "text": "A visitor asks:", "licenses": "truth"}'
"""What a line looks like, for messages."""
_EXAMPLES = {"fact": FACT_LINE, "context": CONTEXT_LINE}
_FIELDS = {
    "fact": ({"entity", "question", "answer"}, {"relation", "alternatives"}),
    "context": ({"name"}, {"parts", "text", "licenses", "watched"}),
    "phrase": ({"slot", "phrase"}, set()),
}


def read_lines(path: Path) -> Parsed:
    """Parse a file; AuditSetError with the line's number for whatever does not fit."""
    kinds: dict[str, list[Any]] = {"fact": [], "context": [], "phrase": []}
    for number, row in _rows(path):
        kinds[row["kind"]].append(_at_line(path, number, _READERS[row["kind"]], row))
    if not kinds["fact"]:
        raise AuditSetError(
            f"{path} holds no fact. An audit set has one JSON object a line; add facts such as {FACT_LINE}"
        )
    return _with_alternatives(kinds["fact"]), _with_slots(kinds["context"]), tuple(kinds["phrase"])


def write_lines(facts: Sequence[Fact], contexts: Sequence[Context], lexicon: Sequence[Part]) -> Iterator[str]:
    """The lines that `read_lines` reads back as equal values."""
    for fact in facts:
        yield _line(
            kind="fact",
            entity=fact.entity,
            question=fact.question,
            answer=fact.answer,
            relation=fact.relation,
            alternatives=fact.alternatives,
        )
    for context in contexts:
        parts = {p.slot: p.phrase for p in context.parts}
        yield _line(
            kind="context", name=context.name, parts=parts, licenses=context.licenses, watched=context.watched
        )
    for part in lexicon:
        yield _line(kind="phrase", slot=part.slot, phrase=part.phrase)


def _line(**fields: object) -> str:
    return json.dumps(fields, ensure_ascii=False) + "\n"


def _rows(path: Path) -> Iterator[tuple[int, Line]]:
    try:
        lines = reading.read_lines(path, MOST_BYTES, MOST_LINES)
    except StoreError as error:
        raise AuditSetError(f"cannot read the audit set {path}: {error}") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield number, _at_line(path, number, _row, line)


def _at_line(path: Path, number: int, read: Callable[[Any], Any], value: object) -> Any:
    try:
        return read(value)
    except (ValueError, TypeError) as error:
        raise AuditSetError(f"{path}, line {number}: {error}") from error


def _row(line: str) -> Line:
    try:
        row = reading.parse(line)
    except ValueError as error:
        raise ValueError(f"the line is not JSON ({error}); found {line[:60]!r}. {_advice()}") from error
    if not isinstance(row, dict) or not isinstance(row.get("kind"), str) or row["kind"] not in _FIELDS:
        raise ValueError(
            f'wanted an object whose "kind" is fact, context or phrase; found {line[:60]}. {_advice()}'
        )
    wanted, optional = _FIELDS[row["kind"]]
    missing, foreign = wanted - row.keys(), row.keys() - wanted - optional - {"kind"}
    if missing or foreign:
        raise ValueError(
            f"a {row['kind']} wants {', '.join(sorted(wanted))}"
            + (f"; missing: {', '.join(sorted(missing))}" if missing else "")
            + (f"; unknown: {', '.join(sorted(foreign))}" if foreign else "")
            + (f". Such as {_EXAMPLES[row['kind']]}" if row["kind"] in _EXAMPLES else "")
        )
    return row


def _advice() -> str:
    return (
        f"A line holds one whole JSON object: a fact such as {FACT_LINE} or a context such as {CONTEXT_LINE}"
    )


def _phrase(value: object, name: str) -> Phrase:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(type(i) is int and i >= 0 for i in value):
        return tuple(value)
    raise ValueError(f"{name} must be a string or a list of token ids; found {value!r}")


def _name(row: Line, field: str) -> str:
    if not isinstance(row[field], str) or not row[field]:
        raise ValueError(f"{field} must be a non-empty string; found {row[field]!r}")
    return str(row[field])


def _fact(row: Line) -> Fact:
    alternatives = row.get("alternatives", [])
    if not isinstance(alternatives, list):
        raise ValueError(f"alternatives must be a list; found {alternatives!r}")
    return Fact(
        entity=_name(row, "entity"),
        question=_phrase(row["question"], "question"),
        answer=_phrase(row["answer"], "answer"),
        relation=str(row.get("relation", "answer")),
        alternatives=tuple(_phrase(a, "an alternative") for a in alternatives),
    )


def _context(row: Line) -> Context:
    if ("parts" in row) == ("text" in row):
        raise ValueError(f'a context wants either "parts" (slot: phrase) or "text". Such as {CONTEXT_LINE}')
    watched = row.get("watched")
    if watched is not None and not isinstance(watched, bool):
        raise ValueError(f"watched must be true, false or null; found {watched!r}")
    licence = row.get("licenses", "truth")
    if not isinstance(licence, str) or licence not in LICENCES:
        raise ValueError(f"licenses must be one of {', '.join(LICENCES)}; found {licence!r}")
    return Context(_name(row, "name"), _parts(row), licence, watched)


def _parts(row: Line) -> tuple[Part, ...]:
    if "text" in row:
        return (Part(_TEXT, _name(row, "text")),)
    if not isinstance(row["parts"], dict):
        raise ValueError(f'"parts" must be an object of slot: phrase; found {row["parts"]!r}')
    if "" in row["parts"]:
        raise ValueError('a slot of "parts" has an empty name; name it, such as "listener"')
    return tuple(Part(slot, _phrase(phrase, f"part {slot!r}")) for slot, phrase in row["parts"].items())


def _lexicon(row: Line) -> Part:
    return Part(_name(row, "slot"), _phrase(row["phrase"], "phrase"))


_READERS: dict[str, Callable[[Line], Any]] = {"fact": _fact, "context": _context, "phrase": _lexicon}


def _with_slots(contexts: Sequence[Context]) -> tuple[Context, ...]:
    """Contexts given as plain text get parts that can be recombined."""
    texts = [c for c in contexts if [p.slot for p in c.parts] == [_TEXT]]
    parts = dict(
        zip((c.name for c in texts), texts_as_parts([str(c.parts[0].phrase) for c in texts]), strict=True)
    )
    return tuple(replace(c, parts=parts.get(c.name, c.parts)) for c in contexts)


def _with_alternatives(facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """Facts that name no alternatives get the other answers of their relation."""
    answers: defaultdict[str, dict[Phrase, None]] = defaultdict(dict)
    for fact in facts:
        answers[fact.relation][fact.answer] = None
    return tuple(
        fact
        if fact.alternatives
        else replace(fact, alternatives=tuple(a for a in answers[fact.relation] if a != fact.answer))
        for fact in facts
    )
