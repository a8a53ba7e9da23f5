"""A request for help, from the conversation to a page of the family and back."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import pytest
from playwright.async_api import expect

from calls.messages import Role
from calls.note_messages import Reply
from companion.agenda_book import AgendaBook, AgendaMemory
from companion.desk import Desk
from companion.helping import Stage
from companion.helping_book import HelpBook, HelpMemory
from companion.journal import Journal
from companion.memory import Memory
from companion.people import Person
from companion.stage import Stage as Screen
from companion.store import open_memory_store
from companion.talk import Talk
from companion.topics.along import tell_answers
from companion.topics.helping import Giving, use_helping
from companion.understanding.intents import Intent
from tests.peers.test_family_hub import NAME
from tests.peers.test_family_notes import Asking, asking
from tests.stories.person import (
    Answers,
    PaperPanel,
    PaperScreen,
    key_of,
    phrasebook,
    understanding,
)
from tests.virtual_time import AMSTERDAM
from voice.hearing import Expectation, Heard, Silence
from voice.speech import Chime, Speech

pytestmark = pytest.mark.real

LAMP = "ik zoek iemand die mijn lamp vervangt"
YES_TO_ALL = {
    "helping.moment": "nee",
    "helping.right": "ja",
    "helping.send": "ja",
    "helping.end": "ja",
}


class Now:
    """The time as it is, in Amsterdam."""

    def now(self) -> datetime:
        return datetime.now(AMSTERDAM)


@dataclass
class QuickPerson:
    """Mouth and ears with somebody who answers at once."""

    said: list[str] = field(default_factory=list)
    volume: int = 3
    rate_wpm: int = 150

    async def say(self, speech: Speech) -> None:
        self.said.append(speech.text)

    async def chime(self, chime: Chime) -> None:
        pass

    def prepare(self, speeches: object) -> None:
        pass

    def set_volume(self, step: int) -> None:
        self.volume = step

    def set_rate(self, rate_wpm: int) -> None:
        self.rate_wpm = rate_wpm

    async def listen(self, expectation: Expectation) -> Heard | Silence:
        words = Answers(YES_TO_ALL, base={})(self.said[-1])
        assert isinstance(words, str), self.said[-1]
        return Heard(words, 0.9, words, "paper")

    async def interrupted(self) -> None:
        await asyncio.Event().wait()


class Living:
    """What a conversation about helping needs, with the real notes of a device."""

    def __init__(self, device: Asking) -> None:
        device.anna = replace(device.anna, role=Role.COORDINATOR)
        self._device = device
        self.person = QuickPerson()
        store = open_memory_store()
        self.agenda = AgendaMemory(AgendaBook(store.agenda))
        self.desk = Desk(None, self._people, lambda keys: pytest.fail(), 45, 10, False)
        helps = HelpMemory(HelpBook(store.helps))
        self.giving = Giving(helps, device.notes, self.desk)
        spare = Journal(open_memory_store())
        clock = Now()
        self.talk = Talk(
            mouth=self.person,
            ears=self.person,
            stage=Screen(PaperPanel(), PaperScreen(), clock, phrasebook()),
            clock=clock,
            phrasebook=phrasebook(),
            understanding=understanding(),
            memory=Memory(Journal(store), spare, lambda _: None),
        )

    async def _people(self) -> list[Person]:
        return [self._device.anna]


async def test_a_request_is_seen_answered_told_and_taken_back(tmp_path: Path) -> None:
    async with asking(tmp_path) as (page, device):
        home = Living(device)
        await use_helping(home.talk, home.giving, Intent.SEEK_HELP, LAMP)
        assert key_of(home.person.said[-1]) == "helping.sent.request"
        note = page.locator(".note")
        await expect(note).to_contain_text(f"{NAME} vraagt om hulp:")
        # Every word of it was read out before; there is no other.
        await expect(note.locator(".note-text")).to_have_text(LAMP.capitalize())

        await page.get_by_label("Iets erbij").fill("Zaterdag om tien uur")
        await page.get_by_role("button", name="Ik doe het").click()
        await device.answered(Reply.YES)
        await tell_answers(home.talk, device.notes, home.desk, home.agenda)
        assert any("Zaterdag om tien uur" in text for text in home.person.said)
        await expect(note.locator(".note-state")).to_contain_text(f"{NAME} weet het.")

        await use_helping(home.talk, home.giving, Intent.END_HELP, "")
        assert key_of(home.person.said[-1]) == "helping.ended.told"
        # Who said that they come is told that they need not.
        await expect(note.locator(".note-state")).to_contain_text("gaat niet door")
        (one,) = await home.giving.helps.all()
        assert one.stage is Stage.CLOSED
