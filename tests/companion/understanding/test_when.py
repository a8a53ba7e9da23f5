"""When something is: as people say it, and said and understood again."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from companion.understanding.recurrence import (
    LAST,
    Every,
    Recurrence,
    read_rule,
    wall_times,
)
from companion.understanding.say_when import say_when
from companion.understanding.when import When, find_when
from tests.virtual_time import AMSTERDAM

# A Sunday.
NOW = datetime(2026, 11, 22, 14, 10, 20, tzinfo=AMSTERDAM)
same = hypothesis_settings(derandomize=True, deadline=None, max_examples=200)


def when(text: str, now: datetime = NOW) -> When:
    return find_when(text, now).when


def at(text: str, now: datetime = NOW) -> str:
    """The day and the times of it, briefly."""
    found = when(text, now)
    times = " ".join(f"{time:%H:%M}" for time in found.times)
    return f"{found.day} {times}".strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("over drie kwartier", "2026-11-22 14:56"),
        ("over een uur of twee", "2026-11-22 16:11"),
        ("over anderhalf uur", "2026-11-22 15:41"),
        ("volgende week donderdag", "2026-11-26"),
        ("donderdag volgende week om elf uur", "2026-11-26 11:00"),
        ("kwart voor negen 's avonds", "2026-11-22 20:45"),
        ("overmorgen", "2026-11-24"),
        ("eind van de maand", "2026-11-30"),
        ("het eind van volgende maand", "2026-12-31"),
        ("begin maart", "2027-03-01"),
        ("half maart", "2027-03-15"),
        ("de derde dinsdag van de maand", "2026-12-15"),
        ("laatste vrijdag van volgende maand", "2026-12-25"),
        ("15 maart", "2027-03-15"),
        ("vijftien maart om kwart over twee", "2027-03-15 14:15"),
        ("de vijftiende maart", "2027-03-15"),
        ("15-3", "2027-03-15"),
        ("1-12-2027", "2027-12-01"),
        ("1 mei 2028", "2028-05-01"),
        ("29 februari", "2028-02-29"),
        ("woensdag 25 november", "2026-11-25"),
        ("op de vijftiende om half drie", "2026-12-15 14:30"),
        ("tweede pinksterdag", "2027-05-17"),
        ("eerste paasdag", "2027-03-28"),
        ("hemelvaartsdag", "2027-05-06"),
        ("tweede kerstdag", "2026-12-26"),
        ("koningsdag", "2027-04-27"),
        ("moederdag", "2027-05-09"),
        ("vanavond om half acht", "2026-11-22 19:30"),
        ("vanavond om twaalf uur", "2026-11-23 00:00"),
        ("vannacht om drie uur", "2026-11-23 03:00"),
        ("zaterdagnacht om twee uur", "2026-11-29 02:00"),
        ("morgenochtend om negen uur", "2026-11-23 09:00"),
        ("overmorgenmiddag om twee uur", "2026-11-24 14:00"),
        ("dinsdagmiddag om drie uur", "2026-11-24 15:00"),
        ("zaterdag over een week", "2026-12-05"),
        ("vandaag over acht dagen", "2026-11-29"),
        ("over veertien dagen", "2026-12-06"),
        ("over twee weken op donderdag", "2026-12-03"),
        ("over een maand", "2026-12-22"),
        ("om half drie", "2026-11-22 14:30"),
        ("om twee uur", "2026-11-23 14:00"),
        ("om acht uur", "2026-11-22 20:00"),
        ("vandaag om tien uur", "2026-11-22 22:00"),
        ("morgen om 14:30", "2026-11-23 14:30"),
        ("maandag om 9.15 uur", "2026-11-23 09:15"),
        ("morgen om 20 uur", "2026-11-23 20:00"),
        ("morgen tien over half vier", "2026-11-23 15:40"),
        ("om acht over een week", "2026-11-29 08:00"),
        ("zondag om vijf voor twaalf", "2026-11-29 11:55"),
        ("morgen om 8, 13 en 18 uur", "2026-11-23 08:00 13:00 18:00"),
    ],
)
def test_days_and_times_as_people_say_them(text: str, expected: str) -> None:
    assert at(text) == expected


@pytest.mark.parametrize(
    ("text", "rule", "expected"),
    [
        ("elke dinsdag", "FREQ=WEEKLY;BYDAY=TU", "2026-11-24"),
        ("iedere dinsdag en donderdag om tien uur",
         "FREQ=WEEKLY;BYDAY=TU,TH", "2026-11-24 10:00"),
        ("elke dinsdagmiddag om drie uur", "FREQ=WEEKLY;BYDAY=TU", "2026-11-24 15:00"),
        ("'s woensdags om tien uur", "FREQ=WEEKLY;BYDAY=WE", "2026-11-25 10:00"),
        ("om de week op dinsdag", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "2026-11-24"),
        ("eens in de drie weken op vrijdag",
         "FREQ=WEEKLY;INTERVAL=3;BYDAY=FR", "2026-11-27"),
        ("om de week op dinsdag vanaf 1 december",
         "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "2026-12-01"),
        ("elke week op maandag", "FREQ=WEEKLY;BYDAY=MO", "2026-11-23"),
        ("elke werkdag om half negen", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
         "2026-11-23 08:30"),
        ("elke dag om acht uur en om zes uur", "FREQ=DAILY", "2026-11-22 08:00 18:00"),
        ("elke avond om negen uur", "FREQ=DAILY", "2026-11-22 21:00"),
        ("om de dag", "FREQ=DAILY;INTERVAL=2", "2026-11-22"),
        ("om de drie dagen", "FREQ=DAILY;INTERVAL=3", "2026-11-22"),
        ("elke derde dinsdag van de maand", "FREQ=MONTHLY;BYDAY=3TU", "2026-12-15"),
        ("elke maand op de laatste vrijdag", "FREQ=MONTHLY;BYDAY=-1FR", "2026-11-27"),
        ("elke maand op de eerste om tien uur", "FREQ=MONTHLY;BYMONTHDAY=1",
         "2026-12-01 10:00"),
        ("de laatste dag van elke maand", "FREQ=MONTHLY;BYMONTHDAY=-1", "2026-11-30"),
        ("elk jaar op 15 maart", "FREQ=YEARLY", "2027-03-15"),
        ("elke 15 maart", "FREQ=YEARLY", "2027-03-15"),
        ("elke dag tot en met vrijdag om negen uur 's avonds",
         "FREQ=DAILY;UNTIL=20261127T235959", "2026-11-22 21:00"),
        ("elke dag tot vrijdag", "FREQ=DAILY;UNTIL=20261126T235959", "2026-11-22"),
        ("elke dag twee weken lang", "FREQ=DAILY;UNTIL=20261205T235959", "2026-11-22"),
    ],
)  # fmt: skip
def test_what_comes_back(text: str, rule: str, expected: str) -> None:
    found = when(text)
    assert found.repeats is not None
    assert (found.repeats.rule, at(text)) == (rule, expected)


def test_how_often_a_day_is_a_number_where_no_times_are_said() -> None:
    found = when("drie keer per dag")
    assert (found.per_day, found.times) == (3, ())
    assert when("tweemaal daags").per_day == 2
    assert when("twee keer per dag om acht uur en om zes uur").per_day == 0


def test_a_week_is_seven_days_from_monday() -> None:
    assert (when("volgende week").day, when("volgende week").days) == (
        date(2026, 11, 23),
        7,
    )
    # NOW is a Sunday: who asks then means the week that begins.
    assert (when("deze week").day, when("deze week").days) == (NOW.date(), 8)
    wednesday = when("deze week", NOW + timedelta(days=3))
    assert (wednesday.day, wednesday.days) == (date(2026, 11, 25), 5)
    assert when("dit weekend").day == date(2026, 11, 22)
    assert when("volgend weekend", NOW + timedelta(days=2)).day == date(2026, 12, 5)


@pytest.mark.parametrize(
    ("text", "is_in_doubt"),
    [
        ("morgen om acht uur", True),
        ("morgen om negen uur", True),
        ("elke dag om half negen", True),
        # Nobody means half past two at night, nor ten in the evening.
        ("morgen om half drie", False),
        ("morgen om zes uur", False),
        ("morgen om tien uur", False),
        ("morgen om acht uur 's ochtends", False),
        ("morgenavond om acht uur", False),
        ("morgen om 20 uur", False),
        ("morgen om 8:30", True),
        ("morgen om 08:30", False),
        # This morning is over.
        ("om acht uur", False),
        # Who names more times goes through the day with them.
        ("elke dag om acht uur en om zes uur", False),
    ],
)
def test_only_what_may_mean_either_half_of_the_day_is_asked_back(
    text: str, is_in_doubt: bool
) -> None:
    assert when(text).is_in_doubt == is_in_doubt


def test_the_other_half_is_twelve_hours_on() -> None:
    assert when("morgen om acht uur").other_half.times == (time(20, 0),)
    assert not when("morgen om acht uur").certain.is_in_doubt


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("herinner mij om half drie aan de kapper", "herinner mij aan de kapper"),
        ("dinsdagmiddag om drie uur de fysiotherapeut", "de fysiotherapeut"),
        ("elke dag om acht uur en om zes uur mijn pillen", "mijn pillen"),
        ("vrijdag de vergadering op de tweede verdieping om twee uur",
         "de vergadering op de tweede verdieping"),
        ("over twintig minuten de aardappels", "de aardappels"),
        ("zet op 15-3 café José in mijn agenda", "zet café José in mijn agenda"),
        ("drie kaartjes kopen", "drie kaartjes kopen"),
        ("twee weken geleden", "twee weken geleden"),
        ("goedemorgen", "goedemorgen"),
    ],
)  # fmt: skip
def test_what_it_is_about_is_left_as_it_was_said(text: str, rest: str) -> None:
    assert find_when(text, NOW).rest == rest


@pytest.mark.parametrize(
    "text",
    [
        "",
        "de kapper",
        "drie",
        "ik ben de derde",
        "twaalf mensen",
        "de eerste keer",
        "?",
    ],
)
def test_nothing_is_made_of_what_tells_no_time(text: str) -> None:
    assert when(text).is_empty


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        # An hour of waiting is an hour, though the clock moves two.
        (datetime(2026, 3, 29, 1, 30, tzinfo=AMSTERDAM), "2026-03-29 03:30"),
        (datetime(2026, 10, 25, 2, 30, tzinfo=AMSTERDAM), "2026-10-25 02:30"),
        (datetime(2026, 12, 31, 23, 30, tzinfo=AMSTERDAM), "2027-01-01 00:30"),
    ],
)
def test_a_wait_is_elapsed_time(now: datetime, expected: str) -> None:
    assert at("over een uur", now) == expected
    (found,) = when("over een uur", now).times
    day = when("over een uur", now).day
    assert day is not None
    ends = datetime.combine(day, found, tzinfo=AMSTERDAM)
    assert ends.astimezone(UTC) - now.astimezone(UTC) == timedelta(hours=1)


# --- said and understood ---------------------------------------------------------

moments = st.integers(0, 4 * 365 * 24 * 60).map(
    lambda minutes: (
        datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    ).astimezone(AMSTERDAM)
)
times = st.times().map(lambda at: at.replace(second=0, microsecond=0, fold=0))


@same
@given(moments, st.integers(1, 1500), times)
def test_a_moment_that_is_said_is_understood(
    now: datetime, days: int, at: time
) -> None:
    said = When(now.date() + timedelta(days=days), (at,))
    assert when(say_when(said, now), now) == said


@same
@given(moments, st.integers(0, 1500))
def test_a_day_that_is_said_is_understood(now: datetime, days: int) -> None:
    said = When(now.date() + timedelta(days=days))
    assert when(say_when(said, now), now) == said


weekdays = st.sets(st.integers(0, 6), min_size=1, max_size=4).map(
    lambda days: tuple(sorted(days))
)
recurrences = st.one_of(
    st.builds(Recurrence, st.just(Every.DAY), st.integers(1, 12)),
    st.builds(Recurrence, st.just(Every.WEEK), st.integers(1, 8), weekdays),
    st.builds(
        Recurrence,
        st.just(Every.MONTH),
        st.just(1),
        st.integers(0, 6).map(lambda day: (day,)),
        st.sampled_from([1, 2, 3, 4, LAST]),
    ),
    st.builds(
        lambda day: Recurrence(Every.MONTH, month_day=day),
        st.sampled_from([*range(1, 32), LAST]),
    ),
    st.just(Recurrence(Every.YEAR)),
)


@same
@given(
    moments,
    recurrences,
    st.integers(0, 364),
    st.sets(times, min_size=1, max_size=3).map(lambda found: tuple(sorted(found))),
)
def test_what_comes_back_is_understood_as_it_is_said(
    now: datetime, repeats: Recurrence, days: int, at: tuple[time, ...]
) -> None:
    first = repeats.first(now.date() + timedelta(days=days))
    said = When(first, at, repeats=repeats)
    assert when(say_when(said, now), now) == said


@same
@given(moments, recurrences, st.integers(30, 300))
def test_an_end_is_understood_as_it_is_said(
    now: datetime, repeats: Recurrence, days: int
) -> None:
    until = now.date() + timedelta(days=days)
    first = repeats.first(now.date())
    whole = replace(repeats, until=until)
    assume(first <= until)
    said = When(first, repeats=whole)
    assert when(say_when(said, now), now) == said


@same
@given(recurrences)
def test_a_rule_that_is_written_is_read(repeats: Recurrence) -> None:
    assert read_rule(repeats.rule) == repeats


@pytest.mark.parametrize(
    "rule",
    ["", "FREQ=HOURLY", "FREQ=WEEKLY;BYHOUR=3", "FREQ=MONTHLY;BYDAY=1MO,3MO",
     "FREQ=DAILY;COUNT=3", "FREQ=YEARLY;BYDAY=MO", "FREQ=DAILY;INTERVAL=x", "nonsense"],
)  # fmt: skip
def test_a_rule_that_nobody_would_say_is_none(rule: str) -> None:
    assert read_rule(rule) is None


def test_a_thirty_first_is_the_last_day_of_a_shorter_month() -> None:
    repeats = Recurrence(Every.MONTH, month_day=31)
    start = datetime.combine(date(2026, 1, 31), time(10))
    found = wall_times(repeats.rule, start, date(2026, 1, 1), date(2026, 4, 30))
    assert [at.day for at in found] == [31, 28, 31, 30]


@same
@given(st.text(alphabet="abdehijklmnoprstuvw 0123456789:-'", max_size=40), moments)
def test_no_words_break_it(text: str, now: datetime) -> None:
    find_when(text, now)


@same
@given(
    st.lists(
        st.sampled_from(
            "om elke de half drie kwart over voor uur week dag dinsdag maand tot en "
            "maart volgende 15 31 februari vanaf avond ochtend per keer eerste laatste "
            "van op 's in over minuten morgen nacht met 99 0 24:00".split()
        ),
        max_size=12,
    ).map(" ".join),
    moments,
)
def test_no_jumble_of_its_own_words_breaks_it(text: str, now: datetime) -> None:
    found = find_when(text, now).when
    say_when(found, now)
