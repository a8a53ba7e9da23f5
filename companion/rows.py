"""The rows of the device's database, a class per table; see `companion.store`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CheckInRow:
    """A row of check_in; the columns in their order."""

    id: int | None
    day: str
    begun_at: str
    begun_s: float
    start: str
    outcome: str | None
    finished_at: str | None


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """A row of answer; the columns in their order."""

    id: int | None
    check_in: int | None
    question: str
    intent: str
    value_kind: str | None
    value: str | None
    confidence: float
    words: str | None
    at: str
    at_s: float


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A row of message; the columns in their order."""

    id: int | None
    check_in: int | None
    text: str
    is_confirmed: bool
    at: str
    at_s: float


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A row of person; the columns in their order."""

    id: int | None
    name: str
    spoken_name: str
    relation: str
    phone: str | None
    created_at: str
    video: str | None = None
    role: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class CallRow:
    """A row of call; the columns in their order."""

    id: int | None
    key: str
    direction: str
    person: int | None
    name: str | None
    began_at: str
    began_s: float
    answered_at: str | None
    ended_at: str | None
    reason: str | None
    told_at: str | None


@dataclass(frozen=True, slots=True)
class PauseRow:
    """A row of pause; the columns in their order."""

    id: int | None
    kind: str
    length_s: float
    at: str
    at_s: float


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """A row of consent; the columns in their order."""

    id: int | None
    person: int
    topic: str
    is_given: bool
    way: str
    at: str
    at_s: float


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """A row of alarm; the columns in their order."""

    id: str
    at: str
    at_s: float
    people: str
    kept_at: str | None
    acknowledged_by: int | None
    acknowledged_at: str | None
    over_at: str | None
    over_kept_at: str | None


@dataclass(frozen=True, slots=True)
class AgendaEntryRow:
    """A row of agenda_entry; the columns in their order."""

    id: int | None
    kind: str
    what: str
    day: str
    times: str
    rule: str
    ahead_min: int
    place: str
    uid: str
    created_at: str
    source: str = ""
    activity: str = ""
    bring: str = ""
    by_whom: str = ""
    is_private: int = 0


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A row of proposal; the columns in their order."""

    id: str
    member: str
    what: str
    day: str
    time: str
    place: str
    repeats: str
    came_at: str
    came_s: float
    state: str
    told: str


@dataclass(frozen=True, slots=True)
class AgendaChangeRow:
    """A row of agenda_change; the columns in their order."""

    id: int | None
    entry: int
    original: str
    moved_to: str | None


@dataclass(frozen=True, slots=True)
class AgendaToldRow:
    """A row of agenda_told; the columns in their order."""

    id: int | None
    entry: int
    wall: str
    notice: str
    response: str
    at: str
    at_s: float


@dataclass(frozen=True, slots=True)
class OpinionRow:
    """A row of opinion; the columns in their order."""

    id: int | None
    source: str
    activity: str
    kind: str
    why: str | None
    organisation: str
    category: str
    distance_m: int | None
    part: str | None
    cents: int | None
    at: str
    at_s: float


@dataclass(frozen=True, slots=True)
class HelpRow:
    """A row of help; the columns in their order."""

    id: str
    kind: str
    what: str
    moment: str
    stage: str
    at: str
    at_s: float
    asked_at: str | None
    asked: int


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A row of note; the columns in their order."""

    id: str
    person: int
    about: str
    text: str
    reference: str
    at: str
    at_s: float
    until: str
    kept_at: str | None
    reply: str | None
    said: str
    told_at: str | None
    over: str | None
    over_at: str | None
    over_kept_at: str | None


@dataclass(frozen=True, slots=True)
class VisitRow:
    """A row of visit; the columns in their order."""

    id: int | None
    uid: str
    who: str
    organisation: str
    about: str
    day: str
    at: str
    part: str
    known_by: str
    doubt_phone: str
    contact: int | None
    made_by: str
    created_at: str
    changed_at: str
    news: str
    suits: str
    is_noted: int
    is_cancelled: int
    wishes_asked: int
    came: str
    asked: int
    spoke_on: str | None


@dataclass(frozen=True, slots=True)
class VisitWishRow:
    """A row of visit_wish; the columns in their order."""

    id: int | None
    uid: str
    visit: str
    text: str
    at: str
    at_s: float
    passed_at: str | None


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """A row of promise; the columns in their order."""

    id: int | None
    uid: str
    visit: str
    text: str
    at: str
    at_s: float
    due: str
    ask_on: str
    kept: str
    misses: int
    asked: int
