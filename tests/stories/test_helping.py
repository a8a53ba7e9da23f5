"""Giving and asking in the home: told, read back, passed on, answered, ended."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from calls.messages import Role
from calls.note_messages import About, NoteOver, Over, Reply
from companion.helping import Help, Rounds, Stage
from companion.helping_book import HelpBook
from companion.people import People, Person, Relation, make_person
from companion.settings import CheckInSettings, Settings
from companion.store import open_store
from hardware.panel import Button
from tests.stories.paper_hub import PaperHub
from tests.stories.person import ALL_WELL, Answers, Home, key_of, living
from tests.virtual_time import AMSTERDAM, VirtualLoop, run

START = datetime(2026, 3, 23, 14, 0, tzinfo=AMSTERDAM)
NIGHT = datetime(2026, 3, 23, 23, 30, tzinfo=AMSTERDAM)
ASLEEP = Settings(checkin=CheckInSettings(is_on=False))
DAY = timedelta(days=1)

Said = dict[str, Any]
"""Words by what is asked, a list of them, None for silence, or a button."""
Story = Callable[[Home, PaperHub], Coroutine[None, None, None]]

LAMP = "ik zoek iemand die mijn lamp vervangt"
ASKS_FOR_A_LAMP: Said = {
    "conversation.wish": LAMP,
    "helping.moment": "nee",
    "helping.right": "ja",
    "helping.send": "ja",
}


def person(name: str, role: Role | None, relation: Relation, phone: str = "") -> Person:
    made = make_person(name, relation.value, START, phone=phone)
    return replace(made, video=f"member-{name}" if role else None, role=role)


WILMA = person("Wilma", Role.COORDINATOR, Relation.VOLUNTEER)
ANNA = person("Anna", Role.CLOSE_FAMILY, Relation.DAUGHTER)
PIET = person("Piet", Role.FAMILY, Relation.NEIGHBOUR)
TRUUS = person("Truus", None, Relation.FRIEND, "0612345678")


def at_home(
    folder: Path,
    story: Story,
    answers: Said,
    people: Sequence[Person] = (ANNA, WILMA),
    start: datetime = START,
    settings: Settings = ASLEEP,
    has_hub: bool = True,
    is_well: bool = False,
) -> Home:
    """A home with people who follow, and a person who answers by what is asked."""

    async def main() -> Home:
        store = open_store(folder / "journal.db", start)
        for each in people:
            People(store).add(each)
        store.close()
        hub = PaperHub()
        said = Answers(answers, base=ALL_WELL if is_well else {})
        line = hub if has_hub else None
        homes: list[Home] = []

        def react(text: str) -> str | None:
            answer: object = said(text)
            if isinstance(answer, Button):
                homes[0].panel.press(answer)
                return None
            assert answer is None or isinstance(answer, str)
            return answer

        async with living(folder, start, react, settings, line=line) as home:
            homes.append(home)
            await asyncio.sleep(1)
            hub.joins(*(each.video for each in people if each.video))
            await asyncio.sleep(1)
            await story(home, hub)
            return home

    return run(main(), VirtualLoop())


def helps(home: Home) -> list[Help]:
    return HelpBook(home.journal._store.helps).all()


def rounds(home: Home) -> Rounds:
    return HelpBook(home.journal._store.helps).rounds()


def asked(home: Home) -> list[str]:
    """Questions, in their order, each as often as it was put."""
    keys = home.person.keys()
    return [key.removesuffix(".ask") for key in keys if key.endswith(".ask")]


def text_of(home: Home, key: str) -> str:
    return next(text for text in home.person.texts() if key_of(text) == key)


async def days_later(home: Home, days: int) -> None:
    await home.until(home.clock.now() + days * DAY)


# -- passed on -----------------------------------------------------------------------


def test_a_request_is_read_back_and_goes_to_the_coordinator_after_a_yes(
    tmp_path: Path,
) -> None:
    async def story(home: Home, hub: PaperHub) -> None:
        await home.press(Button.TALK, 120)
        (note,) = hub.notes
        assert (note.member, note.about) == ("member-Wilma", About.REQUEST)
        # Nothing else of the person is sent.
        assert note.text == "Ik zoek iemand die mijn lamp vervangt"

    home = at_home(tmp_path, story, ASKS_FOR_A_LAMP)
    assert asked(home) == [
        "conversation.wish", "helping.moment", "helping.right", "helping.send",
    ]  # fmt: skip
    assert text_of(home, "helping.right.ask") == (
        f"Ik heb gehoord, {LAMP}. Klopt dat zo?"
    )
    assert text_of(home, "helping.send.ask") == (
        f"Ik stuur alleen dit, {LAMP}. Mag dat naar Wilma?"
    )
    assert home.person.keys()[-1] == "helping.sent.request"


def test_an_offer_without_a_subject_is_asked_for(tmp_path: Path) -> None:
    async def story(home: Home, hub: PaperHub) -> None:
        await home.press(Button.TALK, 120)
        (note,) = hub.notes
        assert (note.about, note.text) == (About.OFFER, "Sokken breien, elke winter")

    home = at_home(
        tmp_path,
        story,
        {
            "conversation.wish": "ik wil iets voor een ander doen",
            "helping.offer_what": "sokken breien",
            "helping.moment": "ja",
            "helping.moment_words": "elke winter",
            "helping.right": "ja",
            "helping.send": "ja",
        },
    )
    assert home.person.keys()[-1] == "helping.sent.offer"


def test_with_the_buttons_alone_after_the_wish_it_is_passed_on_too(
    tmp_path: Path,
) -> None:
    async def story(home: Home, hub: PaperHub) -> None:
        await home.press(Button.TALK, 120)
        assert [note.text for note in hub.notes] == ["Hulp bij de boodschappen"]

    at_home(
        tmp_path,
        story,
        {
            "conversation.wish": "ik zoek hulp",
            # Some things are named then.
            "helping.request_what": Button.YES,
            "helping.named": Button.YES,
            "helping.moment": Button.NO,
            "helping.right": Button.YES,
            "helping.send": Button.YES,
        },
    )


def test_without_a_coordinator_the_person_chooses_who_hears_it(
    tmp_path: Path,
) -> None:
    async def story(home: Home, hub: PaperHub) -> None:
        await home.press(Button.TALK, 120)
        assert [note.member for note in hub.notes] == ["member-Piet"]

    home = at_home(
        tmp_path,
        story,
        {**ASKS_FOR_A_LAMP, "helping.who": ["nee", "ja"]},
        people=(ANNA, PIET),
    )
    assert asked(home).count("helping.who") == 2


@pytest.mark.parametrize(("keeps", "left"), [("ja", 1), ("nee", 0), (None, 1)])
def test_after_a_no_it_is_kept_or_forgotten_as_the_person_says(
    tmp_path: Path, keeps: str | None, left: int
) -> None:
    async def story(home: Home, hub: PaperHub) -> None:
        await home.press(Button.TALK, 180)
        assert hub.notes == []
        assert len(helps(home)) == left

    at_home(
        tmp_path,
        story,
        {**ASKS_FOR_A_LAMP, "helping.send": "nee", "helping.keep": keeps},
    )


def test_what_was_misheard_is_told_once_more(tmp_path: Path) -> None:
    async def story(home: Home, hub: PaperHub) -> None:
        await home.press(Button.TALK, 180)
        assert [note.text for note in hub.notes] == ["Een lamp ophangen"]

    at_home(
        tmp_path,
        story,
        {
            **ASKS_FOR_A_LAMP,
            "helping.right": ["nee", "ja"],
            "helping.retell": "een lamp ophangen",
        },
    )


def test_wat_zegt_u_and_skip_are_understood_half_way(tmp_path: Path) -> None:
    async def story(home: Home, hub: PaperHub) -> None:
        await home.press(Button.TALK, 180)
        assert hub.notes == []
        # Who skips the reading back has told it all the same.
        assert [one.what for one in helps(home)] == [LAMP]

    home = at_home(
        tmp_path,
        story,
        {**ASKS_FOR_A_LAMP, "helping.right": ["wat zegt u", "sla over"]},
    )
    assert asked(home).count("helping.right") == 2
    assert home.person.keys()[-1] == "helping.kept"


def test_who_is_cut_off_half_way_has_told_it_and_can_pass_it_on_later(
    tmp_path: Path,
) -> None:
    async def story(home: Home, hub: PaperHub) -> None:
        await home.press(Button.TALK, 20)
        assert [one.what for one in helps(home)] == [LAMP]
        # A press ends it.
        await home.press(Button.TALK, 30)
        assert hub.notes == []
        await home.press(Button.TALK, 120)
        assert [note.text for note in hub.notes] == [LAMP[0].upper() + LAMP[1:]]

    home = at_home(
        tmp_path,
        story,
        {
            "conversation.wish": [LAMP, "wat heb ik gevraagd"],
            "helping.pass_now": "ja",
            "helping.send": "ja",
        },
    )
    assert "helping.stands.here" in home.person.keys()


def test_without_a_hub_it_is_kept_and_a_number_is_offered(tmp_path: Path) -> None:
    async def story(home: Home, hub: PaperHub) -> None:
        await home.press(Button.TALK, 180)
        assert [one.stage for one in helps(home)] == [Stage.OPEN]

    home = at_home(
        tmp_path,
        story,
        {**ASKS_FOR_A_LAMP, "helping.number": "ja", "calling.number_again": "nee"},
        people=(TRUUS,),
        has_hub=False,
    )
    assert "helping.nobody" in home.person.keys()
    assert "0 6, 1 2, 3 4, 5 6, 7 8" in text_of(home, "calling.number")


@pytest.mark.parametrize(
    "answers",
    [
        {"conversation.wish": "ik zoek iemand die mijn pincode onthoudt"},
        {**ASKS_FOR_A_LAMP, "helping.moment": "als mijn geld gehaald is"},
        {
            **ASKS_FOR_A_LAMP,
            "helping.right": "nee",
            "helping.retell": "iemand die voor mij pint",
        },
    ],
)
def test_money_and_codes_are_refused_and_not_kept(
    tmp_path: Path, answers: Said
) -> None:
    async def story(home: Home, hub: PaperHub) -> None:
        await home.press(Button.TALK, 180)
        assert (hub.notes, helps(home)) == ([], [])

    home = at_home(tmp_path, story, answers)
    assert "helping.money" in home.person.keys()
    assert "Geef nooit uw pincode" in text_of(home, "helping.money")


def test_a_cry_for_help_half_way_goes_before_all(tmp_path: Path) -> None:
    async def story(home: Home, hub: PaperHub) -> None:
        await home.press(Button.TALK, 120)
        assert hub.notes == []

    home = at_home(
        tmp_path,
        story,
        {
            "conversation.wish": "ik zoek hulp",
            "helping.request_what": "ik ben gevallen en kan niet opstaan",
        },
    )
    assert "danger.medical.say" in home.person.keys()


def test_a_full_card_loses_no_word_of_the_conversation(tmp_path: Path) -> None:
    async def story(home: Home, hub: PaperHub) -> None:
        home.card.refuses = "write"
        await home.press(Button.TALK, 120)
        assert len(hub.notes) == 1

    home = at_home(tmp_path, story, ASKS_FOR_A_LAMP)
    assert home.person.keys()[-1] == "helping.sent.request"


# -- answered ------------------------------------------------------------------------


def test_a_yes_is_told_then_asked_about_and_counted_as_being_in_touch(
    tmp_path: Path,
) -> None:
    async def story(home: Home, hub: PaperHub) -> None:
        await home.press(Button.TALK, 120)
        hub.answers(Reply.YES, "Zaterdag om tien uur")
        await asyncio.sleep(5)
        await home.press(Button.TALK, 120)
        assert "helping.helped.ask" not in home.person.keys()
        await days_later(home, 4)
        await home.press(Button.TALK, 120)
        (one,) = helps(home)
        assert one.stage is Stage.DONE
        assert not any(isinstance(each, NoteOver) and each.reason is Over.WITHDRAWN
                       for each in hub.received)  # fmt: skip
        kept = await home.journal.answers(START, home.clock.now() + DAY)
        assert [answer.question for answer in kept] == ["helping.helped"]

    home = at_home(
        tmp_path,
        story,
        {
            **ASKS_FOR_A_LAMP,
            "conversation.wish": [LAMP, "nee", "nee"],
            "helping.helped": "ja",
        },
    )
    assert asked(home).count("helping.helped") == 1


def test_after_a_refusal_somebody_else_is_asked_if_wanted(tmp_path: Path) -> None:
    async def story(home: Home, hub: PaperHub) -> None:
        await home.press(Button.TALK, 120)
        hub.answers(Reply.NO)
        await asyncio.sleep(5)
        await home.press(Button.TALK, 120)
        assert [note.member for note in hub.notes] == ["member-Anna", "member-Piet"]

    at_home(
        tmp_path,
        story,
        {
            **ASKS_FOR_A_LAMP,
            "conversation.wish": [LAMP, "nee"],
            "helping.who": "ja",
            "helping.other": "ja",
        },
        people=(ANNA, PIET),
    )


def test_after_a_week_without_an_answer_it_is_asked_whether_it_still_holds(
    tmp_path: Path,
) -> None:
    async def story(home: Home, hub: PaperHub) -> None:
        await home.press(Button.TALK, 120)
        await days_later(home, 6)
        await home.press(Button.TALK, 60)
        assert "helping.holds" not in asked(home)
        await days_later(home, 1)
        await home.press(Button.TALK, 60)
        assert asked(home).count("helping.holds") == 1
        await asyncio.sleep(90)
        over = [each for each in hub.received if isinstance(each, NoteOver)]
        assert [each.reason for each in over] == [Over.WITHDRAWN]
        assert helps(home)[0].stage is Stage.CLOSED

    home = at_home(
        tmp_path,
        story,
        {
            **ASKS_FOR_A_LAMP,
            "conversation.wish": [LAMP, "nee", "nee"],
            "helping.holds": "nee",
        },
    )
    assert text_of(home, "helping.ended.told").endswith(
        "Ik laat Wilma weten dat het niet meer hoeft."
    )


def test_at_night_nothing_is_asked_of_itself(tmp_path: Path) -> None:
    async def story(home: Home, hub: PaperHub) -> None:
        await home.press(Button.TALK, 120)
        await home.until(NIGHT + 8 * DAY)
        await home.press(Button.TALK, 60)
        assert "helping.holds" not in asked(home)

    at_home(tmp_path, story, {**ASKS_FOR_A_LAMP, "conversation.wish": [LAMP, "nee"]})


def test_what_is_solved_is_withdrawn_and_whoever_was_asked_knows(
    tmp_path: Path,
) -> None:
    async def story(home: Home, hub: PaperHub) -> None:
        await home.press(Button.TALK, 120)
        await home.press(Button.TALK, 120)
        assert helps(home)[0].stage is Stage.CLOSED
        assert isinstance(hub.received[-1], NoteOver)
        await home.press(Button.TALK, 60)

    home = at_home(
        tmp_path,
        story,
        {
            **ASKS_FOR_A_LAMP,
            "conversation.wish": [LAMP, "het is al opgelost", "wat heb ik gevraagd"],
            "helping.end": "ja",
        },
    )
    assert home.person.keys()[-1] == "helping.none"


def test_vergeet_alles_withdraws_what_was_sent(tmp_path: Path) -> None:
    async def story(home: Home, hub: PaperHub) -> None:
        await home.press(Button.TALK, 120)
        await home.press(Button.TALK, 200)
        assert helps(home) == []
        over = [each for each in hub.received if isinstance(each, NoteOver)]
        assert [each.reason for each in over] == [Over.WITHDRAWN]
        await home.press(Button.TALK, 60)
        # Its words are gone here too, once the hub took them back.
        assert home.journal._store.notes.all() == []

    at_home(
        tmp_path,
        story,
        {
            **ASKS_FOR_A_LAMP,
            "conversation.wish": [LAMP, "vergeet alles", "nee"],
            "forget.all": "ja",
            "conversation.more": "nee",
        },
    )


def test_wat_bewaart_u_names_what_was_asked_and_passed_on(tmp_path: Path) -> None:
    async def story(home: Home, hub: PaperHub) -> None:
        await home.press(Button.TALK, 180)
        await home.press(Button.TALK, 120)

    home = at_home(
        tmp_path,
        story,
        {
            **ASKS_FOR_A_LAMP,
            "conversation.wish": [LAMP, "wat bewaart u", "nee"],
            "conversation.more": "nee",
        },
    )
    kept = next(t for t in home.person.texts() if key_of(t) == "helping.is_kept")
    assert kept.startswith("Ook één aanbod of verzoek van u bewaar ik.")
    # Passed on as that request, it is no message of its own.
    assert "along.is_kept" not in home.person.keys()


# -- asked by itself -----------------------------------------------------------------

ASKED_EACH_MORNING = Settings()
MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=AMSTERDAM)


def test_once_a_quarter_it_asks_what_the_person_can_do_for_others(
    tmp_path: Path,
) -> None:
    async def story(home: Home, hub: PaperHub) -> None:
        HelpBook(home.journal._store.helps).keep_rounds(Rounds(date(2026, 2, 1)))
        await home.until(MORNING + 3 * DAY)
        (note,) = hub.notes
        assert (note.about, note.text) == (About.OFFER, "Appeltaart bakken")

    home = at_home(
        tmp_path,
        story,
        {
            "helping.gift": "appeltaart bakken",
            "helping.moment": "maakt niet uit",
            "helping.right": "ja",
            "helping.send": "ja",
        },
        people=(WILMA,),
        start=MORNING,
        settings=ASKED_EACH_MORNING,
        is_well=True,
    )
    when = [at for at, text in home.person.said if key_of(text) == "helping.gift.ask"]
    # On the first day it told who follows; one thing a day is enough.
    assert [at.date() for at in when] == [date(2026, 3, 3)]


def test_after_no_twice_it_asks_no_more(tmp_path: Path) -> None:
    async def story(home: Home, hub: PaperHub) -> None:
        HelpBook(home.journal._store.helps).keep_rounds(
            Rounds(date(2026, 1, 1), date(2025, 12, 1), 1)
        )
        await home.until(MORNING + 3 * DAY)
        assert rounds(home) == Rounds(date(2026, 1, 1), date(2026, 3, 2), 2)

    home = at_home(
        tmp_path,
        story,
        {"helping.gift": "nee dank u"},
        start=MORNING,
        settings=ASKED_EACH_MORNING,
        is_well=True,
        has_hub=False,
        people=(),
    )
    assert asked(home).count("helping.gift") == 1
    assert "helping.gift_refused" in home.person.keys()


# -- shown ---------------------------------------------------------------------------


def test_what_was_told_is_in_the_journal_and_counts_as_being_in_touch(
    tmp_path: Path,
) -> None:
    async def story(home: Home, hub: PaperHub) -> None:
        await home.press(Button.TALK, 120)
        hub.answers(Reply.YES)
        await days_later(home, 1)
        await home.press(Button.TALK, 60)
        await days_later(home, 4)
        await home.press(Button.TALK, 120)
        exported = (await home.journal.export())["helps"]
        assert isinstance(exported, list)
        assert [(one["what"], one["stage"]) for one in exported] == [(LAMP, "done")]

    home = at_home(
        tmp_path,
        story,
        {
            **ASKS_FOR_A_LAMP,
            "conversation.wish": [LAMP, "nee", "hoeveel mensen heb ik gesproken"],
            "helping.helped": "ja",
        },
    )
    assert "één keer over bezoek" in text_of(home, "contacts.visits")
