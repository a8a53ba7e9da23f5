"""What a JSON body looks like (pure): checked when it comes in, described to others."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from calls.hub.errors import Refusal

# Control characters, and what turns the direction of text: of no use in a name, and
# of use to who pretends to be another.
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


@dataclass(frozen=True, slots=True)
class Text:
    """A string.

    Attributes:
        longest: Characters.
        shortest: Characters.
        pattern: Which the whole of it matches.
        choices: One of these; empty: any.
        format: Of JSON Schema, for readers.
        refusal: The code when it is none of these.
    """

    longest: int = 200
    shortest: int = 1
    pattern: str = ""
    choices: tuple[str, ...] = ()
    format: str = ""
    refusal: str = "malformed"


@dataclass(frozen=True, slots=True)
class Number:
    """A number, only ever sent by us."""


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""


@dataclass(frozen=True, slots=True)
class Many:
    """A list, only ever sent by us, or of short texts."""

    of: "Shape"
    most: int = 50


@dataclass(frozen=True, slots=True)
class Object:
    """An object; what it has besides is left alone: a browser may tell more.

    Attributes:
        fields: By name.
        optional: Those that may be missing or null.
    """

    fields: Mapping[str, "Shape"]
    optional: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Anything:
    """An object of another specification, passed on as it is."""


Shape = Text | Number | Flag | Many | Object | Anything

BASE64URL = r"[A-Za-z0-9_-]+"
ID = Text(longest=64, pattern=r"[A-Za-z0-9_-]+")
TOKEN = Text(longest=64, pattern=BASE64URL)
LANGUAGE = Text(longest=2, choices=("nl", "en"))
# ASCII only: an address with other letters needs SMTPUTF8, which few servers have.
EMAIL = Text(
    longest=254,
    shortest=3,
    pattern=r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+",
    format="email",
    refusal="email",
)


def read(shape: Shape, value: Any) -> Any:
    """The value, with only what the shape names.

    Raises:
        Refusal: "malformed", if it has another shape.
    """
    match shape:
        case Object():
            return _read_object(shape, value)
        case Text():
            return _read_text(shape, value)
        case Many():
            if not isinstance(value, list) or len(value) > shape.most:
                raise Refusal("malformed")
            return [read(shape.of, each) for each in value]
        case Flag():
            if not isinstance(value, bool):
                raise Refusal("malformed")
            return value
        case Anything():
            if not isinstance(value, dict):
                raise Refusal("malformed")
            return value
        case Number():
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise Refusal("malformed")
            return value


def _read_object(shape: Object, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Refusal("malformed")
    found: dict[str, Any] = {}
    for name, inner in shape.fields.items():
        if name in shape.optional and value.get(name) is None:
            found[name] = None
        elif name not in value:
            raise Refusal("malformed")
        else:
            found[name] = read(inner, value[name])
    return found


def _read_text(shape: Text, value: Any) -> str:
    if not isinstance(value, str):
        raise Refusal("malformed")
    is_right = (
        shape.shortest <= len(value) <= shape.longest
        and not _UNPRINTABLE.search(value)
        and (not shape.choices or value in shape.choices)
        and (not shape.pattern or re.fullmatch(shape.pattern, value) is not None)
    )
    if not is_right:
        raise Refusal(shape.refusal)
    return value


def describe(shape: Shape) -> dict[str, Any]:
    """As JSON Schema (2020-12), which OpenAPI 3.1 uses."""
    match shape:
        case Object():
            return _describe_object(shape)
        case Text():
            told: dict[str, Any] = {"type": "string"}
            if shape.choices:
                return {**told, "enum": list(shape.choices)}
            told |= {"minLength": shape.shortest, "maxLength": shape.longest}
            if shape.pattern:
                told["pattern"] = f"^{shape.pattern}$"
            if shape.format:
                told["format"] = shape.format
            return told
        case Many():
            return {
                "type": "array",
                "items": describe(shape.of),
                "maxItems": shape.most,
            }
        case Flag():
            return {"type": "boolean"}
        case Number():
            return {"type": "number"}
        case Anything():
            return {"type": "object"}


def _describe_object(shape: Object) -> dict[str, Any]:
    properties = {}
    for name, inner in shape.fields.items():
        told = describe(inner)
        if name in shape.optional:
            told = {"anyOf": [told, {"type": "null"}]}
        properties[name] = told
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in shape.fields if name not in shape.optional],
    }
