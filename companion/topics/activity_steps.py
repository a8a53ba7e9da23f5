"""From "ja" to going: into the agenda, somebody along, and whom to ring about it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from companion.activities.suggesting import Suggestion, opinion_of
from companion.activities.tastes import OpinionKind
from companion.agenda import LONGEST, Entry, Kind, Occurrence, occurrences
from companion.along import reference_of
from companion.talk import Talk
from companion.topics.activities import Doing, tell_number
from companion.topics.activity_words import number_lines
from companion.topics.agenda import say_what
from companion.topics.along import ask_along

# To put on a coat and shoes, and not to have to hurry.
GET_READY_MIN = 20
# Where the way is not known, or somebody has to bring them.
USUAL_AHEAD_MIN = 60
# An hour and a half is as long as anybody remembers that they have to go.
MOST_AHEAD_MIN = 90
# Told in steps: "om vijf over half tien" is nobody's time to leave.
STEP_MIN = 5

# What has no end, and an appointment in the agenda, last about so long.
USUAL_LENGTH = timedelta(hours=1)


async def arrange(talk: Talk, doing: Doing, suggestion: Suggestion) -> None:
    """Offer the agenda, somebody along, and the number of who does it.

    Args:
        talk: The conversation.
        doing: What it needs.
        suggestion: What the person would like to go to.

    Raises:
        Stopped: If the person says stop.
        DangerHeard: If the person says something that needs help now.
    """
    planned = await _put_into_agenda(talk, doing, suggestion)
    await _ask_along(talk, doing, suggestion, planned)
    await _offer_number(talk, suggestion)
    await talk.say("outings.enjoy")


async def _put_into_agenda(
    talk: Talk, doing: Doing, suggestion: Suggestion
) -> Occurrence | None:
    """Put it there after a yes; None if it does not stand there."""
    entry = entry_of(suggestion, talk.clock.now())
    for what in await _at_the_same_time(talk, doing, suggestion):
        await talk.say("outings.same_time", what=what)
    if not await talk.confirm("outings.into_agenda", ends_early=False):
        await talk.say("outings.not_planned")
        return None
    if not await doing.agenda.add(entry):
        await talk.say("agenda.failed")
        return None
    now = talk.clock.now()
    await doing.tastes.note(opinion_of(suggestion, OpinionKind.PLANNED, now))
    doing.agenda_changed()
    await talk.say("outings.planned")
    kept = [it for it in await doing.agenda.entries() if replace(it, id=None) == entry]
    return next(iter(occurrences(kept, entry.day, entry.day)), None)


async def _ask_along(
    talk: Talk, doing: Doing, suggestion: Suggestion, planned: Occurrence | None
) -> None:
    now, starts = talk.clock.now(), suggestion.occurrence.start
    await ask_along(
        talk,
        doing.notes,
        doing.desk,
        what=suggestion.activity.title,
        starts=starts.astimezone(now.tzinfo),
        is_all_day=suggestion.occurrence.is_all_day,
        reference="" if planned is None else reference_of(planned),
    )


def entry_of(suggestion: Suggestion, now: datetime) -> Entry:
    """What is put into the agenda: this one time, with what is needed to go.

    Args:
        suggestion: What the person would like to go to.
        now: Local and aware; its zone becomes the agenda's.
    """
    activity, when = suggestion.activity, suggestion.occurrence
    starts = when.start.astimezone(now.tzinfo)
    place = activity.place
    return Entry(
        id=None,
        kind=Kind.APPOINTMENT,
        what=activity.title[:LONGEST],
        day=starts.date(),
        created_at=now,
        times=() if when.is_all_day else (starts.time().replace(fold=starts.fold),),
        ahead_min=ahead_min(suggestion),
        place=", ".join(it for it in (place.name, place.address) if it)[:LONGEST],
        source=activity.source,
        activity=activity.id,
        bring=activity.bring[:LONGEST],
    )


def ahead_min(suggestion: Suggestion) -> int:
    """How long before it begins it is time to get ready, in minutes."""
    if suggestion.walk_min is None or suggestion.is_rough:
        return USUAL_AHEAD_MIN
    needed = suggestion.walk_min + GET_READY_MIN
    rounded = -(-needed // STEP_MIN) * STEP_MIN
    return min(rounded, MOST_AHEAD_MIN)


async def _at_the_same_time(
    talk: Talk, doing: Doing, suggestion: Suggestion
) -> list[str]:
    """What else stands in the agenda then; nothing where it lasts all day."""
    now, when = talk.clock.now(), suggestion.occurrence
    if when.is_all_day or suggestion.is_open_house:
        return []
    assert now.tzinfo is not None
    starts = when.start.astimezone(UTC)
    ends = (when.end or when.start + USUAL_LENGTH).astimezone(UTC)
    day = when.start.astimezone(now.tzinfo).date()
    found = occurrences(await doing.agenda.entries(), day, day)
    return [
        say_what(talk.phrasebook, one.entry)
        for one in found
        if one.entry.kind is Kind.APPOINTMENT
        and not one.is_all_day
        and starts - USUAL_LENGTH < one.at(now.tzinfo).astimezone(UTC) < ends
    ]


async def _offer_number(talk: Talk, suggestion: Suggestion) -> None:
    """Where one has to sign up the number is said; where that is not known, offered."""
    activity = suggestion.activity
    found = number_lines(activity)
    if activity.must_sign_up:
        await talk.say("outings.sign_up")
        await tell_number(talk, activity)
    elif activity.must_sign_up is None and found is not None:
        who = found[0].facts["who"]
        if await talk.confirm("outings.wants_number", who=who):
            await tell_number(talk, activity)
