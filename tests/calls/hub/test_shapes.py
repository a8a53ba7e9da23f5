"""What bodies look like, and codes and tokens: pure."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.hub import tokens
from calls.hub.endpoints import CREATED, ENDPOINTS, NAME, SHOWN
from calls.hub.errors import Refusal
from calls.hub.shapes import (
    EMAIL,
    Anything,
    Flag,
    Many,
    Number,
    Object,
    Shape,
    Text,
    describe,
    read,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_whatever_comes_is_read_or_refused(value: Any) -> None:
    for endpoint in ENDPOINTS:
        if endpoint.body is not None:
            with pytest.raises(Refusal):
                read(endpoint.body, value)


@pytest.mark.parametrize(
    ("shape", "value"),
    [
        (Text(), "x"),
        (Text(choices=("nl", "en")), "nl"),
        (NAME, " Zoë van 't Hof "),
        (Number(), 1.5),
        (Flag(), True),
        (Many(Text()), ["a", "b"]),
        (Anything(), {"a": [1]}),
        (Object({"a": Text()}, optional=frozenset({"a"})), {"a": None}),
    ],
)
def test_what_is_right_stays_as_it_is(shape: Shape, value: Any) -> None:
    assert read(shape, value) == value


@pytest.mark.parametrize(
    ("shape", "value"),
    [
        (Text(), ""),
        (Text(), 1),
        (Text(longest=3), "four"),
        (Text(), "a\u202eb"),
        (Text(), "a\ud800"),
        (Text(choices=("nl",)), "de"),
        (NAME, "  "),
        (Number(), True),
        (Number(), "1"),
        (Flag(), 1),
        (Many(Text(), most=1), ["a", "b"]),
        (Many(Text()), [1]),
        (Anything(), []),
        (Object({"a": Text()}), {}),
        (Object({"a": Text()}), {"a": None}),
        (Object({"a": Text()}), "a"),
        (CREATED, {}),
        (SHOWN, {"id": "x"}),
    ],
)
def test_what_is_wrong_is_refused(shape: Shape, value: Any) -> None:
    with pytest.raises(Refusal, match="malformed"):
        read(shape, value)


def test_what_is_more_is_left_out() -> None:
    assert read(Object({"a": Text()}), {"a": "x", "b": "y"}) == {"a": "x"}


@pytest.mark.parametrize(
    ("email", "is_right"),
    [
        ("anna@example.org", True),
        ("Anna.de-Vries+bel@post.example.org", True),
        ("anna@example", False),
        ("anna", False),
        ("@example.org", False),
        ("anna@@example.org", False),
        ("a b@example.org", False),
        ("anna@example.org\n", False),
        ("anna@example.org, piet@example.org", False),
        ("<anna@example.org>", False),
        ("ann\u00e9@example.org", False),
        (".anna@example.org", False),
    ],
)
def test_addresses(email: str, is_right: bool) -> None:
    if is_right:
        assert read(EMAIL, email) == email
    else:
        with pytest.raises(Refusal, match="email"):
            read(EMAIL, email)


def test_the_description_of_all_of_them() -> None:
    told = describe(
        Object(
            {"a": Text(pattern="x+"), "b": Many(Number()), "c": Flag()},
            optional=frozenset({"c"}),
        )
    )
    assert told["required"] == ["a", "b"]
    assert told["properties"]["a"]["pattern"] == "^x+$"
    assert told["properties"]["b"]["items"] == {"type": "number"}
    assert {"type": "null"} in told["properties"]["c"]["anyOf"]


# -- codes and tokens -----------------------------------------------------------------


def test_a_code_is_easy_to_read_aloud_and_type() -> None:
    codes = {tokens.new_code() for _ in range(200)}
    assert len(codes) == 200
    for code in codes:
        assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}", code)
        plain = tokens.read_code(code)
        assert plain == code.replace("-", "")
        wrong = code.lower().replace("0", "O").replace("1", "i").replace("v", "u")
        assert tokens.read_code(f" {wrong.replace('-', '–')}\t") == plain


@given(st.text(max_size=200))
def test_what_is_typed_is_a_code_or_none(typed: str) -> None:
    found = tokens.read_code(typed)
    assert found is None or len(found) == tokens.CODE_LETTERS


@pytest.mark.parametrize(
    ("now", "is_good"),
    [(0, True), (899, True), (900, False), (-900, True), (-901, False), (1e9, False)],
)
def test_how_long_something_lets_in(now: float, is_good: bool) -> None:
    assert tokens.is_good(now, 900, 900) == is_good
