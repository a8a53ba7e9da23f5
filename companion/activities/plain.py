"""Records as JSON and back, for the catalogue and for programs.

Only what differs from the default is written, so that a record takes half a kilobyte.
How a class is written and read is worked out once, from its fields: a hundred
thousand records go through here.
"""

import functools
import json
import types
import typing
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from companion.activities.record import Activity

Convert = Callable[[Any], Any]


def to_json(activity: Activity) -> str:
    """One line that is the same for the same record."""
    return json.dumps(to_plain(activity), ensure_ascii=False, separators=(",", ":"))


def from_json(text: str) -> Activity:
    """The record that `to_json` wrote.

    Raises:
        ValueError: If it is not one.
    """
    return from_plain(json.loads(text))


def to_plain(activity: Activity) -> dict[str, Any]:
    """What JSON can hold."""
    plain: dict[str, Any] = _writer(Activity)(activity)
    return plain


def from_plain(plain: Any) -> Activity:
    """The record of a JSON object.

    Raises:
        ValueError: If it is not one.
    """
    try:
        activity = _reader(Activity)(plain)
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"this is no record of an activity: {error}") from error
    assert isinstance(activity, Activity)
    return activity


def _inner(kind: Any) -> tuple[Any, bool]:
    """The kind without "or None", and whether it is a tuple of them."""
    if typing.get_origin(kind) is types.UnionType:
        (kind,) = [it for it in typing.get_args(kind) if it is not types.NoneType]
    if typing.get_origin(kind) is tuple:
        return typing.get_args(kind)[0], True
    return kind, False


@functools.cache
def _writer(kind: Any) -> Convert:
    if kind in (datetime, date, time):
        return lambda value: value.isoformat()
    if not is_dataclass(kind):
        return lambda value: value
    parts = []
    for f, hint in zip(fields(kind), typing.get_type_hints(kind).values(), strict=True):
        default = f.default
        if default is MISSING and f.default_factory is not MISSING:
            default = f.default_factory()
        inner, is_many = _inner(hint)
        parts.append((f.name, default, _writer(inner), is_many))

    def write(value: Any) -> dict[str, Any]:
        plain = {}
        for name, default, convert, is_many in parts:
            held = getattr(value, name)
            if held != default:
                plain[name] = [convert(it) for it in held] if is_many else convert(held)
        return plain

    return write


@functools.cache
def _reader(kind: Any) -> Convert:
    if kind in (datetime, date, time):
        return typing.cast("Convert", kind.fromisoformat)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return kind
    if is_dataclass(kind):
        return _object_reader(kind)

    def read(plain: Any) -> Any:
        if kind is float and isinstance(plain, int):
            return float(plain)
        if not isinstance(plain, kind):
            raise TypeError(f"{plain!r} is no {kind.__name__}")
        return plain

    return read


def _object_reader(kind: Any) -> Convert:
    converters = {}
    for name, hint in typing.get_type_hints(kind).items():
        inner, is_many = _inner(hint)
        converters[name] = (_reader(inner), is_many)

    def read(plain: Any) -> Any:
        values: dict[str, Any] = {}
        for name, value in plain.items():
            convert, is_many = converters[name]
            if value is None:
                values[name] = None
            elif is_many:
                values[name] = tuple([convert(it) for it in value])
            else:
                values[name] = convert(value)
        return kind(**values)

    return read
