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
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: encode(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {"type": type(value).__name__, **fields}
    if isinstance(value, Enum):
        return encode(value.value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(float(value))
    if isinstance(value, Mapping):
        return {_text(key): encode(held) for key, held in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(held) for held in value]
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    raise StoreError(
        f"a ledger cannot hold a {type(value).__name__} ({value!r}); turn it into number or text"
    )


def decode_event(data: object) -> Event:
    """The event that `data` encodes. Raises StoreError naming what is wrong and where."""
    return typing.cast(Event, decode(data, Event))


def decode(data: object, wanted: object, where: str = "record") -> Any:
    """The value of type `wanted` that `data` encodes; `where` names the place in messages.

    `wanted` is a dataclass, an enum, a Literal, a plain type, `object` (any JSON), or a tuple, mapping or union
    of such. Raises StoreError.
    """
    if dataclasses.is_dataclass(wanted):
        return _record(data, (wanted,), where)
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        return _choice(data, tuple(member.value for member in wanted), where, wanted)
    if typing.get_origin(wanted) is None:
        return _plain(data, wanted, where)
    return _composite(data, wanted, where)


def _composite(data: object, wanted: object, where: str) -> Any:
    origin, options = typing.get_origin(wanted), typing.get_args(wanted)
    if origin in (types.UnionType, typing.Union):
        return _either(data, options, where)
    if origin is typing.Literal:
        return _choice(data, options, where, lambda value: value)
    if origin is tuple:
        return _tuple(data, options, where)
    return _mapping(data, options[1], where)


def _record(data: object, wanted: tuple[object, ...], where: str) -> Any:
    found = data.get("type") if isinstance(data, dict) else None
    kinds = {kind.__name__: kind for kind in wanted if isinstance(kind, type)}
    if not isinstance(data, dict) or not isinstance(found, str) or found not in kinds:
        shown = repr(found) if isinstance(data, dict) else _kind(data)
        raise StoreError(f"{where}: found the unknown type {shown}, wanted {' or '.join(kinds)}")
    hints = _hints(kinds[found])
    _check_fields(found, set(data) - {"type"}, hints, where)
    values = {name: decode(data[name], hint, f"{where}.{name}") for name, hint in hints.items()}
    try:
        return kinds[found](**values)
    except (TypeError, ValueError) as error:
        raise StoreError(f"{where}: not a valid {found}: {error}") from error


def _check_fields(kind: str, found: set[str], wanted: Mapping[str, object], where: str) -> None:
    if missing := sorted(set(wanted) - found):
        raise StoreError(f"{where}: {kind} lacks the field {', '.join(missing)}")
    if extra := sorted(found - set(wanted)):
        raise StoreError(
            f"{where}: {kind} has no field {', '.join(extra)}; was it written by a newer forewarn?"
        )


def _either(data: object, options: tuple[object, ...], where: str) -> Any:
    if data is None and types.NoneType in options:
        return None
    rest = tuple(option for option in options if option is not types.NoneType)
    if all(dataclasses.is_dataclass(option) for option in rest):
        return _record(data, rest, where)
    if len(rest) == 1:
        return decode(data, rest[0], where)
    raise StoreError(f"{where}: forewarn has no way to read the union {rest}; declare one record type each")


def _choice(data: object, allowed: tuple[object, ...], where: str, make: Callable[[Any], Any]) -> Any:
    # Compared with the type: True == 1, but the one is no spelling of the other.
    if not any(type(data) is type(option) and data == option for option in allowed):
        raise StoreError(f"{where}: found {data!r}, wanted one of {', '.join(map(str, allowed))}")
    return make(data)


def _tuple(data: object, options: tuple[object, ...], where: str) -> tuple[Any, ...]:
    if not isinstance(data, list):
        raise StoreError(f"{where}: found {_kind(data)}, wanted a list")
    each = [options[0]] * len(data) if options[-1] is Ellipsis else list(options)
    if len(each) != len(data):
        raise StoreError(f"{where}: found a list of {len(data)}, wanted one of {len(each)}")
    places = (f"{where}[{i}]" for i in range(len(each)))
    return tuple(map(decode, data, each, places))


def _mapping(data: object, option: object, where: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise StoreError(f"{where}: found {_kind(data)}, wanted a map")
    return {key: decode(held, option, f"{where}[{key!r}]") for key, held in data.items()}


def _plain(data: object, wanted: object, where: str) -> Any:
    if wanted is object:
        return data
    if wanted is float and (type(data) is int or data in _NOT_FINITE):
        return _float(typing.cast(Any, data), where)
    if type(data) is not wanted:
        raise StoreError(f"{where}: found {_kind(data)}, wanted {getattr(wanted, '__name__', wanted)}")
    if wanted is int and not -_LARGEST <= typing.cast(int, data) <= _LARGEST:
        raise StoreError(f"{where}: found a whole number beyond 2**63")
    return data


def _float(data: int | str, where: str) -> float:
    try:
        return float(data)
    except OverflowError:
        raise StoreError(f"{where}: found an integer too large for a float") from None


@functools.cache
def _hints(kind: type) -> dict[str, object]:
    return dict(typing.get_type_hints(kind))


def _text(key: object) -> str:
    if not isinstance(key, str):
        raise StoreError(f"a map in a ledger has text keys; found {key!r}")
    return str(key)


def _kind(data: object) -> str:
    if type(data) is int and abs(data) > _LARGEST:
        return "a whole number beyond 2**63"
    return f"{type(data).__name__} {data!r:.80}"
