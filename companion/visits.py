"""Home visits: who comes, what the person wishes to speak of, what was promised (pure).

Many Dutch municipalities let somebody visit everyone of 75 and older, to ask how it
goes and what is needed. That is worth more to who knows beforehand who comes, has
thought of what to ask, and hears afterwards what became of what was promised.

All times are by the wall clock of the person, as in `companion.agenda`. A visit has an
entry in the agenda, named by its `uid`, which is moved and reminded of like any other.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import NewType

from rapidfuzz import fuzz

from companion.agenda import Entry, Kind, moment
from companion.people import PersonError, PersonId, read_phone, say_phone, show_phone

VisitId = NewType("VisitId", int)

# Characters, of each thing that is told; longer nobody can follow when it is read out.
LONGEST = 80

# Preventive home visits take an hour to an hour and a half; then it may be asked how
# it went, without asking while the visitor drinks their coffee.
LASTS = timedelta(hours=2)
PARTS_END = {"ochtend": time(12, 30), "middag": time(18, 0), "avond": time(21, 0)}
DAY_ENDS = time(18, 0)

# A promise without a day is asked about when it may be expected.
PROMISE_AFTER = timedelta(days=14)

# "Mevrouw de Boer" against "de boer" (rapidfuzz, 0 to 100); it is asked back.
_ALIKE = 80.0

# Of municipalities (14 010) and free numbers, which `read_phone` refuses.
_PUBLIC = re.compile(r"14\d{3,4}|0800\d{4,7}|0900\d{4,7}")


class MadeBy(StrEnum):
    """Who entered a visit."""

    PERSON = "person"  # told it
    HELPER = "helper"  # who visits or helps, at the command line


class News(StrEnum):
    """What the person does not know yet of a visit that another entered."""

    NONE = "none"
    NEW = "new"
    MOVED = "moved"
    CANCELLED = "cancelled"


class Suits(StrEnum):
    """Whether it suits, as the person said."""

    UNKNOWN = "unknown"
    YES = "yes"
    NO = "no"


class Came(StrEnum):
    """Whether the visitor came, as the person said."""

    UNKNOWN = "unknown"
    YES = "yes"
    NO = "no"
    UNANSWERED = "unanswered"  # asked too often in vain, or forgotten


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody comes to visit.

    Attributes:
        uid: Its name, and that of its entry in the agenda.
        who: How the visitor is named aloud: "mevrouw De Boer", "iemand".
        day: On which day.
        created_at: When it was told, aware.
        changed_at: When day, time or visitor were last changed, aware.
        made_by: Who entered it.
        organisation: From where: "het buurtteam"; empty where nobody said.
        about: What it is about; empty where nobody said.
        at: At which time; None: only the part of the day is known, or not even that.
        part: "ochtend", "middag" or "avond" where no time is known.
        known_by: How the visitor can be recognised.
        doubt_phone: Number to ring in doubt, as `read_doubt_phone` gives it.
        contact: Number of whom to pass something on to, in the list of people.
        news: What the person does not know of it yet.
        suits: Whether it suits.
        is_noted: Whether the agenda has it.
        is_cancelled: Whether it does not take place.
        wishes_asked: Whether was asked what to speak of.
        came: Whether the visitor came.
        asked: How often that was asked without an answer.
        spoke_on: When the device last began about it of its own accord.
        id: Its number in the list; None until the card has it.
    """

    uid: str
    who: str
    day: date
    created_at: datetime
    changed_at: datetime
    made_by: MadeBy
    organisation: str = ""
    about: str = ""
    at: time | None = None
    part: str = ""
    known_by: str = ""
    doubt_phone: str = ""
    contact: PersonId | None = None
    news: News = News.NONE
    suits: Suits = Suits.UNKNOWN
    is_noted: bool = False
    is_cancelled: bool = False
    wishes_asked: bool = False
    came: Came = Came.UNKNOWN
    asked: int = 0
    spoke_on: date | None = None
    id: VisitId | None = None

    def __repr__(self) -> str:
        """Without names and numbers: it ends up in logs."""
        return f"Visit(id={self.id}, day={self.day}, came={self.came.value})"

    def starts(self, zone: tzinfo) -> datetime:
        """The moment at which it begins; of a whole day its midnight."""
        return moment(datetime.combine(self.day, self.at or time.min), zone)

    def ends(self, zone: tzinfo) -> datetime:
        """The moment after which it may be asked how it went."""
        if self.at is not None:
            starts = self.starts(zone)
            return datetime.fromtimestamp(starts.timestamp() + LASTS.seconds, zone)
        ends = PARTS_END.get(self.part, DAY_ENDS)
        return moment(datetime.combine(self.day, ends), zone)

    def is_over(self, now: datetime) -> bool:
        """Whether its time has passed."""
        assert now.tzinfo is not None
        return self.ends(now.tzinfo).timestamp() <= now.timestamp()


@dataclass(frozen=True, slots=True)
class VisitWish:
    """What the person wishes to speak of with a visitor.

    Attributes:
        uid: Its name.
        visit: Of which visit.
        text: In the person's own words.
        at: When it was told, aware.
        passed_at: When it was passed on, after a yes; None: it was not.
    """

    uid: str
    visit: str
    text: str
    at: datetime
    passed_at: datetime | None = None

    def __repr__(self) -> str:
        """Without what was said."""
        return f"VisitWish(at={self.at})"


class Kept(StrEnum):
    """What became of a promise."""

    OPEN = "open"
    YES = "yes"
    NO = "no"  # and what could be done about that was done
    UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True)
class Promise:
    """What a visitor promised, as the person told it.

    Attributes:
        uid: Its name.
        visit: Of which visit.
        text: In the person's own words.
        at: When it was told, aware.
        due: The day by which it is to be done.
        kept: What became of it.
        ask_on: The first day on which to ask.
        misses: How often it was not done yet.
        asked: How often in a row nobody answered.
    """

    uid: str
    visit: str
    text: str
    at: datetime
    due: date
    ask_on: date
    kept: Kept = Kept.OPEN
    misses: int = 0
    asked: int = 0

    def __repr__(self) -> str:
        """Without what was said."""
        return f"Promise(due={self.due}, kept={self.kept.value})"


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of visits."""

    visits: Sequence[Visit] = ()
    wishes: Sequence[VisitWish] = ()
    promises: Sequence[Promise] = ()

    def wishes_for(self, visit: Visit) -> list[VisitWish]:
        """What the person wishes to speak of then, in the order it was told."""
        return [wish for wish in self.wishes if wish.visit == visit.uid]

    def promises_of(self, visit: Visit) -> list[Promise]:
        """What was promised then, in the order it was told."""
        return [one for one in self.promises if one.visit == visit.uid]


# --- which ------------------------------------------------------------------------


def coming(visits: Iterable[Visit], now: datetime) -> list[Visit]:
    """Those that are to take place, or take place now, in order."""
    assert now.tzinfo is not None
    zone = now.tzinfo
    planned = (v for v in visits if not v.is_cancelled and not v.is_over(now))
    return sorted(planned, key=lambda visit: visit.starts(zone).timestamp())


def recent(visits: Iterable[Visit], now: datetime) -> list[Visit]:
    """Those that took place, the newest first."""
    over = (v for v in visits if not v.is_cancelled and v.is_over(now))
    return sorted(over, key=lambda visit: (visit.day, visit.at or time.min))[::-1]


def find(visits: Sequence[Visit], words: str) -> list[Visit]:
    """Those that may be meant by some words, in the order that they are given.

    Args:
        visits: Where to look.
        words: "Mevrouw De Boer", "de mevrouw van de gemeente", "het bezoek".
    """
    bare = _bare(words)
    if not bare:
        return list(visits)
    return [one for one in visits if _is_named(one, bare)]


def _is_named(visit: Visit, bare: str) -> bool:
    names = (visit.who, visit.organisation, visit.about)
    found = [name for name in map(_bare, names) if name]
    return any(fuzz.token_set_ratio(bare, name) >= _ALIKE for name in found)


_LITTLE = frozenset(
    "de het een mijn naar aan bij met om te voor van op en der den ten ter mevrouw "
    "meneer heer dame iemand bezoek bezoeker bezoekster huisbezoek visite komt langs "
    "dat die".split()
)


def _bare(words: str) -> str:
    """The words that tell who it is; none where any visitor may be meant."""
    kept = re.findall(r"[^\W_]+", words.lower())
    return " ".join(word for word in kept if word not in _LITTLE)


# --- with the agenda ----------------------------------------------------------------


def entry_of(visit: Visit, what: str) -> Entry:
    """The entry that the agenda has of it.

    Args:
        visit: It.
        what: What it is about, as the language pack says it.
    """
    return Entry(
        id=None,
        kind=Kind.APPOINTMENT,
        what=what,
        day=visit.day,
        created_at=visit.changed_at,
        times=() if visit.at is None else (visit.at,),
        uid=visit.uid,
    )


def as_in_agenda(visit: Visit, entry: Entry | None, now: datetime) -> Visit:
    """The visit as the agenda has it, where the person changes it by voice.

    Args:
        visit: It, which the agenda had.
        entry: What the agenda has of it now; None: it was taken out.
        now: Local time.
    """
    if entry is None:
        return replace(visit, is_cancelled=True, changed_at=now)
    at = entry.times[0] if entry.times else None
    if (entry.day, at) == (visit.day, visit.at):
        return visit
    part = "" if at is not None or entry.day != visit.day else visit.part
    return replace(visit, day=entry.day, at=at, part=part, changed_at=now)


# --- numbers ------------------------------------------------------------------------


def read_doubt_phone(text: str) -> str:
    """A number to ring in doubt; of organisations too (14 010, 0800).

    Raises:
        PersonError: If it cannot be a number.
    """
    digits = re.sub(r"[\s()./–-]", "", text)
    if _PUBLIC.fullmatch(digits):
        return digits
    try:
        return read_phone(text)
    except PersonError:
        raise PersonError("phone") from None


def say_doubt_phone(phone: str) -> str:
    """Digit by digit, in groups: "1 4, 0 1 0"."""
    if not _PUBLIC.fullmatch(phone):
        return say_phone(phone)
    return ", ".join(" ".join(group) for group in _groups(phone))


def show_doubt_phone(phone: str) -> str:
    """As it is written down: "14 010", "0800 12 34"."""
    if not _PUBLIC.fullmatch(phone):
        return show_phone(phone)
    return " ".join(_groups(phone))


def _groups(phone: str) -> list[str]:
    first = 2 if phone.startswith("14") else 4
    rest = phone[first:]
    if first == 2:
        return [phone[:first], rest]
    return [phone[:first], *(rest[at : at + 2] for at in range(0, len(rest), 2))]
