"""How messages travel between device, hub and family page (pure).

Each message is one JSON object in one WebSocket text frame: "type" names its class
(`calls.messages`), the other keys are its fields. Everything that comes in is checked
here.
"""

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from typing import Any, ClassVar, TypeVar, get_args, get_origin

VERSION = 1
"""Of the messages; each end tells its own, and another one is told so."""

MESSAGE_BYTES = 65_536
"""The longest: an offer with many candidates has some 8 kB."""

LONGEST_TEXT = 200
"""Characters in any text but an SDP."""

LONGEST_SDP = 49_152

MOST_ITEMS = 200
"""Of a list."""


class BadMessage(ValueError):
    """No message of ours; the reason names no content."""


@dataclass(frozen=True, slots=True)
class Message:
    """Base of all."""

    type: ClassVar[str] = ""


Some = TypeVar("Some", bound=Message)

# Made with `new_id`; nothing else is looked up or written into a log.
_ID = re.compile(r"[A-Za-z0-9_-]{0,64}")
_IDS = {
    "id", "re", "call", "member", "page", "alarm", "device", "members", "alarms",
    "note",
    "proposal",
}  # fmt: skip
_LONGEST = {"sdp": LONGEST_SDP, "candidate": 1_000, "url": 1_000}


def write(message: Message) -> str:
    """As it travels."""
    return json.dumps(_plain(message), separators=(",", ":"))


def understand(text: str, kinds: Mapping[str, type[Message]]) -> Message:
    """Understand what came.

    Args:
        text: Of one frame.
        kinds: Every message that there is, by its type.

    Raises:
        BadMessage: If it is none of ours: unknown type, a field missing, of another
            type, too long or too much. Unknown fields are left out, so that a newer
            end may tell more; one with a default may be missing, from an older end.
    """
    if len(text) > MESSAGE_BYTES:
        raise BadMessage("too long")
    try:
        found = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        # A number of a million digits is a ValueError as well.
        raise BadMessage("not JSON") from error
    if not isinstance(found, dict):
        raise BadMessage("not an object")
    name = found.get("type")
    kind = kinds.get(name) if isinstance(name, str) else None
    if kind is None:
        raise BadMessage("unknown type")
    return _read_as(kind, found)


def _plain(message: Message) -> dict[str, Any]:
    plain: dict[str, Any] = {"type": message.type}
    for each in fields(message):
        value = getattr(message, each.name)
        if isinstance(value, tuple):
            value = [_plain(v) if isinstance(v, Message) else v for v in value]
        plain[each.name] = value
    return plain


def _read_as(kind: type[Some], found: dict[str, Any]) -> Some:
    values = {}
    for each in fields(kind):
        if each.name not in found:
            if each.default is not MISSING:
                continue
            raise BadMessage(f"{kind.type} without {each.name}")
        values[each.name] = _value(kind.type, each.name, each.type, found[each.name])
    return kind(**values)


def _value(of: str, name: str, kind: Any, value: Any) -> Any:
    """A value of that type; JSON knows no others."""
    if get_origin(kind) is tuple:
        if not isinstance(value, list) or len(value) > MOST_ITEMS:
            raise BadMessage(f"{of}.{name} is no list")
        inner = get_args(kind)[0]
        return tuple(_value(of, name, inner, each) for each in value)
    if type(None) in get_args(kind):
        if value is None:
            return None
        kind = get_args(kind)[0]
    if isinstance(kind, type) and issubclass(kind, Message):
        if not isinstance(value, dict):
            raise BadMessage(f"{of}.{name} is no object")
        return _read_as(kind, value)
    if kind is float and type(value) is int:
        value = float(value)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        if not isinstance(value, str) or value not in set(kind):
            raise BadMessage(f"{of}.{name} is unknown")
        return kind(value)
    if type(value) is not kind:
        raise BadMessage(f"{of}.{name} is no {kind.__name__}")
    if isinstance(value, str):
        _check_text(of, name, value)
    return value


def _check_text(of: str, name: str, value: str) -> None:
    if name in _IDS and not _ID.fullmatch(value):
        raise BadMessage(f"{of}.{name} is no id")
    if len(value) > _LONGEST.get(name, LONGEST_TEXT):
        raise BadMessage(f"{of}.{name} is too long")


def _no_number(name: str) -> float:
    raise BadMessage(f"{name} is no number of JSON")


def new_id() -> str:
    """An id that nobody guesses: 128 bits."""
    return secrets.token_urlsafe(16)
