"""The wire format: what is written is read again, and nothing else is taken."""

import json
import string
from dataclasses import fields
from enum import StrEnum
from typing import Any, get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as some

from calls.messages import MESSAGES, Ack, read
from calls.wire import MESSAGE_BYTES, BadMessage, Message, new_id, write

ids = some.text(string.ascii_letters + string.digits + "-_", max_size=64)
texts = some.text(max_size=200)
keys = some.sampled_from(["type", "id", "call", "members", "name"])
IDS = {
    "id", "re", "call", "member", "page", "alarm", "device", "members", "alarms",
    "note",
    "proposal",
}  # fmt: skip


def value_of(name: str, kind: Any) -> some.SearchStrategy[Any]:
    """Any value that a field of this name and type may have."""
    if get_origin(kind) is tuple:
        return some.lists(value_of(name, get_args(kind)[0]), max_size=3).map(tuple)
    if type(None) in get_args(kind):
        return some.none() | value_of(name, get_args(kind)[0])
    if issubclass(kind, Message):
        return message_of(kind)
    if issubclass(kind, StrEnum):
        return some.sampled_from(list(kind))
    if kind is str:
        return ids if name in IDS else texts
    return {
        int: some.integers(-(2**53), 2**53),
        float: some.floats(allow_nan=False, allow_infinity=False),
        bool: some.booleans(),
    }[kind]


def message_of(kind: type[Message]) -> some.SearchStrategy[Message]:
    values = [value_of(each.name, each.type) for each in fields(kind)]
    return some.tuples(*values).map(lambda found: kind(*found))


RING = {
    "type": "ring", "id": "1", "call": "c", "member": "m", "page": "",
    "name": "Anja", "seconds": 30,
}  # fmt: skip


@given(some.data())
@pytest.mark.parametrize("kind", MESSAGES.values(), ids=lambda kind: kind.type)
def test_what_is_written_is_read_again(
    kind: type[Message], data: some.DataObject
) -> None:
    message = data.draw(message_of(kind))
    assert read(write(message)) == message


@given(
    some.recursive(
        some.none() | some.booleans() | some.floats() | texts,
        lambda inner: some.lists(inner) | some.dictionaries(keys, inner),
    )
)
def test_anything_else_is_refused_and_never_breaks(thing: object) -> None:
    try:
        message = read(json.dumps(thing))
    except BadMessage:
        return
    assert read(write(message)) == message


@given(some.text())
def test_text_that_is_no_message_is_refused(text: str) -> None:
    with pytest.raises(BadMessage):
        read(text)


@pytest.mark.parametrize(
    "change",
    [
        {"type": "bell"},
        {"type": ["ring"]},
        {"seconds": "30"},
        {"seconds": True},
        {"seconds": 30.0},
        {"seconds": None},
        {"name": "a" * 201},
        {"call": "../../x"},
        {"call": "a" * 65},
        {"member": None},
        {"page": 7},
    ],
    ids=str,
)
def test_a_wrong_field_is_refused(change: dict[str, object]) -> None:
    assert read(json.dumps(RING)).type == "ring"
    with pytest.raises(BadMessage):
        read(json.dumps({**RING, **change}))


def test_a_missing_field_is_refused() -> None:
    for name in RING:
        left = {key: value for key, value in RING.items() if key != name}
        with pytest.raises(BadMessage):
            read(json.dumps(left))


def test_a_newer_end_may_tell_more() -> None:
    assert read(json.dumps({**RING, "colour": "blue"})) == read(json.dumps(RING))


@pytest.mark.parametrize(
    "text",
    [
        '{"type": "welcome", "version": 1, "now": NaN}',
        '{"type": "welcome", "version": 1, "now": Infinity}',
        '{"type": "ended", "id": "", "call": "", "member": "", "page": "",'
        ' "reason": "boredom"}',
        '{"type": "ended", "id": "", "call": "", "member": "", "page": "",'
        ' "reason": ["hung_up"]}',
        '{"type": "ended", "id": "", "call": "", "member": "", "page": "",'
        ' "reason": {}}',
        '{"type": "members", "members": [1]}',
        '{"type": "members", "members": {}}',
        '{"type": "alarm", "id": "1", "alarm": "a", "kind": "x", "at": 1,'
        ' "members": ["ok", "not ok"]}',
        "[" * 100_000,
        '{"type": "ack", "id": "' + "a" * MESSAGE_BYTES + '"}',
    ],
    ids=lambda text: text[:40],
)
def test_odd_messages_are_refused(text: str) -> None:
    with pytest.raises(BadMessage):
        read(text)


def test_each_message_has_a_name_of_its_own() -> None:
    assert all(name == kind.type and name for name, kind in MESSAGES.items())
    assert len(set(MESSAGES)) == len(MESSAGES)


def test_ids_are_not_guessed_and_pass() -> None:
    made = {new_id() for _ in range(1_000)}
    assert len(made) == 1_000
    assert all(read(write(Ack(each))) == Ack(each) for each in made)
