"""Whether somebody comes along to something in the agenda: what is known of it (pure).

A note names what it is about by a reference. When the agenda has no such time any more,
because it was cancelled or moved, nobody needs to come along to it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from companion.agenda import LONGEST, Entry, Occurrence, occurrences
from companion.notes import About, Note, Over, Reply
from companion.people import Person
from companion.understanding.times import MONTHS, WEEKDAYS, say_time

# As far ahead as a note stays open, and as far back as today.
LOOK_AHEAD = timedelta(days=35)

_OF_AGENDA = ("agenda ", "activity ")


def reference_of(one: Occurrence) -> str:
    """What names this one time of something in the agenda."""
    entry = one.entry
    if entry.activity:
        return f"activity {entry.source} {entry.activity} {one.wall.isoformat()}"
    return f"agenda {entry.id} {one.wall.isoformat()}"


def event_of(what: str, wall: datetime, is_all_day: bool) -> str:
    """What somebody is asked for: "De koffieochtend, dinsdag 24 november om tien uur".

    With its date, for it is read, and told again, on other days.

    Args:
        what: What it is.
        wall: When it begins, by the wall clock of the person.
        is_all_day: Whether it has no time of day.
    """
    day = f"{WEEKDAYS[wall.weekday()]} {wall.day} {MONTHS[wall.month - 1]}"
    when = day if is_all_day else f"{day} om {say_time(wall)}"
    event = f"{what[:LONGEST]}, {when}"
    return event[:1].upper() + event[1:]


def dropped(notes: Iterable[Note], entries: Sequence[Entry], today: date) -> list[Note]:
    """The notes about what is no longer in the agenda.

    Args:
        notes: Any.
        entries: All of the agenda.
        today: By the wall clock.
    """
    found = occurrences(entries, today - timedelta(days=1), today + LOOK_AHEAD)
    known = {reference_of(one) for one in found}
    return [
        note
        for note in notes
        if note.about is About.GO_ALONG
        and note.over in (None, Over.TOLD)
        and note.reference.startswith(_OF_AGENDA)
        and note.reference not in known
    ]


def with_company(
    note: Note, entries: Sequence[Entry], today: date, name: str
) -> Entry | None:
    """The entry with who comes along in its name: "koffieochtend met Anna".

    None where nobody does, where it is not found, or where it comes back: they come
    along once.

    Args:
        note: With its answer.
        entries: All of the agenda.
        today: By the wall clock.
        name: As the person names them.
    """
    if note.reply is not Reply.YES:
        return None
    for one in occurrences(entries, today, today + LOOK_AHEAD):
        what = f"{one.entry.what} met {name}"
        if reference_of(one) == note.reference:
            is_fit = not one.entry.comes_back and len(what) <= LONGEST
            return replace(one.entry, what=what) if is_fit else None
    return None


def name_in(people: Iterable[Person], note: Note) -> str:
    """How who was asked is named; empty if they are in the list no longer."""
    spoken = (person.spoken_name for person in people if person.id == note.person)
    return next(spoken, "")
