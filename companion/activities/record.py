"""One activity or service of the social map, whatever it was published as.

The fields follow those on which Open Referral's HSDS 3, schema.org's Event and
iCalendar (RFC 5545) agree; each docstring names where a term comes from.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from companion.activities.when import Opening, Times


class Category(StrEnum):
    """What kind of thing to do it is: as many as somebody can tell apart by ear.

    Our own list; the words with which sources name them are in the language pack
    (`nl/activities/words.yaml`).
    """

    MEETING = "meeting"
    EATING = "eating"
    MOVING = "moving"
    WALKING = "walking"
    MUSIC = "music"
    CREATIVE = "creative"
    GAMES = "games"
    CULTURE = "culture"
    NATURE = "nature"
    LEARNING = "learning"
    DIGITAL = "digital"
    FAITH = "faith"
    OUTING = "outing"
    VOLUNTEERING = "volunteering"
    COMPANY = "company"
    TRANSPORT = "transport"
    ADVICE = "advice"
    HEALTH = "health"
    OTHER = "other"


class Access(StrEnum):
    """What makes a place reachable (HSDS `accessibility`, in words of our own)."""

    WHEELCHAIR = "wheelchair"
    ROLLATOR = "rollator"
    TOILET = "toilet"
    LIFT = "lift"
    PARKING = "parking"
    HEARING_LOOP = "hearing_loop"
    TRANSPORT = "transport"


class Status(StrEnum):
    """Whether one can come (schema.org `eventStatus`, HSDS `status`)."""

    OPEN = "open"
    FULL = "full"
    CANCELLED = "cancelled"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Cost:
    """What it costs each time (HSDS `cost_options`, schema.org `offers`).

    Attributes:
        lowest_cents: In euro cents; 0: free; None: not known.
        highest_cents: As `lowest_cents`, where it depends; never below it.
        text: What the source says about it, such as "koffie inbegrepen".
    """

    lowest_cents: int | None = None
    highest_cents: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Audience:
    """For whom it is (HSDS `eligibility_description`, schema.org `audience`).

    Attributes:
        text: As the source says it.
        lowest_age: In years; None: any.
        highest_age: In years; None: any.
    """

    text: str = ""
    lowest_age: int | None = None
    highest_age: int | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to ask (HSDS `contacts` and `phones`, schema.org `organizer`).

    Attributes:
        name: Of a person or a desk.
        phone: Digits only, "0101234567"; a foreign one begins with "+".
        email: One address.
    """

    name: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where it is (HSDS `location`, schema.org `Place`).

    Attributes:
        name: Of the building.
        address: Street and number.
        postcode: "1234 AB".
        town: Of the address.
        latitude: In degrees, WGS 84; None with `longitude`.
        longitude: In degrees, WGS 84.
        neighbourhood: Code of Statistics Netherlands: BU and 8 digits, WK and 6,
            or GM and 4 (neighbourhood, district, municipality).
    """

    name: str = ""
    address: str = ""
    postcode: str = ""
    town: str = ""
    latitude: float | None = None
    longitude: float | None = None
    neighbourhood: str = ""


@dataclass(frozen=True, slots=True)
class Activity:
    """Something to do, or a service to turn to.

    Attributes:
        id: Stays the same as long as the source means the same thing.
        source: Name of who published it.
        title: What it is called.
        organisation: Who does it.
        licence: What the source allows to be done with it.
        checked_on: When somebody last made sure that it is true; None: not known.
        description: Plain text.
        category: What kind of thing it is.
        subject: The source's own word for that.
        audience: For whom.
        cost: What it costs.
        conditions: What one needs before one may come.
        must_sign_up: Whether one has to; None: not known.
        contact: Whom to ask.
        url: Page about it, https or http.
        place: Where.
        times: Its moments; more than one series where one does not say it all.
        opening_hours: When a service is open, in the place's own time.
        accessibility: What is known to be there, sorted.
        accessibility_note: What else the source says about it.
        languages: In which it is held (BCP 47: "nl", "tr").
        bring: What to take along.
        status: Whether one can come.
    """

    id: str
    source: str
    title: str
    organisation: str = ""
    licence: str = ""
    checked_on: date | None = None
    description: str = ""
    category: Category = Category.OTHER
    subject: str = ""
    audience: Audience = field(default_factory=Audience)
    cost: Cost = field(default_factory=Cost)
    conditions: str = ""
    must_sign_up: bool | None = None
    contact: Contact = field(default_factory=Contact)
    url: str = ""
    place: Place = field(default_factory=Place)
    times: tuple[Times, ...] = ()
    opening_hours: tuple[Opening, ...] = ()
    accessibility: tuple[Access, ...] = ()
    accessibility_note: str = ""
    languages: tuple[str, ...] = ()
    bring: str = ""
    status: Status = Status.OPEN

    def last_day(self) -> date | None:
        """The last day that it takes place; None where no end is known."""
        days = [times.last_start() for times in self.times]
        until = [opening.until for opening in self.opening_hours]
        if not days and not until:
            return None
        if None in days or None in until:
            return None
        return max([*(day.date() for day in days if day), *(it for it in until if it)])
