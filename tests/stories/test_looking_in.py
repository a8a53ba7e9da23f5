"""A check-in that nobody answers: who is asked to look in, and what is told of it."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from calls.call_messages import Reason
from calls.messages import Alarm, AlarmOver, Role
from companion.checkins import Outcome
from companion.consent import Agreement
from companion.people import Person
from companion.settings import Settings
from hardware.panel import Button
from tests.stories.home_with_phone import ANNA, PIET, Said, let_connect
from tests.stories.paper_hub import PaperHub
from tests.stories.paper_phone import ANSWERS, PaperPhone
from tests.stories.person import Answers, Home, living
from tests.virtual_time import AMSTERDAM, VirtualLoop, run
from voice.speech import Chime

EARLY = datetime(2026, 3, 23, 8, 55, tzinfo=AMSTERDAM)
MISSED_BY = datetime(2026, 3, 23, 9, 32, tzinfo=AMSTERDAM)
AGREED = frozenset({Agreement.MISSED_CHECK_IN})

TELLS_ANNA = replace(ANNA, agreed=AGREED, role=Role.CLOSE_FAMILY)
TELLS_PIET = replace(PIET, agreed=AGREED, role=Role.FAMILY)

Story = Callable[[Home, PaperHub, PaperPhone], Coroutine[None, None, None]]


class Family:
    """The list of people, which may change while the story goes on."""

    def __init__(self, *people: Person) -> None:
        self.people: Sequence[Person] = people

    async def listed(self) -> Sequence[Person]:
        return self.people


def at_home(
    folder: Path,
    story: Story,
    family: Family | None = None,
    answers: Said | None = None,
    hub: PaperHub | None = None,
    start: datetime = EARLY,
    phone: PaperPhone | None = None,
) -> Home:
    """A home in which nobody answers of their own accord."""

    async def main() -> Home:
        line, people = hub or PaperHub(), family or Family(TELLS_PIET, TELLS_ANNA)
        rings = phone or PaperPhone()
        async with living(
            folder,
            start,
            Answers(answers or {}, base={}),
            Settings(),
            people=people.listed,
            phone=rings,
            line=line,
        ) as home:
            await asyncio.sleep(1)
            await story(home, line, rings)
            return home

    return run(main(), VirtualLoop())


def notice_of(home: Home) -> str:
    return home.screen.view.notice


def count(home: Home, key: str) -> int:
    return home.person.keys().count(key)


# -- missed ----------------------------------------------------------------------------


def test_a_missed_check_in_is_told_to_close_family_first_and_said(
    tmp_path: Path,
) -> None:
    async def story(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
        await home.until(MISSED_BY)
        (alarm,) = hub.received
        assert isinstance(alarm, Alarm)
        assert alarm.members == ("member-1", "member-2")
        assert alarm.kind == "missed_check_in"
        (missed,) = [
            c
            for c in await home.journal.check_ins(EARLY.date(), EARLY.date())
            if c.outcome is Outcome.MISSED
        ]
        assert alarm.at == missed.begun_at.timestamp()
        assert home.person.texts()[-1] == (
            "U hebt niet geantwoord. Ik vraag Anna om even te kijken."
        )
        assert "Anna" in notice_of(home)
        assert "Niemand" not in notice_of(home)
        # Once, however long nobody comes.
        await home.until(MISSED_BY + timedelta(hours=6))
        assert len(hub.received) == 1
        assert count(home, "alarm.asks") == 1

    home = at_home(tmp_path, story)
    assert "checkin.missed_said" not in home.person.keys()


def test_without_agreement_nobody_is_told_and_that_is_said(tmp_path: Path) -> None:
    async def story(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
        await home.until(MISSED_BY + timedelta(minutes=5))
        assert hub.received == []
        assert home.person.keys()[-1] == "checkin.missed_said"
        assert "Niemand krijgt daar bericht van" in notice_of(home)

    at_home(tmp_path, story, Family(ANNA, replace(TELLS_PIET, video=None)))


def test_after_a_power_cut_family_is_told_at_night_and_the_house_stays_still(
    tmp_path: Path,
) -> None:
    async def first(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
        await home.until(EARLY + timedelta(minutes=10))

    async def at_night(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
        assert [type(each) for each in hub.received] == [Alarm]
        hub.acknowledges("member-1")
        await asyncio.sleep(3600)
        assert home.person.said == [] and home.person.chimes == []
        assert notice_of(home) == "Anna kijkt even bij u."

    at_home(tmp_path, first)
    at_home(tmp_path, at_night, start=EARLY.replace(hour=23))


# -- somebody takes care ---------------------------------------------------------------


def test_who_takes_care_is_told_once_and_shown_until_the_person_is_heard(
    tmp_path: Path,
) -> None:
    async def story(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
        await home.until(MISSED_BY)
        for _ in range(3):
            hub.acknowledges("member-2")
            await asyncio.sleep(20)
        assert home.person.texts()[-1] == "Piet kijkt even."
        assert home.person.chimes[-1] is Chime.ATTENTION
        assert count(home, "alarm.looks") == 1
        await home.until(MISSED_BY + timedelta(hours=2))
        assert notice_of(home) == "Piet kijkt even bij u."
        assert count(home, "alarm.looks") == 1
        (kept,) = await home.journal.alarms(EARLY, MISSED_BY)
        assert kept.acknowledged_by == 2

        await home.press(Button.TALK)
        assert len(hub.over) == 1
        assert "Piet kijkt" not in notice_of(home)

    home = at_home(tmp_path, story, answers={"conversation.wish": "stop"})
    assert "U had nog niet geantwoord. Piet kijkt daarom even." in home.person.texts()


def test_who_takes_care_while_somebody_talks_is_told_when_the_floor_is_free(
    tmp_path: Path,
) -> None:
    async def story(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
        await home.until(MISSED_BY)
        # It rings, and nobody takes it: that is no sign of life.
        call = phone.comes_in("member-2")
        await asyncio.sleep(5)
        hub.acknowledges("member-1")
        await asyncio.sleep(5)
        assert count(home, "alarm.looks") == 0
        call.over(Reason.HUNG_UP)
        await asyncio.sleep(20)
        assert count(home, "alarm.looks") == 1
        assert hub.over == []

    at_home(tmp_path, story)


def test_somebody_who_is_not_known_any_more_looks_in_all_the_same(
    tmp_path: Path,
) -> None:
    family = Family(TELLS_ANNA)

    async def story(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
        await home.until(MISSED_BY)
        family.people = ()
        hub.acknowledges("member-1")
        await asyncio.sleep(20)
        assert home.person.texts()[-1] == "Iemand kijkt even."

    at_home(tmp_path, story, family)


# -- the person is heard ---------------------------------------------------------------


def test_a_press_is_the_end_of_it_and_that_is_told(tmp_path: Path) -> None:
    async def story(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
        await home.until(MISSED_BY + timedelta(minutes=20))
        await home.press(Button.TALK)
        alarm, over = hub.received
        assert isinstance(alarm, Alarm) and isinstance(over, AlarmOver)
        assert over.alarm == alarm.alarm
        assert home.person.texts()[-1] == "Ik laat Anna weten dat u er weer bent."
        assert notice_of(home) == ""
        await home.press(Button.TALK)
        assert len(hub.received) == 2
        (kept,) = await home.journal.alarms(EARLY, MISSED_BY)
        assert kept.over_at is not None and kept.over_kept_at is not None

    home = at_home(tmp_path, story, answers={"conversation.wish": "hoe laat is het"})
    said = home.person.texts()
    report = "U had nog niet geantwoord. Ik heb Anna gevraagd om even te kijken."
    assert said.count(report) == 1
    assert "checkin.missed_earlier_said" not in home.person.keys()
    assert count(home, "alarm.over") == 1


def test_who_wants_silence_reads_that_family_hears_of_it(tmp_path: Path) -> None:
    async def story(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
        await home.until(MISSED_BY + timedelta(minutes=20))
        await home.press(Button.TALK, 5)
        said = len(home.person.said)
        await home.press(Button.TALK, 30)
        assert len(hub.over) == 1
        assert len(home.person.said) == said
        assert notice_of(home) == "Anna hoort dat u er weer bent."
        await home.press(Button.TALK, 60)
        assert notice_of(home) == ""

    at_home(tmp_path, story)


def test_every_button_is_a_sign_of_life(tmp_path: Path) -> None:
    for button in Button:

        async def story(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
            await home.until(MISSED_BY + timedelta(minutes=20))
            await home.press(button, 600)  # noqa: B023 (called before the next)
            assert len(hub.over) == 1, button  # noqa: B023

        folder = tmp_path / button
        folder.mkdir()
        at_home(folder, story)


def test_a_check_in_that_is_answered_the_next_day_is_one_too(tmp_path: Path) -> None:
    async def story(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
        await home.until(MISSED_BY + timedelta(hours=23))
        assert hub.over == []
        home.person.answer = Answers({})
        await home.until(MISSED_BY + timedelta(hours=24))
        assert len(hub.over) == 1
        assert home.person.texts()[-1] == "Ik laat Anna weten dat u er weer bent."

    at_home(tmp_path, story)


def test_two_days_without_an_answer_are_two_alarms_and_one_end(tmp_path: Path) -> None:
    async def story(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
        await home.until(MISSED_BY + timedelta(hours=25))
        assert len(hub.told) == 2
        await home.press(Button.TALK, 120)
        assert len(hub.over) == 2
        assert count(home, "alarm.over") == 1

    at_home(tmp_path, story)


def test_who_calls_in_danger_is_not_reported_to_be_well(tmp_path: Path) -> None:
    async def story(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
        await home.until(MISSED_BY + timedelta(minutes=20))
        await home.press(Button.TALK, 120)
        assert "112" in home.screen.view.alert
        await home.press(Button.TALK, 60)
        # Only the number is taken away.
        assert home.screen.view.alert == ""
        assert hub.over == []
        assert "gevraagd om even te kijken" in notice_of(home)

    home = at_home(
        tmp_path, story, answers={"conversation.wish": "help ik ben gevallen"}
    )
    assert count(home, "alarm.over") == 0


def test_who_speaks_with_anna_is_heard_at_once(tmp_path: Path) -> None:
    async def story(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
        await home.until(MISSED_BY + timedelta(minutes=5))
        call = phone.comes_in("member-1")
        await asyncio.sleep(5)
        await home.press(Button.TALK, 1)
        await let_connect(call)
        # She speaks on; nobody else needs to be told meanwhile.
        assert len(hub.over) == 1
        await home.press(Button.TALK, 30)

    home = at_home(tmp_path, story)
    assert count(home, "alarm.over") == 0


def test_a_call_that_goes_out_is_a_sign_of_life(tmp_path: Path) -> None:
    async def story(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
        await home.until(MISSED_BY + timedelta(minutes=5))
        await home.press(Button.FAMILY, 30)
        assert len(hub.over) == 1

    at_home(tmp_path, story, phone=PaperPhone({"member-1": [ANSWERS]}))


def test_a_call_that_answers_itself_is_no_sign_of_life(tmp_path: Path) -> None:
    by_itself = replace(TELLS_ANNA, agreed=AGREED | {Agreement.AUTO_ANSWER})

    async def story(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
        await home.until(MISSED_BY + timedelta(minutes=5))
        call = phone.comes_in("member-1")
        await asyncio.sleep(30)
        await let_connect(call)
        call.over(Reason.HUNG_UP)
        await asyncio.sleep(30)
        assert hub.over == []

    at_home(tmp_path, story, Family(by_itself))


# -- the hub is away -------------------------------------------------------------------


def test_a_hub_that_is_away_gets_it_later_and_that_is_said(tmp_path: Path) -> None:
    hub = PaperHub()
    hub.is_there = False

    async def story(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
        await home.until(MISSED_BY + timedelta(minutes=20))
        assert notice_of(home) == (
            "U hebt niet geantwoord. Ik kon Anna nog niet bereiken."
        )
        hub.comes_back()
        await asyncio.sleep(1)
        assert list(hub.told.values()) == [("member-1", "member-2")]
        assert "gevraagd om even te kijken" in notice_of(home)

    at_home(tmp_path, story, hub=hub)


def test_who_comes_before_the_hub_is_told_the_truth(tmp_path: Path) -> None:
    hub = PaperHub()
    hub.is_there = False

    async def story(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
        await home.until(MISSED_BY + timedelta(minutes=20))
        await home.press(Button.TALK, 120)
        hub.comes_back()
        await asyncio.sleep(1)
        # Never told, and never will be.
        assert [type(each) for each in hub.received] == [AlarmOver]

    home = at_home(tmp_path, story, hub=hub)
    said = "U had nog niet geantwoord. Ik kon Anna nog niet bereiken."
    assert said in home.person.texts()
    assert count(home, "alarm.over") == 0


def test_an_alarm_outlives_a_new_start_of_the_device(tmp_path: Path) -> None:
    hub = PaperHub()
    hub.is_there = False

    async def missed(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
        await home.until(MISSED_BY)

    async def started(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
        (alarm,) = hub.received
        assert isinstance(alarm, Alarm)
        hub.acknowledges("member-1")
        await asyncio.sleep(5)

    async def again(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
        # The hub has it, and tells once more who takes care.
        assert len(hub.received) == 1
        hub.acknowledges("member-1")
        await asyncio.sleep(30)
        assert notice_of(home) == "Anna kijkt even bij u."
        await home.press(Button.TALK, 120)
        assert len(hub.over) == 1

    at_home(tmp_path, missed, hub=hub)
    hub.is_there = True
    minutes = timedelta(minutes=1)
    first = at_home(tmp_path, started, hub=hub, start=MISSED_BY + minutes)
    assert count(first, "alarm.looks") == 1
    home = at_home(tmp_path, again, hub=hub, start=MISSED_BY + 2 * minutes)
    assert count(home, "alarm.looks") == 0


def test_who_is_withdrawn_meanwhile_is_taken_off(tmp_path: Path) -> None:
    family = Family(TELLS_ANNA, TELLS_PIET)

    async def story(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
        await home.until(MISSED_BY)
        family.people = [replace(TELLS_ANNA, agreed=frozenset()), TELLS_PIET]
        await asyncio.sleep(60)
        assert list(hub.told.values()) == [("member-2",)]
        family.people = []
        await asyncio.sleep(60)
        assert list(hub.told.values()) == [()]
        assert notice_of(home) == ""

    at_home(tmp_path, story, family)


def test_a_card_that_refuses_tells_family_all_the_same(tmp_path: Path) -> None:
    async def story(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
        home.card.refuses = "all"
        await home.until(MISSED_BY)
        assert [type(each) for each in hub.received] == [Alarm]
        home.card.refuses = ""
        await home.press(Button.TALK, 120)
        assert len(hub.over) == 1
        (kept,) = await home.journal.alarms(EARLY, MISSED_BY)
        assert kept.over_kept_at is not None

    at_home(tmp_path, story)
