"""Records to JSON and back, guided by the types that the records declare.

A record becomes `{"type": "LookTaken", ...fields...}`, an enum its value, a tuple a list, and a float that is not
finite the text "nan", "inf" or "-inf" (JSON has no such numbers). Reading back is strict: a type that is not
among those wanted, a missing field, a field too many or a value of another type is refused by name.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import types
import typing
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from forewarn.errors import StoreError
from forewarn.records import Event

_LARGEST = 2**63
_NOT_FINITE = ("nan", "inf", "-inf")


def encode(value: object) -> Any:
    """The JSON form of a record, or of anything a record may hold. Raises StoreError for anything else."""
    kind: Any = type(value)
    if value is None or kind in (str, bool, int):
        return value
    if names := _names(kind):
        return {"type": kind.__name__, **{name: encode(getattr(value, name)) for name in names}}
    if isinstance(value, Mapping):
        return {_text(key): encode(held) for key, held in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(held) for held in value]
    return _encoded(value)


def _encoded(value: object) -> Any:
    """The JSON form of an enum or of a number that may not be finite, and of subclasses of plain types."""
    if isinstance(value, Enum):
        return encode(value.value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(float(value))
    if isinstance(value, (str, int)):
        return value
    raise StoreError(
        f"a ledger cannot hold a {type(value).__name__} ({value!r}); turn it into number or text"
    )


@functools.cache
def _names(kind: Any) -> tuple[str, ...]:
    """The fields of a record; none of anything else."""
    return tuple(field.name for field in dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else ()


def decode_event(data: object) -> Event:
    """The event that `data` encodes. Raises StoreError naming what is wrong and where."""
    return typing.cast(Event, decode(data, Event))


def decode(data: object, wanted: object, where: str = "record") -> Any:
    """The value of type `wanted` that `data` encodes; `where` names the place in messages.

    `wanted` is a dataclass, an enum, a Literal, a plain type, `object` (any JSON), or a tuple, mapping or union
    of such. Raises StoreError.
    """
    try:
        return _reader(wanted)(data)
    except _MisreadError as error:
        raise StoreError(f"{where}{error.place}: {error.what}") from error.__cause__


class _MisreadError(Exception):
    """What is wrong, and where within the value that is being read."""

    def __init__(self, what: str, place: str = "") -> None:
        super().__init__(what)
        self.what, self.place = what, place

    def within(self, step: str) -> _MisreadError:
        """The same, seen from one level further out."""
        self.place = step + self.place
        return self


Reader = Callable[[Any], Any]


@functools.cache
def _reader(wanted: Any) -> Reader:
    """What reads values of a type: made once, since a ledger holds the same few types thousands of times."""
    if dataclasses.is_dataclass(wanted):
        return _records((wanted,))
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        return _choice(tuple(member.value for member in wanted), wanted)
    origin, options = typing.get_origin(wanted), typing.get_args(wanted)
    if origin is None:
        return _plain(wanted)
    if origin in (types.UnionType, typing.Union):
        return _either(options)
    if origin is typing.Literal:
        return _choice(options, lambda value: value)
    return _tuple(options) if origin is tuple else _mapping(_reader(options[1]))


def _records(kinds: tuple[Any, ...]) -> Reader:
    fields = {kind.__name__: (kind, _fields(kind)) for kind in kinds}
    named = {name: frozenset(("type", *(field for field, _ in of))) for name, (_, of) in fields.items()}

    def read(data: Any) -> Any:
        found = data.get("type") if isinstance(data, dict) else None
        if not isinstance(found, str) or found not in fields:
            shown = f"{found!r:.80}" if isinstance(data, dict) else _kind(data)
            raise _MisreadError(f"found the unknown type {shown}, wanted {' or '.join(fields)}")
        kind, readers = fields[found]
        if data.keys() != named[found]:
            raise _MisreadError(_other_fields(found, set(data), named[found]))
        values, name = {}, ""
        try:
            for name, reader in readers:
                values[name] = reader(data[name])
        except _MisreadError as error:
            raise error.within(f".{name}")  # noqa: B904 - the same error, further out
        try:
            return kind(**values)
        except (TypeError, ValueError) as error:
            raise _MisreadError(f"not a valid {found}: {error}") from error

    return read


def _fields(kind: type) -> tuple[tuple[str, Reader], ...]:
    return tuple((name, _reader(hint)) for name, hint in typing.get_type_hints(kind).items())


def _other_fields(kind: str, found: set[str], wanted: frozenset[str]) -> str:
    if missing := sorted(wanted - found):
        return f"{kind} lacks the field {', '.join(missing)}"
    extra = ", ".join(sorted(found - wanted))
    return f"{kind} has no field {extra}; was it written by a newer forewarn?"


def _either(options: tuple[Any, ...]) -> Reader:
    rest = tuple(option for option in options if option is not types.NoneType)
    if not all(dataclasses.is_dataclass(option) for option in rest) and len(rest) > 1:
        raise StoreError(f"forewarn has no way to read the union {rest}; declare one record type each")
    inner = _records(rest) if dataclasses.is_dataclass(rest[0]) else _reader(rest[0])
    if len(rest) == len(options):
        return inner
    return lambda data: None if data is None else inner(data)


def _choice(allowed: tuple[object, ...], make: Reader) -> Reader:
    # Looked up with the type: True == 1, but the one is no spelling of the other.
    made = {(type(option), option): make(option) for option in allowed}

    def read(data: Any) -> Any:
        try:
            return made[type(data), data]
        except (KeyError, TypeError):
            raise _MisreadError(f"found {data!r:.80}, wanted one of {', '.join(map(str, allowed))}") from None

    return read


def _tuple(options: tuple[Any, ...]) -> Reader:
    endless = options[-1] is Ellipsis
    readers = [_reader(option) for option in options if option is not Ellipsis]

    def read(data: Any) -> tuple[Any, ...]:
        if not isinstance(data, list):
            raise _MisreadError(f"found {_kind(data)}, wanted a list")
        each = readers * len(data) if endless else readers
        if len(each) != len(data):
            raise _MisreadError(f"found a list of {len(data)}, wanted one of {len(each)}")
        values: list[Any] = []
        try:
            for reader, held in zip(each, data, strict=True):
                values.append(reader(held))
        except _MisreadError as error:
            raise error.within(f"[{len(values)}]")  # noqa: B904 - the same error, further out
        return tuple(values)

    return read


def _mapping(reader: Reader) -> Reader:
    def read(data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise _MisreadError(f"found {_kind(data)}, wanted a map")
        values, key = {}, ""
        try:
            for key, held in data.items():
                values[key] = reader(held)
        except _MisreadError as error:
            raise error.within(f"[{key!r}]")  # noqa: B904 - the same error, further out
        return values

    return read


def _plain(wanted: Any) -> Reader:
    if wanted is object:
        return lambda data: data
    if wanted is float:
        return _float
    if wanted is int:
        return _int

    def read(data: Any) -> Any:
        if type(data) is not wanted:
            raise _MisreadError(f"found {_kind(data)}, wanted {getattr(wanted, '__name__', wanted)}")
        return data

    return read


def _int(data: Any) -> int:
    if type(data) is not int:
        raise _MisreadError(f"found {_kind(data)}, wanted int")
    if not -_LARGEST <= data <= _LARGEST:
        raise _MisreadError("found a whole number beyond 2**63")
    return data


def _float(data: Any) -> float:
    if type(data) is float:
        return data
    if type(data) is not int and data not in _NOT_FINITE:
        raise _MisreadError(f"found {_kind(data)}, wanted float")
    try:
        return float(data)
    except OverflowError:
        raise _MisreadError("found an integer too large for a float") from None


def _text(key: object) -> str:
    if not isinstance(key, str):
        raise StoreError(f"a map in a ledger has text keys; found {key!r}")
    return str(key)


def _kind(data: object) -> str:
    if type(data) is int and abs(data) > _LARGEST:
        return "a whole number beyond 2**63"
    return f"{type(data).__name__} {data!r:.80}"
