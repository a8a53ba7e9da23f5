"""The words with which sources say things, from the language pack."""

import functools
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

import yaml

_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"[^\W_]+")


def folded(text: str) -> str:
    """In small letters, with single spaces and without marks at its ends."""
    return _SPACE.sub(" ", text).strip(" \t*:;,.").casefold()


@functools.lru_cache(maxsize=8192)
def bare(text: str) -> str:
    """As `folded`, with letters and digits only, and without accents."""
    plain = text.casefold()
    if not plain.isascii():
        parts = unicodedata.normalize("NFKD", plain)
        plain = "".join(it for it in parts if not unicodedata.combining(it))
    return " ".join(_WORD.findall(plain))


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language. All are in small letters.

    Attributes:
        columns: Field by name of a column.
        column_names: Name of the column in the template, by field, in its order.
        yes: What means yes.
        no: What means no.
        status: Value of `Status` by word.
        months: Number, 1 to 12, by name.
        weekdays: Number, 0 is Monday, by name.
        weekday_groups: Numbers by name.
        repeats: RRULE by how it is said; empty: once.
        ordinals: Place within a month by word.
        fillers: What says nothing about when.
        through: What stands between the first and the last of a row.
        oclock: What stands behind a time.
        closed: What stands in place of hours.
        free: What means that it costs nothing.
        gift: What means that everybody gives what they like.
        accessibility: Value of `Access` by part of a text.
        languages: Code by name.
        categories: Value of `Category` by word.
        notes: What a row begins with that is no activity, as `bare`, and a space.
        day_parts: What weekdays end with: "dinsdagmiddag".
        small_in_names: What stays small in the name of a town.
    """

    columns: Mapping[str, str]
    column_names: Mapping[str, str]
    yes: frozenset[str]
    no: frozenset[str]
    status: Mapping[str, str]
    months: Mapping[str, int]
    weekdays: Mapping[str, int]
    weekday_groups: Mapping[str, tuple[int, ...]]
    repeats: Mapping[str, str]
    ordinals: Mapping[str, int]
    fillers: frozenset[str]
    through: tuple[str, ...]
    oclock: frozenset[str]
    closed: frozenset[str]
    free: frozenset[str]
    gift: frozenset[str]
    accessibility: Mapping[str, str]
    languages: Mapping[str, str]
    categories: Mapping[str, str]
    notes: tuple[str, ...]
    day_parts: tuple[str, ...]
    small_in_names: frozenset[str]


@functools.cache
def load_words(language: str = "nl") -> Words:
    """Read `<language>/activities/words.yaml`, once."""
    file = resources.files("companion") / language / "activities" / "words.yaml"
    read: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return Words(
        columns={bare(it): field for it, field in _by_word(read["columns"]).items()},
        column_names={field: names[0] for field, names in read["columns"].items()},
        yes=frozenset(read["yes"]),
        no=frozenset(read["no"]),
        status=_by_word(read["status"]),
        months=_by_word(dict(enumerate(read["months"], start=1))),
        weekdays=_by_word(dict(enumerate(read["weekdays"]))),
        weekday_groups={k: tuple(v) for k, v in read["weekday_groups"].items()},
        repeats=read["repeats"],
        ordinals={str(k): v for k, v in read["ordinals"].items()},
        fillers=frozenset(read["fillers"]),
        through=tuple(read["through"]),
        oclock=frozenset(read["oclock"]),
        closed=frozenset(read["closed"]),
        free=frozenset(read["free"]),
        gift=frozenset(read["gift"]),
        accessibility=_by_word(read["accessibility"]),
        languages=_by_word(read["languages"]),
        categories=_by_word(read["categories"]),
        notes=tuple(f"{bare(it)} " for it in read["notes"]),
        day_parts=tuple(read["day_parts"]),
        small_in_names=frozenset(read["small_in_names"]),
    )


def _by_word(groups: Mapping[Any, Iterable[str]]) -> dict[str, Any]:
    return {str(word): name for name, words in groups.items() for word in words}
