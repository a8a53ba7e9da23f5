"""Something is put into the agenda: what, when, read back, and kept after a yes."""

from dataclasses import replace
from datetime import datetime, time, timedelta

from companion.agenda import LONGEST, Entry, Kind, moment, next_of
from companion.agenda_book import AgendaMemory
from companion.asking import Question
from companion.talk import Talk
from companion.understanding.agenda_wishes import read_told, to_you
from companion.understanding.intents import Intent, Meaning
from companion.understanding.recurrence import Every, Recurrence, read_rule
from companion.understanding.say_when import say_when
from companion.understanding.times import say_time
from companion.understanding.when import When, begin, find_when
from companion.wording import Phrasebook

ABOUT = Question(
    name="agenda.about", answers=frozenset({Intent.FREE_TEXT}), ends_early=False
)
DAY = Question(
    name="agenda.day", answers=frozenset({Intent.FREE_TEXT}), ends_early=False
)
HOUR = Question(
    name="agenda.hour", answers=frozenset({Intent.FREE_TEXT}), ends_early=False
)
RETELL = Question(
    name="agenda.retell",
    answers=frozenset({Intent.FREE_TEXT, Intent.NO}),
    no=Intent.NO,
    ends_early=False,
)

# What comes back, comes back within a year and a bit.
LOOK_AHEAD = timedelta(days=400)

# Day, hour, and once more for what was not understood.
QUESTIONS_AT_MOST = 4

# With breakfast, lunch, supper, and before bed: where only a number was said. It is
# read back, like everything.
TIMES_PER_DAY = {
    1: (time(9, 0),),
    2: (time(8, 0), time(18, 0)),
    3: (time(8, 0), time(13, 0), time(18, 0)),
    4: (time(8, 0), time(13, 0), time(18, 0), time(21, 0)),
}
USUAL = {
    "ochtend": time(9, 0),
    "middag": time(14, 0),
    "avond": time(19, 0),
    "nacht": time(23, 0),
}


async def note_down(
    talk: Talk, agenda: AgendaMemory, words: str, intent: Intent
) -> None:
    """Keep what the person wants to be told of, after a yes to all of it.

    Args:
        talk: The conversation.
        agenda: Where it is kept.
        words: What was said, with what and when as far as that was told.
        intent: REMIND or NOTE_DOWN.

    Raises:
        DangerHeard: If the person says something that needs help now.
    """
    for _ in range(2):
        said_at = talk.clock.now()
        entry = await _complete(talk, words, intent, said_at)
        if entry is None:
            break
        if await _is_right(talk, entry, said_at):
            await _keep(talk, agenda, entry)
            return
        again = await ask_words(talk, RETELL)
        if again is None:
            break
        words, intent = again, _intent_of(entry)
    await talk.say("agenda.not_kept")


def _intent_of(entry: Entry) -> Intent:
    """What was wanted at first still holds when it is told once more."""
    is_noted = entry.kind is Kind.APPOINTMENT
    return Intent.NOTE_DOWN if is_noted else Intent.REMIND


async def _complete(
    talk: Talk, words: str, intent: Intent, said_at: datetime
) -> Entry | None:
    """What was told, with what was missing asked for; None if it stays unknown."""
    told = read_told(words, intent, said_at)
    what, kind = told.what, told.kind
    if not what:
        answer = await ask_words(talk, ABOUT)
        if answer is None:
            return None
        # Who is asked what it is about may tell when as well.
        more = read_told(answer, intent, said_at)
        what = more.what or answer
        kind = more.kind if more.kind is not Kind.REMINDER else kind
        told = replace(told, said=f"{told.said} {more.said}".strip())
    when = await ask_when(talk, told.said, kind, said_at)
    if when is None or when.day is None:
        return None
    is_yearly = kind is Kind.BIRTHDAY and when.repeats is None
    repeats = Recurrence(Every.YEAR) if is_yearly else when.repeats
    return Entry(
        id=None,
        kind=kind,
        what=what[:LONGEST],
        day=when.day,
        created_at=talk.clock.now(),
        times=() if kind is Kind.BIRTHDAY else tuple(sorted(when.times)),
        rule="" if repeats is None else repeats.rule,
    )


async def ask_words(talk: Talk, question: Question) -> str | None:
    """An answer in words of one's own; None for none."""
    reply = await talk.ask(question)
    match reply:
        case Meaning(intent=Intent.FREE_TEXT, value=str(words)):
            return words
    return None


async def ask_when(talk: Talk, said: str, kind: Kind, said_at: datetime) -> When | None:
    """When it is, with what was missing asked for; None if it stays unknown.

    Args:
        talk: The conversation.
        said: The words that told when so far.
        kind: What it is: a birthday needs no hour, an appointment may lack it.
        said_at: When they were said: midnight may come before the last answer, and
            "morgen" stays the day that was meant.
    """
    has_asked_hour = False
    for _ in range(QUESTIONS_AT_MOST):
        when = _with_usual_times(find_when(said, said_at).when, said_at)
        if when.day is None or when.days > 1:
            answer = await ask_words(talk, DAY)
            if answer is None:
                return None
            said = f"{said} {find_when(answer, said_at).said}".strip()
        elif _is_over(when, talk.clock.now()):
            await talk.say("agenda.over")
            said = ""
        elif not when.times and kind is not Kind.BIRTHDAY and not has_asked_hour:
            has_asked_hour = True
            said = f"{said} {await _ask_hour(talk, said_at)}".strip()
        elif when.is_in_doubt:
            is_meant = await talk.confirm("agenda.half", time=say_time(when.times[0]))
            return when.certain if is_meant else when.other_half
        elif not when.times and kind in (Kind.REMINDER, Kind.MEDICINE):
            return replace(when, times=(USUAL[when.part or "ochtend"],), part="")
        else:
            return when
    return None


async def _ask_hour(talk: Talk, now: datetime) -> str:
    """The words that tell the hour; none where it lasts all day, or nobody knows."""
    answer = await ask_words(talk, HOUR)
    if answer is None:
        return ""
    for words in (answer, f"om {answer}"):
        found = find_when(words, now)
        if found.when.times:
            return found.said
    return find_when(answer, now).said


def _with_usual_times(when: When, now: datetime) -> When:
    """ "Drie keer per dag": with the meals, the first time as soon as that can be."""
    times = TIMES_PER_DAY.get(when.per_day, ())
    if not times or when.repeats is None:
        return when
    _, day = begin(when.repeats, None, times, now)
    is_later = when.day is not None and day is not None and when.day > day
    return replace(when, times=times, per_day=0, day=when.day if is_later else day)


def _is_over(when: When, now: datetime) -> bool:
    """Whether all of it lies in the past."""
    assert when.day is not None and now.tzinfo is not None
    if when.repeats is not None:
        until = when.repeats.until
        return until is not None and until < max(when.day, now.date())
    last = max(when.times, default=time.max.replace(second=0, microsecond=0))
    ends = moment(datetime.combine(when.day, last), now.tzinfo)
    return ends.timestamp() <= now.timestamp()


async def _is_right(talk: Talk, entry: Entry, said_at: datetime) -> bool:
    """Whether it is right as it was understood. Never early: it will be kept."""
    return await talk.confirm(
        "agenda.right",
        ends_early=False,
        moment=say_entry(entry, said_at),
        what=say_what(talk.phrasebook, entry),
    )


def say_entry(entry: Entry, now: datetime) -> str:
    """When it is: "morgen om half drie 's middags", "elke dinsdag"."""
    repeats = read_rule(entry.rule) if entry.rule else None
    day = entry.day
    if entry.rule and day < now.date():
        # That it began last year says nothing about when it is.
        coming = next_of(entry, now, LOOK_AHEAD)
        day = coming.wall.date() if coming else day
    return say_when(When(day, entry.times, repeats=repeats), now)


def say_what(phrasebook: Phrasebook, entry: Entry) -> str:
    """What it is about, as it is said to the person."""
    # What somebody else wrote speaks of "mijn" as theirs.
    what = entry.what if entry.by else to_you(entry.what)
    if entry.kind is Kind.BIRTHDAY:
        return phrasebook.text("agenda.birthday_of", who=what)
    return what


async def _keep(talk: Talk, agenda: AgendaMemory, entry: Entry) -> None:
    if entry.kind is Kind.BIRTHDAY and (entry.day.month, entry.day.day) == (2, 29):
        entry = replace(entry, rule="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1")
    if not await agenda.add(entry):
        await talk.say("agenda.failed")
        return
    kind = "day" if entry.is_all_day and entry.kind is Kind.APPOINTMENT else entry.kind
    await talk.say(f"agenda.kept.{kind}")
