"""What a person wants to do, and what they say they like or can.

As with the agenda: the words around it are known, and what it is about is read out of
the person's own words. Of all this only suggestions come; whatever follows from one is
asked first.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from companion.activities.named import find_names
from companion.activities.record import Category
from companion.activities.suggesting import Wish
from companion.activities.tastes import Aid, PartOfDay
from companion.understanding.intents import Intent
from companion.understanding.numbers import parse_number
from companion.understanding.when import When, find_when
from companion.understanding.words import plain

# A story in which a choir occurs is no wish.
_MOST_WORDS: Final = 24

ACTIVITY: Final = (Intent.ACTIVITIES, Intent.TASTE)
"""What is wanted of things to do, in words of one's own."""

# As people name it, in the form of `words.plain`; whole words, "\w*" where more may
# follow. The words of sources stand in the language pack (`nl/activities/words.yaml`).
_CATEGORIES: Final = {
    Category.MUSIC: r"muziek\w*|zing\w*|gezongen|zang\w*|koor|koren|liedjes|piano|"
                    r"orkest|concert\w*",
    Category.GAMES: r"kaart(?:en|spel\w*|club|middag)|gekaart|klaverjas\w*|bridge\w*|"
                    r"bingo\w*|spel\w*|rummikub\w*|schaken|dammen|biljart\w*|sjoel\w*",
    Category.WALKING: r"wandel\w*|gewandeld|ommetje\w*|lopen|loopclub",
    Category.MOVING: r"beweg\w*|gym\w*|stoelgym|yoga|zwem\w*|sport\w*|fiets\w*|"
                     r"dans\w*|koersbal\w*|jeu de boules|tai chi",
    Category.EATING: r"eten|eet\w*|maaltijd\w*|lunch\w*|koken|kook\w*|ontbijt\w*|soep|"
                     r"pannenkoek\w*",
    Category.CREATIVE: r"creatief\w*|handwerk\w*|brei\w*|hak(?:en|club)|schilder\w*|"
                       r"teken\w*|knutsel\w*|bloemschik\w*|hout\w*|klussen",
    Category.CULTURE: r"cultuur\w*|film\w*|museum\w*|musea|theater\w*|lezing\w*|"
                      r"boek\w*|leesclub\w*|leeskring\w*|voorlees\w*|voorlezen|toneel\w*",
    Category.NATURE: r"natuur\w*|tuin\w*|vogel\w*|moestuin\w*|planten|bos",
    Category.DIGITAL: r"digitaal|computer\w*|internet|tablet|digihulp",
    Category.LEARNING: r"leren|cursus\w*|les|lessen|taalles\w*|taalcafe",
    Category.FAITH: r"kerk\w*|viering\w*|geloof|mis|bijbel\w*|meditatie|mediteren|"
                    r"moskee",
    Category.OUTING: r"uitstap\w*|uitje\w*|dagtocht\w*|bustocht\w*|boottocht\w*|"
                     r"reis\w*|excursie\w*|markt\w*",
    Category.VOLUNTEERING: r"vrijwillig\w*",
    Category.MEETING: r"koffie\w*|thee\w*|inloop\w*|ontmoet\w*|gezelligheid|praten|"
                      r"praatje|buurthuis\w*",
}  # fmt: skip
_NAMED: Final = {
    category: re.compile(rf"\b(?:{words})\b") for category, words in _CATEGORIES.items()
}
_ANY: Final = "|".join(_CATEGORIES.values())

_SOME: Final = r"(?:iets|wat|nog iets|nog wat)"
_BETWEEN: Final = r"(?:\w+ ){0,4}?"
_POLITE: Final = (
    r"(?:(?:ja|nee|en|goed|oke|ok|hallo|goedemorgen|dag|zeg|ach|alstublieft) )*"
)
_WISHES: Final = tuple(
    re.compile(source)
    for source in (
        rf"^{_POLITE}wat (?:is|valt|zou) er {_BETWEEN}te (?:doen|beleven|zien|halen)\b",
        rf"^{_POLITE}wat (?:kan|kunnen|zou|zal|moet) (?:ik|we) {_BETWEEN}"
        r"(?:kunnen |gaan )?(?:doen|ondernemen|beleven)$",
        rf"^{_POLITE}wat zou ik {_BETWEEN}kunnen (?:doen|gaan doen)$",
        rf"^{_POLITE}(?:is|zijn|valt) er {_BETWEEN}"
        r"(?:te (?:doen|beleven)|activiteiten)\b",
        rf"^{_POLITE}(?:is er|weet u|heeft u|kent u|noem|ik zoek|ik wil|doe) "
        rf"{_BETWEEN}{_SOME} (?:\w+ ){{0,2}}?"
        r"(?:met|om te|te doen|leuks|gezelligs|gratis|dichtbij|in de buurt|voor mij)\b",
        rf"^{_POLITE}{_SOME} (?:met|leuks|gezelligs|gratis|dichtbij|in de buurt)\b",
        rf"^{_POLITE}(?:welke|wat voor) (?:\w+ )?activiteiten\b",
        rf"^{_POLITE}(?:weet|heeft) u {_BETWEEN}(?:een (?:idee|tip|voorstel)|raad)\b",
        rf"^{_POLITE}ik (?:verveel|vermaak) (?:mij|me)\b(?!.*\bprima\b)",
        rf"^{_POLITE}ik (?:wil|zou) {_BETWEEN}(?:onder de mensen|erop uit|er op uit|"
        r"eruit|er (?:\w+ )?uit|de deur uit)\b",
        rf"^{_POLITE}(?:ik heb|er is) {_BETWEEN}niets te (?:doen|beleven)\b",
        rf"^{_POLITE}(?:is|zijn) er {_BETWEEN}(?:een )?(?:{_ANY})\b",
        rf"^{_POLITE}(?:kan|kunnen|mag) (?:ik|we) (?:hier |ergens |samen ){_BETWEEN}"
        rf"(?:{_ANY})$",
        rf"^{_POLITE}waar kan ik {_BETWEEN}(?:{_ANY})$",
        rf"^{_POLITE}ik wil (?:graag |wel |weer |eens |nog |een keer |ergens |samen )+"
        rf"(?:{_ANY})$",
        rf"^{_POLITE}ik heb zin (?:in|om)(?: te)? (?:{_ANY})$",
    )
)
_DENIED: Final = re.compile(r"\b(?:niet|geen|nooit)\b")
_FREE: Final = re.compile(r"\bgratis\b|\b(?:niets|geen geld) kost\w*\b|\bvoor niets\b")
_NEAR: Final = re.compile(
    r"\b(?:dichtbij|dicht bij|vlakbij|vlak bij|in de buurt|om de hoek|niet ver\w*)\b"
)


def find_activity_wish(text: str) -> Intent | None:
    """What of `ACTIVITY` is meant; None if it is something else."""
    said = plain(text)
    if not said or said.count(" ") >= _MOST_WORDS:
        return None
    if not read_taste(text).is_empty:
        return Intent.TASTE
    if any(pattern.search(said) for pattern in _WISHES):
        return Intent.ACTIVITIES
    return None


def find_categories(text: str) -> tuple[Category, ...]:
    """The kinds of things to do that are named, in the order of the list."""
    said = plain(text)
    return tuple(kind for kind, named in _NAMED.items() if named.search(said))


def read_wish(text: str, now: datetime) -> Wish:
    """What is asked for: "is er morgenmiddag iets met muziek in de buurt?".

    Args:
        text: As it was heard or typed.
        now: Local and aware; its zone must know summer time (a ZoneInfo).
    """
    said = plain(text)
    when = find_when(text, now).when
    return Wish(
        categories=frozenset(find_categories(text)),
        days=_days(when),
        part=_PART_NAMES.get(when.part) or _part_of_times(when),
        is_free=_FREE.search(said) is not None,
        is_near=_NEAR.search(said) is not None,
        names=find_names(said),
    )


def _days(when: When) -> tuple[date, ...]:
    if when.day is None or when.repeats is not None:
        return ()
    return tuple(when.day + timedelta(days=number) for number in range(when.days))


def _part_of_times(when: When) -> PartOfDay | None:
    """ "Om een uur of drie" is some time in the afternoon."""
    if not when.times:
        return None
    hour = when.times[0].hour
    return next((part for ends, part in _PARTS_END if hour < ends), PartOfDay.EVENING)


_PARTS_END: Final = ((12, PartOfDay.MORNING), (18, PartOfDay.AFTERNOON))
_PART_NAMES: Final = {
    "ochtend": PartOfDay.MORNING,
    "middag": PartOfDay.AFTERNOON,
    "avond": PartOfDay.EVENING,
}


# --- what the person likes and can ---------------------------------------------------


@dataclass(frozen=True, slots=True)
class TasteTold:
    """What somebody told of what they like or can; None where nothing was said of it.

    Attributes:
        likes: What they like.
        dislikes: What they do not like.
        aid: What they go with.
        walks_m: How far they walk, in metres.
        needs_transport: Whether they have to be brought.
        part: Part of the day on which they like to go out.
        most_cents: What it may cost, in euro cents; -1: anything.
        wants_company: Whether they want to be among people.
    """

    likes: tuple[Category, ...] = ()
    dislikes: tuple[Category, ...] = ()
    aid: Aid | None = None
    walks_m: int | None = None
    needs_transport: bool | None = None
    part: PartOfDay | None = None
    most_cents: int | None = None
    wants_company: bool | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing of the kind was said."""
        return self == TasteTold()


ANY_COST: Final = -1

# Without a number: five minutes, and half an hour, at the pace below.
NOT_FAR_M: Final = 250
FAR_M: Final = 1500
# Metres a minute: somewhat under the comfortable pace of people over 80, about 0.95 m/s
# (Bohannon and Williams Andrews, Physiotherapy 97, 2011), for they count in rests too.
_PACE_M: Final = 50
_CENTS: Final = 100

_LIKES: Final = (
    re.compile(rf"^{_POLITE}van (?P<what>.+?) (?:houd|hou) ik\b"),
    re.compile(rf"\bik (?:houd|hou|hield) {_BETWEEN}van (?P<what>.+)$"),
    re.compile(rf"^{_POLITE}ik vind (?P<what>.+?) (?:wel |heel |erg |echt )*"
               r"(?P<how>leuk|fijn|gezellig|prettig|mooi|saai|vervelend|stom)\b"),
    re.compile(rf"^{_POLITE}ik (?P<what>zing|kaart|wandel|dans|zwem|fiets|schilder|"
               r"brei|klaverjas|bridge|biljart|kook|sjoel)(?: \w+){0,2}? graag$"),
    re.compile(rf"^{_POLITE}(?P<what>.+) (?:is|zijn) {_BETWEEN}"
               r"(?P<how>mijn lust en mijn leven|niets voor mij)$"),
    re.compile(rf"^{_POLITE}ik heb {_BETWEEN}(?P<how>een hekel) aan (?P<what>.+)$"),
)  # fmt: skip
_BAD: Final = frozenset({"saai", "vervelend", "stom", "een hekel", "niets voor mij"})
_STEMS: Final = {
    "zing": "zingen", "kaart": "kaarten", "wandel": "wandelen", "dans": "dansen",
    "zwem": "zwemmen", "fiets": "fietsen", "schilder": "schilderen",
    "brei": "breien", "klaverjas": "klaverjassen", "bridge": "bridgen",
    "biljart": "biljarten", "kook": "koken", "sjoel": "sjoelen",
}  # fmt: skip
_WITH_ROLLATOR: Final = re.compile(
    r"\bik (?:loop|ga|heb|gebruik)\b.*\b(?:rollator|looprek)\b"
)
_WITH_WHEELCHAIR: Final = re.compile(
    r"\bik (?:zit|ben|ga|heb|rijd)\b.*\b(?:rolstoel|scootmobiel)\b"
)
_WITHOUT_AID: Final = re.compile(
    r"\bik (?:loop|ga|heb|gebruik)\b.*\b(?:zonder|geen|niet (?:meer )?met)\b.*"
    r"\b(?:rollator|rolstoel|stok)\b"
)
_WALKS: Final = re.compile(
    rf"\bik (?:kan|loop) {_BETWEEN}(?P<much>[\w ]+?) (?P<unit>meter|minuten|minuutjes|"
    r"kilometer)(?: ver| lang)?(?: lopen)?$"
)
_QUARTERS: Final = {
    "een kwartier": 15, "een half uur": 30, "een uur": 60, "drie kwartier": 45,
}  # fmt: skip
_WALKS_QUARTERS: Final = re.compile(
    rf"\bik (?:kan|loop) {_BETWEEN}(?P<long>{'|'.join(_QUARTERS)}) "
    r"(?:ver |lang )?lopen$"
)
_NOT_FAR: Final = re.compile(
    r"\bik (?:kan|loop)\b.*\bniet (?:meer )?(?:zo |heel |erg )?ver\b"
)
_FAR: Final = re.compile(
    rf"\bik (?:kan|loop) {_BETWEEN}(?:goed|best|heel) (?:ver )?(?:lopen|ver)\b"
)
_NEEDS_TRANSPORT: Final = re.compile(
    r"\bik (?:heb vervoer nodig|moet (?:dan )?(?:gehaald|gebracht|opgehaald)"
    r"(?: en gebracht)?(?: worden)?)$|\bik kan er niet zelf (?:heen|komen)$"
)
_NEEDS_NO_TRANSPORT: Final = re.compile(
    r"\bik heb geen vervoer nodig$|\bik kan er zelf (?:heen|komen|naartoe)$"
)
_PART: Final = re.compile(
    r"\b(?:liever|het liefst|liefst|graag) (?:\w+ ){0,2}?(?:s |in de )"
    r"(?P<part>morgens|ochtends|middags|avonds|ochtend|middag|avond)\b|"
    r"\b(?:s |in de )(?P<before>morgens|ochtends|middags|avonds|ochtend|middag|avond)"
    r"(?: \w+){0,3}? (?:liever|het liefst|graag)\b"
)
_PARTS: Final = {
    "morgens": "ochtend", "ochtends": "ochtend", "middags": "middag",
    "avonds": "avond",
}  # fmt: skip
_MUST_BE_FREE: Final = re.compile(
    r"\b(?:het|dat) (?:moet|mag) (?:wel )?(?:gratis zijn|niets kosten|"
    r"geen geld kosten)$"
)
_MAY_COST: Final = re.compile(
    r"\bhet (?:mag|hoeft) (?:best |wel |niet )?(?:wat|geld|iets|gratis te) "
    r"(?:kosten|zijn)$"
)
_AT_MOST: Final = re.compile(
    r"\bhet mag (?:hoogstens|hooguit|maximaal|tot|niet meer dan) (?P<much>[\w ]+?) "
    r"euro(?: kosten)?$"
)
_AMONG_PEOPLE: Final = re.compile(
    r"\bik ben (?:\w+ )?(?:graag onder de mensen|niet graag alleen)$|"
    r"\bik houd van (?:gezelschap|gezelligheid|mensen om me heen)$"
)
_BY_MYSELF: Final = re.compile(
    r"\bik ben (?:\w+ )?(?:graag op (?:mezelf|mijzelf)|(?:graag|liever) alleen)$"
)


def read_taste(text: str) -> TasteTold:
    """What is told of what somebody likes or can."""
    said = plain(text)
    likes, dislikes = _read_likes(said)
    return TasteTold(
        likes=likes,
        dislikes=dislikes,
        aid=_read_aid(said),
        walks_m=_read_walks_m(said),
        needs_transport=_either(_NEEDS_TRANSPORT, _NEEDS_NO_TRANSPORT, said),
        part=_read_part(said),
        most_cents=_read_most_cents(said),
        wants_company=_either(_AMONG_PEOPLE, _BY_MYSELF, said),
    )


def _read_likes(said: str) -> tuple[tuple[Category, ...], tuple[Category, ...]]:
    for pattern in _LIKES:
        if (found := pattern.search(said)) is None:
            continue
        how = found.groupdict().get("how") or ""
        what = _STEMS.get(found["what"], found["what"])
        kinds = find_categories(what)
        is_disliked = (how in _BAD) != (_DENIED.search(said) is not None)
        return ((), kinds) if is_disliked else (kinds, ())
    return (), ()


def _read_aid(said: str) -> Aid | None:
    if _WITHOUT_AID.search(said):
        return Aid.NONE
    if _DENIED.search(said):
        return None
    if _WITH_ROLLATOR.search(said):
        return Aid.ROLLATOR
    return Aid.WHEELCHAIR if _WITH_WHEELCHAIR.search(said) else None


def _read_walks_m(said: str) -> int | None:
    if _NOT_FAR.search(said):
        return NOT_FAR_M
    if found := _WALKS_QUARTERS.search(said):
        return _QUARTERS[found["long"]] * _PACE_M
    if found := _WALKS.search(said):
        return _metres(found["much"], found["unit"])
    return FAR_M if _FAR.search(said) else None


def _metres(much: str, unit: str) -> int | None:
    """ "Ongeveer vierhonderd" metres: the last words that are a number."""
    words = much.split()
    for start in range(len(words)):
        number = parse_number(" ".join(words[start:]))
        if number is not None:
            factor = {"meter": 1, "kilometer": 1000}.get(unit, _PACE_M)
            return number * factor
    return None


def _read_part(said: str) -> PartOfDay | None:
    found = _PART.search(said)
    if found is None or _DENIED.search(said):
        return None
    part = found["part"] or found["before"]
    return _PART_NAMES[_PARTS.get(part, part)]


def _read_most_cents(said: str) -> int | None:
    if _MUST_BE_FREE.search(said):
        return 0
    if found := _AT_MOST.search(said):
        number = parse_number(found["much"])
        return None if number is None else number * _CENTS
    return ANY_COST if _MAY_COST.search(said) else None


def _either(yes: re.Pattern[str], no: re.Pattern[str], said: str) -> bool | None:
    if no.search(said):
        return False
    return True if yes.search(said) else None
