"""Times of day and waits within a sentence; `times` reads each of them."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from companion.understanding.dates import DAY_PART, MONTH, NUMBER
from companion.understanding.pieces import Pieces
from companion.understanding.times import SpokenTime, parse_duration, parse_time

_UNITS: Final = (
    r"minuten|minuut|minuutjes|minuutje|kwartier|kwartiertje|uren|uurtjes|uurtje|uur"
)
_DURATION = re.compile(
    rf"\bover (?:ongeveer )?(?P<said>een (?:{_UNITS}) of {NUMBER}\b|"
    rf"(?:(?:een )?(?:half|halve|anderhalf|anderhalve)|{NUMBER}(?: en een half)?) "
    rf"(?:{_UNITS})\b(?: en (?:een (?:kwartier|half uur)|{NUMBER} minuten))?)"
)
_COUNT_BEFORE = re.compile(rf"\b(?:kwart|{NUMBER})(?: minuten| minuut)? $")


def take_duration(words: Pieces, now: datetime) -> datetime | None:
    """The moment of "over drie kwartier", on the next whole minute."""
    for found in _DURATION.finditer(words.text):
        # "Kwart over twee uur" is a time of day.
        if _COUNT_BEFORE.search(words.text[: found.start()]):
            continue
        duration = parse_duration(f"over {found['said']}")
        if duration is not None:
            words.take(found.start(), found.end())
            return _whole_minute(now, duration)
    return None


def _whole_minute(now: datetime, duration: timedelta) -> datetime:
    """Elapsed time, not wall time; nobody is reminded too early."""
    at = now.astimezone(UTC) + duration
    if at.second or at.microsecond:
        at = at.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return at.astimezone(now.tzinfo)


_S_PART: Final = (
    r"(?: (?:s ?(?:morgens|ochtends|middags|avonds|nachts)|"
    rf"in de (?:vroege |late )?{DAY_PART}|(?:van|morgen){DAY_PART}))?"
)
# "Acht weken" and "acht maart" are no times.
_NO_UNIT: Final = (
    r"(?! (?:dag|dagen|week|weken|maand|maanden|jaar|minuten|minuut|kwartier|keer|maal|"
    rf"{MONTH}|procent|euro|graden|mensen|personen|stuks)\b)"
)
_AFTER_THE_HOUR: Final = (
    "(?:tien|vijftien|twintig|dertig|veertig|vijftig|vijfenveertig)"
)
_CLOCK = re.compile(
    r"\b(?:en (?=om |\w+ uur))?(?:(?:om|rond|tegen|vanaf|omstreeks|klokslag) )?"
    r"(?:ongeveer |precies )?"
    rf"(?P<clock>(?:kwart|{NUMBER}(?: minuten| minuut)?) (?:voor|over) "
    rf"(?:half )?{NUMBER}\b{_NO_UNIT}(?: uur)?|half {NUMBER}\b{_NO_UNIT}|"
    rf"{NUMBER} uur(?: {_AFTER_THE_HOUR}\b)?|\d{{1,2}}[:.]\d{{2}}(?: uur)?|middernacht|"
    rf"(?<=om )(?!een\b){NUMBER}\b{_NO_UNIT}|(?<=rond )(?!een\b){NUMBER}\b{_NO_UNIT}|"
    rf"(?<=tegen )(?!een\b){NUMBER}\b{_NO_UNIT})(?P<part>{_S_PART})"
)
# "Om acht, een en zes uur".
_ROW = re.compile(
    rf"\bom (?P<row>{NUMBER}(?:(?: en)? {NUMBER})*(?: en)? {NUMBER})(?: uur\b)"
)


def take_clocks(words: Pieces) -> list[SpokenTime]:
    """Every time of day, in the order in which they were said."""
    if (row := _ROW.search(words.text)) and not re.search(" uur ", row["row"]):
        numbers = re.findall(rf"\b{NUMBER}\b", row["row"])
        found = [parse_time(f"{number} uur") for number in numbers]
        words.take(row.start(), row.end())
        return [said for said in found if said is not None]
    clocks: list[SpokenTime] = []
    while match := _CLOCK.search(words.text):
        part = match["part"].strip()
        said = parse_time(f"{match['clock']} {_as_part(part)}".strip())
        # A part that also names the day stays, to be read with the days.
        is_day = re.match(r"(?:van|morgen)", part) is not None
        words.take(match.start(), match.start("part") if is_day else match.end())
        if said is not None:
            # "08:30" is written so by who counts to twenty-four.
            is_exact = said.is_exact or match["clock"].startswith("0")
            clocks.append(SpokenTime(said.hour, said.minute, is_exact=is_exact))
    return clocks


def _as_part(words: str) -> str:
    """ "In de vroege ochtend", "vanavond": as `parse_time` knows it."""
    found = re.search(rf"{DAY_PART}", words)
    return f"in de {_PART_OF[found[0]]}" if found else ""


_PART_OF: Final = {
    "ochtend": "ochtend", "morgen": "ochtend", "middag": "middag", "avond": "avond",
    "nacht": "nacht",
}  # fmt: skip
_PARTS = re.compile(
    rf"(?:\b(?:in de |s ?|van)|(?<=#)|^)(?P<part>{DAY_PART})s?\b|"
    rf"(?<=# )(?P<after>{DAY_PART}|vroeg)\b"
)


def take_part(words: Pieces) -> tuple[str, bool]:
    """The part of the day beside a day or by itself; whether it is one word with it."""
    match = words.find(_PARTS)
    if match is None:
        return "", False
    is_joined = match.start() > 0 and words.text[match.start() - 1] == "#"
    return _PART_OF.get(match["part"] or match["after"], "ochtend"), is_joined
