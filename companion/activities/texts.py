"""Texts as people and programs leave them in a field, made plain.

Each function takes what was found, notes what it repaired or left out, and returns
what can be kept. `field` is the name that the source gives it.
"""

import html
import re
import unicodedata
from collections.abc import Mapping
from urllib.parse import urlsplit

from companion.activities.problems import Notes, Reason
from companion.activities.words import load_words

LONGEST_TITLE = 200
LONGEST_LINE = 500
LONGEST_TEXT = 4000

# Excel allows 32,767 in a cell; of more, somebody wants us to be busy.
LONGEST_RAW = 40_000

# Anything that a plain text does not need; most texts have none of it.
_SUSPECT = re.compile(
    r"[&<\x00-\x1f\x7f-\xa0ÂÃâï\u200b-\u200f\u2028\u2029\ufeff\ufffd]|  "
)
_BREAK = re.compile(r"<\s*(br|/p|/div|/li|/tr|/h\d)\b[^>]*>", re.IGNORECASE)
_HIDDEN = re.compile(r"<(script|style)\b.*?(</\1\s*>|$)", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,1000}>|<!--.{0,1000}?-->", re.DOTALL)
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028\u2029\ufeff]"
)
# What UTF-8 looks like when it is read as Windows-1252: "CafÃ©", "â€œ".
_MOJIBAKE = re.compile(r"[ÂÃ][\x80-\xbf\u0152-\u2122]|â€|ï¿½")
_SPACES = re.compile(r"[ \t\xa0]+")
_LINES = re.compile(r"\s*[\r\n]\s*")


def clean(value: object, notes: Notes, field: str, longest: int = LONGEST_LINE) -> str:
    """One plain line, without markup, entities and invisible characters."""
    if value is None or value == "":
        return ""
    text = (value if isinstance(value, str) else _number(value))[:LONGEST_RAW]
    if _SUSPECT.search(text):
        text = _made_plain(text, notes, field)
    text = text.strip()
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if len(text) > longest:
        notes.repaired(Reason.TOO_LONG, field, text, f"{longest}")
        text = f"{text[: longest - 1].rsplit(' ', 1)[0]}…"
    return text


def _number(value: object) -> str:
    """A whole number as people write it: spreadsheets make 12 of it 12.0."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _made_plain(text: str, notes: Notes, field: str) -> str:
    found = text
    if _MOJIBAKE.search(text) and (better := _read_as_utf8(text)) != text:
        notes.repaired(Reason.MOJIBAKE, field, found, better)
        text = better
    # First the tags, so that "&lt;b&gt;" stays what somebody wanted to be read; those
    # that were escaped themselves, as feeds do, come off in the second round.
    for _ in range(2):
        text = _without_tags(text, notes, field)
        if "&" in text and (better := html.unescape(text)) != text:
            notes.repaired(Reason.ENTITIES, field, found, better)
            text = better
    text = _without_tags(text, notes, field)
    if _CONTROL.search(text):
        notes.repaired(Reason.CONTROL_CHARACTERS, field, found)
        text = _CONTROL.sub(" ", text)
    return _LINES.sub(" ", _SPACES.sub(" ", text))


def _without_tags(text: str, notes: Notes, field: str) -> str:
    if "<" not in text:
        return text
    better = _TAG.sub("", _BREAK.sub(" ", _HIDDEN.sub(" ", text)))
    if better != text:
        notes.repaired(Reason.MARKUP, field, text, better.strip())
    return better


def _read_as_utf8(text: str) -> str:
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text


# -- addresses -----------------------------------------------------------------------

_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]+(\.[\w-]+)+")
_HOST = re.compile(r"(?:[\w-]+\.)+[a-zA-Z]{2,24}(?:[:/?#].*)?")
LONGEST_URL = 1000


def email(value: object, notes: Notes, field: str) -> str:
    """One address, or nothing."""
    text = clean(value, notes, field).removeprefix("mailto:").strip("<> ")
    if not text:
        return ""
    if found := _EMAIL.fullmatch(text):
        return found[0]
    # "Anna <anna@example.org>": there is only one way to read that.
    every = [found[0] for found in _EMAIL.finditer(text)]
    if len(every) == 1:
        notes.repaired(Reason.NOT_AN_EMAIL, field, text, every[0])
        return every[0]
    notes.left_out(Reason.NOT_AN_EMAIL, field, text)
    return ""


def web_address(value: object, notes: Notes, field: str) -> str:
    """The address of a page, or nothing."""
    text = clean(value, notes, field, LONGEST_URL).replace(" ", "%20")
    if not text:
        return ""
    if _HOST.fullmatch(text):
        notes.repaired(Reason.NO_SCHEME, field, text, f"https://{text}")
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        is_page = parts.scheme in ("https", "http") and "." in (parts.hostname or "")
    except ValueError:
        is_page = False
    if not is_page or len(text) >= LONGEST_URL:
        notes.left_out(Reason.NOT_A_URL, field, text)
        return ""
    return text


# -- telephone -----------------------------------------------------------------------

# Dutch numbering plan (Nummerplan telefoon- en ISDN-diensten): nine digits behind the
# 0 for places, mobiles and organisations; 0800 and 090x with four or seven; 14 with an
# area code for municipalities; 116xxx for social services; short numbers of help.
_DUTCH = re.compile(
    r"0(?!00|800|90[069])[1-9]\d{8}|0(?:800|90[069])(?:\d{4}|\d{7})"
    r"|140\d{1,3}|116\d{3}|11[2-9]"
)
_FOREIGN = re.compile(r"\+(?!31)[1-9]\d{6,13}")
_BETWEEN_NUMBERS = re.compile(r"\s*(?:/|\bof\b|;|,|\ben\b)\s*(?=[+(0])", re.IGNORECASE)


_NUMBER_WITHIN = re.compile(r"(?<![\d+])(?:\+31|0)(?:[\s()./-]*\d){8,12}(?!\d)")


def phone(value: object, notes: Notes, field: str) -> str:
    """The first telephone number, as digits, or nothing."""
    text = clean(value, notes, field)
    if not text:
        return ""
    numbers = [it for it in _BETWEEN_NUMBERS.split(text) if it.strip()]
    for number in numbers:
        digits = _digits(number)
        if _DUTCH.fullmatch(digits) or _FOREIGN.fullmatch(digits):
            if len(numbers) > 1:
                notes.repaired(Reason.MORE_PHONES, field, text, digits)
            return digits
        # A spreadsheet took "0612345678" for a number.
        if re.fullmatch(r"[1-9]\d{8}", digits) and _DUTCH.fullmatch(f"0{digits}"):
            notes.repaired(Reason.LOST_ZERO, field, text, f"0{digits}")
            return f"0{digits}"
    # "010-1234567 (Anja, di t/m do)": there is only one way to read that.
    every = {_digits(found[0]) for found in _NUMBER_WITHIN.finditer(text)}
    if len(numbers) == 1 and len(every) == 1 and _DUTCH.fullmatch(max(every)):
        notes.repaired(Reason.MORE_IN_A_CELL, field, text, max(every))
        return max(every)
    notes.left_out(Reason.NOT_A_PHONE, field, text)
    return ""


def _digits(text: str) -> str:
    text = re.sub(r"^(tel(efoon)?|t|mobiel|m)\s*[.:]?\s*", "", text.strip(), flags=re.I)
    text = text.replace("(0)", "")
    text = re.sub(r"[\s().‐‑–—-]+", "", text)
    text = re.sub(r"^(\+|00)31", "0", text)
    return re.sub(r"^00(?=[1-9])", "+", text)


# -- the Netherlands -----------------------------------------------------------------

_POSTCODE = re.compile(r"([1-9]\d{3})\s*([A-Za-z]{2})")
_POSTCODE_ABROAD = re.compile(r"[A-Z0-9][A-Z0-9 -]{2,9}")
_NEIGHBOURHOOD = re.compile(r"BU\d{8}|WK\d{6}|GM\d{4}")


def postcode(value: object, notes: Notes, field: str) -> str:
    """ "1234 AB", or one from abroad as it is."""
    text = clean(value, notes, field).upper()
    if not text:
        return ""
    if found := _POSTCODE.fullmatch(text):
        return f"{found[1]} {found[2]}"
    if re.fullmatch(r"[1-9]\d{3}", text) or _POSTCODE_ABROAD.fullmatch(text):
        return text
    notes.left_out(Reason.NOT_A_POSTCODE, field, text)
    return ""


def town(value: object, notes: Notes, field: str) -> str:
    """The name of a town; one in capitals as it is written otherwise."""
    text = clean(value, notes, field)
    if len(text) < 3 or not text.isupper():
        return text
    small = load_words().small_in_names
    parts = re.split(r"([ -])", text.casefold())
    made = "".join(
        part if part in small and number else _named(part)
        for number, part in enumerate(parts)
    )
    notes.repaired(Reason.CAPITALS, field, text, made)
    return made


def _named(word: str) -> str:
    """With a capital: "IJsselstein", "'s"; letters of a province stay, as in "NH"."""
    if not re.search(r"[aeiouy]", word):
        return word if word.startswith("'") else word.upper()
    return f"IJ{word[2:]}" if word.startswith("ij") else word[:1].upper() + word[1:]


def neighbourhood(value: object, notes: Notes, field: str) -> str:
    """A code of Statistics Netherlands, or nothing."""
    text = clean(value, notes, field).upper().replace(" ", "")
    if not text or _NEIGHBOURHOOD.fullmatch(text):
        return text
    notes.left_out(Reason.NOT_A_NEIGHBOURHOOD, field, text)
    return ""


def words_within(text: str, table: Mapping[str, str]) -> tuple[str, ...]:
    """The values of the words that a text holds, sorted, each once."""
    small = text.casefold()
    return tuple(sorted({value for word, value in table.items() if word in small}))
