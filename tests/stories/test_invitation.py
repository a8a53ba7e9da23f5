"""Inviting somebody by voice: a code on the screen until they are there."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from calls.messages import Role
from companion.consent import Agreement
from companion.people import People, Person, make_person
from companion.settings import DeviceSettings
from companion.store import open_store
from companion.topics.invitation import SHOWN_S
from hardware.panel import Button, Light
from hardware.screen import Code
from tests.stories.home_with_phone import SETTINGS, Said
from tests.stories.paper_hub import PaperHub
from tests.stories.paper_phone import ANSWERS, PaperPhone
from tests.stories.person import Answers, Home, living
from tests.virtual_time import AMSTERDAM, VirtualLoop, run

START = datetime(2026, 3, 23, 14, 0, tzinfo=AMSTERDAM)
WISH = "nodig anna uit"
WANTED: Said = {"invitation.wanted": "ja", "invitation.close": "ja"}

Story = Callable[[Home, PaperHub, PaperPhone], Coroutine[None, None, None]]


def at_home(
    folder: Path,
    story: Story,
    answers: Said,
    people: tuple[tuple[str, str, str], ...] = (("Anna Bos", "daughter", ""),),
    wish: str = WISH,
    *,
    has_hub: bool = True,
    has_screen: bool = True,
    why_not: str = "",
    before: Callable[[Home], None] = lambda home: None,
) -> Home:
    """A home with these people in its list: name, relation and mail address."""

    async def main() -> Home:
        with closing(open_store(folder / "journal.db", START)) as store:
            for name, relation, email in people:
                People(store).add(make_person(name, relation, START, email=email))
        hub, phone = PaperHub(), PaperPhone()
        hub.why_not = why_not
        hub.expires = (START + timedelta(days=7)).timestamp()
        screen = DeviceSettings(screen="browser" if has_screen else "none")
        said = Answers({"conversation.wish": [wish, "stop"], **answers}, base={})
        async with living(
            folder,
            START,
            said,
            replace(SETTINGS, device=screen),
            phone=phone,
            line=hub,
            hub=hub if has_hub else None,
        ) as home:
            await asyncio.sleep(1)
            before(home)
            home.panel.press(Button.TALK)
            await asyncio.sleep(60)
            await story(home, hub, phone)
            return home

    return run(main(), VirtualLoop())


async def nothing_more(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
    """The conversation goes as it goes."""


def kept(folder: Path) -> Person:
    with closing(open_store(folder / "journal.db", START)) as store:
        return People(store).all()[0]


def codes(home: Home) -> set[Code]:
    """All that were shown."""
    return {view.code for view in home.screen.views if view.code is not None}


def test_anna_scans_the_code_and_is_there(tmp_path: Path) -> None:
    async def story(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
        (invite,) = hub.invited
        assert (invite.name, invite.role, invite.email) == (
            "Anna Bos", Role.CLOSE_FAMILY, "",
        )  # fmt: skip
        view = home.screen.view
        code = view.code
        assert code is not None
        assert code.title == "Anna kan dit met de telefoon scannen."
        assert code.address == hub.url
        assert code.note == ("De uitnodiging geldt tot en met maandag 30 maart.")
        assert {act for _, act in view.buttons[:5]} == {"Klaar"}
        # Nobody is listened to: Anna talks in the room.
        heard = len(home.person.expectations)
        await asyncio.sleep(120)
        assert len(home.person.expectations) == heard
        assert home.panel.light() is Light.SPEAKING
        assert home.screen.view.code == code
        hub.joins(invite.member)
        await asyncio.sleep(30)
        assert home.screen.view.code is None

    answers: Said = {**WANTED, "following.presence.allow": "ja"}
    home = at_home(tmp_path, story, answers)
    keys = home.person.keys()
    at = keys.index("invitation.wanted.ask")
    assert keys[at : at + 9] == [
        "invitation.wanted.ask",
        "invitation.close.ask",
        "invitation.making",
        "invitation.scan",
        "invitation.until",
        "invitation.press",
        "invitation.joined",
        "following.asks",
        "following.presence.allow.ask",
    ]
    anna = kept(tmp_path)
    assert anna.role is Role.CLOSE_FAMILY
    assert Agreement.PRESENCE in anna.agreed


@pytest.mark.parametrize("button", [Button.TALK, Button.FAMILY, Button.NO])
def test_any_press_puts_the_code_away_and_the_conversation_goes_on(
    tmp_path: Path, button: Button
) -> None:
    async def story(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
        assert home.screen.view.code is not None
        home.panel.press(button)
        await asyncio.sleep(5)
        assert home.screen.view.code is None
        assert home.person.texts()[-1] == "Ik vraag u nu wat Anna van u mag weten."
        # From here on a press ends it, as ever.
        await home.press(Button.LINE, 1)
        assert home.companion.director.is_free

    home = at_home(tmp_path, story, WANTED)
    assert "invitation.put_away" in home.person.keys()


def test_after_a_quarter_of_an_hour_the_code_goes_without_a_word(
    tmp_path: Path,
) -> None:
    async def story(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
        await asyncio.sleep(30)
        said = len(home.person.said)
        await asyncio.sleep(SHOWN_S)
        assert home.screen.view.code is None
        assert len(home.person.said) == said
        assert home.companion.director.is_free

    at_home(tmp_path, story, WANTED)


def test_a_call_takes_the_place_of_the_code(tmp_path: Path) -> None:
    async def story(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
        (invite,) = hub.invited
        hub.joins(invite.member)
        phone.comes_in(invite.member, "Anna", happens=ANSWERS)
        await asyncio.sleep(5)
        assert home.screen.view.code is None
        assert home.screen.view.caller == "Anna"

    at_home(tmp_path, story, WANTED)


def test_who_has_an_address_is_mailed_as_well(tmp_path: Path) -> None:
    people = (("Anna Bos", "friend", "anna@post.nl"),)

    async def story(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
        (invite,) = hub.invited
        assert (invite.email, invite.role) == ("anna@post.nl", Role.FAMILY)
        assert home.screen.view.code is not None

    home = at_home(tmp_path, story, {"invitation.wanted": "ja"}, people)
    keys = home.person.keys()
    # Of a friend nobody asks whether they are close family.
    assert "invitation.close.ask" not in keys
    assert "invitation.mailed" in keys
    assert not any("post.nl" in text for text in home.person.texts())


def test_without_a_screen_it_is_mailed_or_said(tmp_path: Path) -> None:
    async def mailed(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
        assert [invite.email for invite in hub.invited] == ["anna@post.nl"]
        assert codes(home) == set()

    async def said(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
        assert hub.invited == []

    people = (("Anna Bos", "daughter", "anna@post.nl"),)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    home = at_home(tmp_path / "a", mailed, WANTED, people, has_screen=False)
    keys = home.person.keys()
    at = keys.index("invitation.mailed_only")
    assert keys[at + 1] == "following.asks"
    home = at_home(tmp_path / "b", said, WANTED, has_screen=False)
    assert home.person.keys()[-1] == "invitation.no_screen"
    assert kept(tmp_path / "b").video is None


@pytest.mark.parametrize(
    ("why_not", "said"),
    [
        ("no_hub", "invitation.no_hub"),
        ("hub_silent", "invitation.hub_silent"),
        ("store", "invitation.not_kept"),
        ("odd", "invitation.failed"),
    ],
)
def test_an_invitation_that_cannot_be_made_is_said(
    tmp_path: Path, why_not: str, said: str
) -> None:
    home = at_home(tmp_path, nothing_more, WANTED, why_not=why_not)
    assert home.person.keys()[-1] == said
    assert codes(home) == set()
    assert home.companion.director.is_free


def test_without_calls_it_says_so(tmp_path: Path) -> None:
    home = at_home(tmp_path, nothing_more, WANTED, has_hub=False)
    assert home.person.keys()[-1] == "invitation.no_calls"


@pytest.mark.parametrize(
    "wish", ["nodig mijn zoon uit", "nodig wilhelmina uit", "laat piet mij bellen"]
)
def test_who_is_not_in_the_list_is_not_invited(tmp_path: Path, wish: str) -> None:
    async def story(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
        assert hub.invited == []

    home = at_home(tmp_path, story, WANTED, wish=wish)
    assert home.person.keys()[-1] == "invitation.not_listed"


@pytest.mark.parametrize("answer", ["nee", None])
def test_only_a_yes_invites(tmp_path: Path, answer: str | None) -> None:
    async def story(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
        assert hub.invited == []
        await asyncio.sleep(60)

    home = at_home(tmp_path, story, {"invitation.wanted": answer})
    assert home.person.keys()[-1] == "invitation.not_done"
    assert kept(tmp_path).video is None


def test_of_two_who_may_be_meant_it_asks_for_each(tmp_path: Path) -> None:
    people = (("Anna Bos", "daughter", ""), ("Truus Bos", "daughter", ""))

    async def story(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
        assert [invite.name for invite in hub.invited] == ["Truus Bos"]

    answers: Said = {"invitation.wanted": ["nee", "ja"], "invitation.close": "nee"}
    at_home(tmp_path / "a", story, answers, people, "nodig mijn dochter uit")
    # Nobody was named: the same, of all who do not follow yet.
    answers = {"invitation.wanted": ["nee", "ja"], "invitation.close": "nee"}
    at_home(tmp_path / "b", story, answers, people, "nodig iemand uit")


def test_who_is_there_already_may_come_anew(tmp_path: Path) -> None:
    async def story(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
        (first,) = hub.invited
        hub.joins(first.member)
        await asyncio.sleep(5)
        home.panel.press(Button.TALK)
        await asyncio.sleep(5)
        home.panel.press(Button.TALK)
        await asyncio.sleep(60)
        assert home.person.keys().count("invitation.again.ask") == 1
        first, second = hub.invited
        assert (second.member, second.role) == (first.member, first.role)
        # That they were there before puts no code away.
        hub.joins(first.member)
        await asyncio.sleep(30)
        assert home.screen.view.code is not None

    answers: Said = {
        **WANTED, "conversation.wish": [WISH, WISH, "stop"], "invitation.again": "ja",
    }  # fmt: skip
    home = at_home(tmp_path, story, answers)
    # As what they were invited is not asked again.
    assert home.person.keys().count("invitation.close.ask") == 1


def test_an_address_of_this_computer_is_said_to_be_that(tmp_path: Path) -> None:
    async def story(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
        hub.url = "http://127.0.0.1:8138/join#geheim"
        await home.press(Button.TALK, 3)
        await home.press(Button.TALK, 3)
        await home.press(Button.TALK, 60)
        code = home.screen.view.code
        assert code is not None
        assert code.title == "Open dit adres op deze computer."

    answers: Said = {**WANTED, "conversation.wish": [WISH, WISH, "stop"]}
    at_home(tmp_path, story, answers)


def test_a_television_that_stays_dark_is_said_beside_the_code(tmp_path: Path) -> None:
    def dark(home: Home) -> None:
        home.companion.television(is_dark=True)

    home = at_home(tmp_path, nothing_more, WANTED, before=dark)
    keys = home.person.keys()
    at = keys.index("invitation.until")
    assert keys[at + 1 : at + 3] == ["invitation.television", "invitation.press"]


def test_without_a_screen_only_who_can_be_mailed_is_offered(tmp_path: Path) -> None:
    async def story(home: Home, hub: PaperHub, phone: PaperPhone) -> None:
        assert [invite.name for invite in hub.invited] == ["Truus Bos"]

    people = (("Anna Bos", "son", ""), ("Truus Bos", "friend", "truus@post.nl"))
    wish = "ik wil iemand uitnodigen"
    at_home(tmp_path, story, WANTED, people, wish, has_screen=False)
