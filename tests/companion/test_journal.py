"""What was told comes back equal, and goes when it must."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from companion.journal import (
    Answer,
    Away,
    AwayKind,
    CheckInId,
    Journal,
    Outcome,
    Start,
    _decode,
    _encode,
)
from companion.store import StoreError, StoreFull, open_store
from companion.understanding.intents import Danger, Intent, Named, Value

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=AMSTERDAM)
TODAY = NOW.date()
EVER = (datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


def answer(
    question: str = "mood",
    intent: Intent = Intent.MOOD_LOW,
    value: Value | None = None,
    words: str | None = None,
    at: datetime = NOW,
    checkin: CheckInId | None = None,
) -> Answer:
    return Answer(question, intent, value, 0.75, words, at, checkin)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
async def journal(path: Path) -> AsyncIterator[Journal]:
    journal = Journal(open_store(path, NOW), keeps_words=True)
    yield journal
    await journal.close()


def bytes_of(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in path.parent.iterdir())


@pytest.mark.parametrize(
    "value",
    [
        None,
        0,
        -7,
        "knee",
        "",
        time(14, 30),
        datetime(2026, 3, 2, 14, 30, tzinfo=AMSTERDAM),
        NOW.replace(tzinfo=None),
        timedelta(minutes=-5, microseconds=1),
        (1, 7),
        (),
        Named((1, 7), "presence"),
        Named((), "use"),
    ],
)
async def test_an_answer_comes_back_equal(journal: Journal, value: Value) -> None:
    checkin = await journal.begin_checkin(TODAY, NOW)
    told = answer(value=value, words="mijn knie", checkin=checkin)
    await journal.record(told)
    assert await journal.answers(*EVER) == [told]
    assert await journal.last_answer("mood", NOW + timedelta(seconds=1)) == told


@given(
    st.one_of(
        st.integers(),
        st.text(),
        st.times(),
        st.datetimes(timezones=st.one_of(st.none(), st.timezones())),
        st.timedeltas(),
    )
)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, derandomize=True)
def test_every_value_survives_being_written(value: Value) -> None:
    kind, text = _encode(value)
    read = _decode(kind, text)
    assert type(read) is type(value)
    if isinstance(value, datetime) and value.tzinfo is not None:
        # Two zones compare by the moment, which the ambiguous hour never equals.
        assert isinstance(read, datetime)
        assert read.astimezone(UTC) == value.astimezone(UTC)
    else:
        assert read == value


async def test_the_last_answer_is_the_newest_before_a_moment(journal: Journal) -> None:
    for days, intent in ((2, Intent.SLEPT_BADLY), (1, Intent.SLEPT_WELL)):
        at = NOW - timedelta(days=days)
        await journal.record(answer("sleep", intent, at=at))
    await journal.record(answer("mood", Intent.MOOD_GOOD, at=NOW))
    last = await journal.last_answer("sleep", NOW)
    assert last is not None
    assert last.intent is Intent.SLEPT_WELL
    earlier = await journal.last_answer("sleep", NOW - timedelta(days=1))
    assert earlier is not None
    assert earlier.intent is Intent.SLEPT_BADLY
    assert await journal.last_answer("pain", NOW) is None


async def test_what_is_said_in_danger_cannot_be_written_down(journal: Journal) -> None:
    danger: Any = Danger.SUICIDE
    for danger in Danger:
        with pytest.raises(TypeError):
            answer(intent=danger)
    assert not {d.value for d in Danger} & {i.value for i in Intent}
    assert await journal.answers(*EVER) == []


def test_an_answer_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        answer(at=NOW.replace(tzinfo=None))


async def test_words_stay_out_unless_the_settings_allow_them(path: Path) -> None:
    journal = Journal(open_store(path, NOW), keeps_words=False)
    await journal.record(answer(words="geheimpje"))
    await journal.record(
        answer("open", Intent.FREE_TEXT, value="geheimpje", words="geheimpje")
    )
    assert [(a.words, a.value) for a in await journal.answers(*EVER)] == [
        (None, None)
    ] * 2
    await journal.close()
    assert b"geheimpje" not in bytes_of(path)


async def test_forgetting_what_was_just_said(journal: Journal, path: Path) -> None:
    await journal.record(answer(words="blijft"))
    await journal.record(answer(words="geheimpje", at=NOW + timedelta(minutes=1)))
    assert await journal.forget_last_answer()
    assert [a.words for a in await journal.answers(*EVER)] == ["blijft"]
    assert b"geheimpje" not in bytes_of(path)
    assert await journal.forget_last_answer()
    assert not await journal.forget_last_answer()


async def test_a_message_can_be_what_was_just_said(journal: Journal) -> None:
    await journal.record(answer())
    await journal.keep_message("de kat is ziek", NOW + timedelta(seconds=9))
    assert await journal.forget_last_answer()
    assert await journal.messages(*EVER) == []
    assert len(await journal.answers(*EVER)) == 1


async def test_forgetting_one_conversation_leaves_the_others(journal: Journal) -> None:
    first = await journal.begin_checkin(TODAY, NOW)
    second = await journal.begin_checkin(TODAY, NOW)
    for checkin in (first, second):
        await journal.record(answer(checkin=checkin))
        await journal.keep_message("dag", NOW, checkin)
    await journal.forget_conversation(first)
    assert [a.checkin for a in await journal.answers(*EVER)] == [second]
    assert [m.checkin for m in await journal.messages(*EVER)] == [second]
    assert len(await journal.check_ins(TODAY, TODAY)) == 2


async def test_forgetting_all_leaves_nothing_that_was_told(
    journal: Journal, path: Path
) -> None:
    checkin = await journal.begin_checkin(TODAY, NOW)
    await journal.record(answer(words="geheimpje een", checkin=checkin))
    await journal.keep_message("geheimpje twee", NOW, checkin, is_confirmed=True)
    await journal.wording_used("checkin.mood.ask", 1, TODAY)
    await journal.set_away(Away(AwayKind.HOSPITAL))
    await journal.remember_volume(5)
    await journal.forget_all()
    export = await journal.export()
    assert export["answers"] == export["messages"] == export["check_ins"] == []
    assert await journal.wordings_since(date(2000, 1, 1)) == []
    assert await journal.away() is None
    assert await journal.volume() == 5
    assert b"geheimpje" not in bytes_of(path)
    assert b"hospital" not in bytes_of(path)


async def test_after_forgetting_all_it_does_not_ask_again_today(
    journal: Journal,
) -> None:
    checkin = await journal.begin_checkin(TODAY, NOW)
    await journal.forget_all()
    assert (await journal.facts(TODAY)).rest_day == TODAY
    # The conversation goes on; none of it is taken for another one.
    await journal.record(answer(checkin=checkin))
    await journal.finish_checkin(checkin, Outcome.DONE, NOW)
    later = await journal.begin_checkin(TODAY, NOW)
    assert later != checkin
    [only] = await journal.check_ins(TODAY, TODAY)
    assert only.outcome is None


async def test_forgetting_before_any_answer_leaves_today_open(journal: Journal) -> None:
    checkin = await journal.begin_checkin(TODAY, NOW)
    await journal.finish_checkin(checkin, Outcome.NO_ANSWER)
    await journal.forget_all()
    assert (await journal.facts(TODAY)).rest_day is None


async def test_old_answers_go_and_new_ones_stay(journal: Journal) -> None:
    ages = (0, 364, 366, 900)
    for days in ages:
        at = NOW - timedelta(days=days)
        await journal.record(answer(at=at))
        await journal.keep_message("dag", at)
        await journal.begin_checkin(at.date(), at)
        await journal.wording_used("x", days, at.date())
    assert await journal.apply_retention(365, TODAY) == 4
    assert len(await journal.answers(*EVER)) == 2
    assert len(await journal.messages(*EVER)) == 2
    assert len(await journal.check_ins(date(2000, 1, 1), TODAY)) == 2
    assert [v for _, v in await journal.wordings_since(date(2000, 1, 1))] == [0, 364]
    assert await journal.apply_retention(365, TODAY) == 0


async def test_a_day_of_check_ins_and_the_day_before_are_remembered(
    journal: Journal,
) -> None:
    yesterday = await journal.begin_checkin(TODAY - timedelta(days=1), NOW)
    first = await journal.begin_checkin(TODAY, NOW, Start.FIRST_PRESS)
    await journal.finish_checkin(first, Outcome.NO_ANSWER, NOW)
    second = await journal.begin_checkin(TODAY, NOW)
    await journal.record_missed(TODAY, NOW)
    await journal.begin_checkin(TODAY - timedelta(days=2), NOW)
    before, *kept = (await journal.facts(TODAY)).check_ins
    assert before.id == yesterday
    assert [(c.start, c.outcome) for c in kept] == [
        (Start.FIRST_PRESS, Outcome.NO_ANSWER),
        (Start.SET_TIME, None),
        (Start.SET_TIME, Outcome.MISSED),
    ]
    assert kept[1].id == second
    assert kept[1].begun_at == NOW


async def test_the_little_that_lasts_survives_a_new_start(path: Path) -> None:
    first = Journal(open_store(path, NOW))
    assert await first.volume() is None
    assert await first.rate_wpm() is None
    await first.remember_volume(2)
    await first.remember_volume(0)
    await first.remember_rate(140)
    await first.set_away(Away(AwayKind.HOLIDAY, date(2026, 3, 9)))
    await first.postpone(NOW + timedelta(hours=1))
    await first.remember_press(TODAY)
    await first.close()

    second = Journal(open_store(path, NOW))
    assert await second.volume() == 0
    assert await second.rate_wpm() == 140
    facts = await second.facts(TODAY)
    assert facts.away == Away(AwayKind.HOLIDAY, date(2026, 3, 9))
    assert facts.postponed_until == NOW + timedelta(hours=1)
    assert facts.pressed_on == TODAY
    await second.set_away(None)
    await second.postpone(None)
    assert (await second.facts(TODAY)).away is None
    assert (await second.facts(TODAY)).postponed_until is None
    await second.close()


async def test_wordings_come_back_in_the_order_they_were_said(journal: Journal) -> None:
    for variant, days in ((3, 5), (2, 1), (0, 0), (1, 0)):
        day = TODAY - timedelta(days=days)
        await journal.wording_used("greeting", variant, day)
    since = TODAY - timedelta(days=3)
    assert await journal.wordings_since(since) == [
        ("greeting", 2),
        ("greeting", 0),
        ("greeting", 1),
    ]


async def test_a_message_counts_once_it_is_confirmed(journal: Journal) -> None:
    message = await journal.keep_message("de kat is ziek", NOW)
    assert [m.is_confirmed for m in await journal.messages(*EVER)] == [False]
    await journal.confirm_message(message)
    assert [m.is_confirmed for m in await journal.messages(*EVER)] == [True]


async def test_everything_can_be_taken_along(journal: Journal) -> None:
    checkin = await journal.begin_checkin(TODAY, NOW)
    await journal.record(
        answer(
            "sleep", Intent.TIME_OF_DAY, time(7, 5), "om vijf over zeven", NOW, checkin
        )
    )
    await journal.record(answer("glasses", Intent.NUMBER, 4))
    await journal.keep_message("dag", NOW, checkin, is_confirmed=True)
    await journal.finish_checkin(checkin, Outcome.DONE, NOW)
    export = json.loads(json.dumps(await journal.export()))
    assert export["check_ins"][0]["outcome"] == "done"
    assert export["answers"][0]["value"] == "07:05:00"
    assert export["answers"][0]["words"] == "om vijf over zeven"
    assert export["answers"][1]["value"] == 4
    assert export["messages"][0]["text"] == "dag"


async def test_an_answer_is_kept_though_its_topic_is_cancelled(
    journal: Journal,
) -> None:
    started, gate = threading.Event(), threading.Event()

    def hold_up() -> None:
        started.set()
        gate.wait(10)

    held = asyncio.ensure_future(journal._run(hold_up))
    await asyncio.to_thread(started.wait, 10)
    telling = asyncio.ensure_future(journal.record(answer()))
    # It runs up to its place in the queue, and waits there.
    await asyncio.wait({telling}, timeout=0.01)
    assert not telling.done()
    telling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await telling
    gate.set()
    await held
    assert len(await journal.answers(*EVER)) == 1


async def test_a_full_disk_is_said_to_the_one_who_tells(journal: Journal) -> None:
    connection = journal._store._connection
    connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(StoreFull):
        await journal.record(answer(words="w" * 100_000))


async def test_after_closing_every_call_has_a_typed_error(journal: Journal) -> None:
    await journal.close()
    await journal.close()
    with pytest.raises(StoreError, match="closed"):
        await journal.record(answer())
