"""Dutch numbers, from words and into words."""

import re
from fractions import Fraction
from typing import Final

from companion.understanding.words import plain

LARGEST: Final = 9999

_SMALL: Final = (
    "nul", "een", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen",
    "tien", "elf", "twaalf", "dertien", "veertien", "vijftien", "zestien",
    "zeventien", "achttien", "negentien",
)  # fmt: skip
_TENS: Final = (
    "", "tien", "twintig", "dertig", "veertig", "vijftig", "zestig", "zeventig",
    "tachtig", "negentig",
)  # fmt: skip
_ORDINALS: Final = {1: "eerste", 3: "derde", 8: "achtste"}


def say_number(number: int) -> str:
    """The number in words, as Dutch writes it: "tweeëntwintig".

    Args:
        number: 0 to 9999.

    Raises:
        ValueError: Outside that range.
    """
    if not 0 <= number <= LARGEST:
        raise ValueError(f"cannot say {number}; 0 to {LARGEST} only")
    if number == 1:
        return "één"
    if number < 100:
        return _say_below_hundred(number)
    # 1100..1999 and the like are counted in hundreds: "vijftienhonderd".
    if number < 1000 or (number // 100) % 10:
        hundreds, rest = divmod(number, 100)
        word = "honderd"
        head = "" if hundreds == 1 else _say_below_hundred(hundreds)
    else:
        hundreds, rest = divmod(number, 1000)
        word = "duizend"
        head = "" if hundreds == 1 else _say_below_hundred(hundreds)
        return f"{head}{word}" + (f" {_say_below_hundred(rest)}" if rest else "")
    return f"{head}{word}" + (_say_below_hundred(rest) if rest else "")


def _say_below_hundred(number: int) -> str:
    if number < 20:
        return _SMALL[number]
    tens, unit = divmod(number, 10)
    if not unit:
        return _TENS[tens]
    # A diaeresis parts the vowels of "tweeëntwintig" and "drieëndertig".
    joint = "ën" if _SMALL[unit].endswith("e") else "en"
    return f"{_SMALL[unit]}{joint}{_TENS[tens]}"


def say_ordinal(number: int) -> str:
    """ "eerste", "tweede", "eenentwintigste".

    Raises:
        ValueError: Outside 1 to 9999.
    """
    if number < 1:
        raise ValueError(f"no ordinal for {number}; 1 to {LARGEST} only")
    last = number % 100
    if last in _ORDINALS:
        start = say_number(number - last) if number > last else ""
        return start + _ORDINALS[last]
    word = say_number(number)
    # "-de" after the units up to 19, "-ste" after everything larger.
    return word + ("de" if 1 < last < 20 else "ste")


def _below_hundred() -> dict[str, int]:
    words = {plain(_say_below_hundred(n)): n for n in range(100)}
    words |= {
        # Said so on the telephone, and in the east and south of the country.
        "zeuven": 7, "ene": 1, "eentje": 1, "tweetje": 2, "tweeen": 2, "drieen": 3,
        "vieren": 4, "vijven": 5, "zessen": 6, "elven": 11, "twaalven": 12,
        "zevenen": 7, "achten": 8, "negenen": 9, "tienen": 10,
    }  # fmt: skip
    return words


_BELOW_HUNDRED: Final = _below_hundred()
_ABOUT = re.compile(
    r"^((zo|ongeveer|om en nabij|om en bij|een keer of|een stuk of|een man of|"
    r"stuk of|rond de|zon|bijna|een jaar of|nummer|het|de|iets van) )+"
)


def parse_number(text: str) -> int | None:
    """The number said or written, 0 to 9999; None if it is none.

    Understands "vijftienhonderd", "twee en twintig", "een stuk of drie" and
    years in two halves: "negentien tweeënveertig".
    """
    text = _ABOUT.sub("", plain(text))
    if text.isdecimal():
        return int(text) if int(text) <= LARGEST else None
    if not text:
        return None
    number = _parse_joined(text.replace(" ", ""))
    if number is None and len(halves := text.split(" ", 1)) == 2:
        century = _BELOW_HUNDRED.get(halves[0])
        year = _BELOW_HUNDRED.get(halves[1].replace(" ", ""))
        if century in (18, 19, 20) and year is not None and year >= 10:
            number = century * 100 + year
    return number


def _parse_joined(text: str) -> int | None:
    if text in _BELOW_HUNDRED:
        return _BELOW_HUNDRED[text]
    for word, size in (("duizend", 1000), ("honderd", 100)):
        head, found, tail = text.partition(word)
        if not found:
            continue
        count = 1 if not head else _BELOW_HUNDRED.get(head)
        if not tail:
            rest: int | None = 0
        else:
            rest = _parse_joined(tail)
            if rest is None and tail.startswith("en"):
                rest = _parse_joined(tail.removeprefix("en"))
        if count and rest is not None and rest < size:
            number = count * size + rest
            return number if number <= LARGEST else None
        return None
    return None


def parse_amount(text: str) -> Fraction | None:
    """A number that may have a half: "anderhalf", "twee en een half", "half"."""
    text = _ABOUT.sub("", plain(text))
    if text in ("anderhalf", "anderhalve"):
        return Fraction(3, 2)
    if text in ("half", "halve", "een half", "een halve"):
        return Fraction(1, 2)
    for tail in (" en een half", "eneenhalf", "enhalf", " en een halve"):
        if text.endswith(tail):
            whole = parse_number(text.removesuffix(tail))
            return None if whole is None else whole + Fraction(1, 2)
    number = parse_number(text)
    return None if number is None else Fraction(number)


def parse_ordinal(text: str) -> int | None:
    """ "eerste", "tweede", "eenentwintigste", "3e"; None if it is none."""
    text = re.sub(r"^(de|het) ", "", plain(text))
    if digits := re.fullmatch(r"(\d{1,4})(e|de|ste)", text):
        return int(digits[1]) or None
    joined = text.replace(" ", "")
    for number, word in _ORDINALS.items():
        if joined == word:
            return number
        if joined.endswith(word):
            base = _parse_joined(joined.removesuffix(word))
            return base + number if base and base % 100 == 0 else None
    for tail in ("ste", "de"):
        if joined.endswith(tail):
            return _parse_joined(joined.removesuffix(tail)) or None
    return None
