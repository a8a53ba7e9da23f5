"""What is asked of family, from the device's outbox to the page and back."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from calls.hub_client import HubClient
from calls.messages import Role
from calls.wire import Message
from companion.following import Follower
from companion.notes import About, Note, Notes, Over, Reply
from companion.notes_book import NotesBook
from companion.people import Person, PersonId, Relation
from companion.store import open_memory_store
from tests.peers.test_family_hub import NAME, Place, join, place

pytestmark = pytest.mark.real

WAIT_S = 20.0
TEXT = "De koffieochtend, dinsdag om tien uur"
HOSTILE = "<img src=x onerror=alert(1)> " + "A" * 120


class RealClock:
    """The time as it is."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class Line:
    """The device's way to the hub, without calls."""

    def __init__(self, client: HubClient) -> None:
        self._client = client

    def on_message(self, callback: Callable[[Message], None]) -> None:
        self._client.on_message(callback)

    async def deliver(self, message: Message) -> bool:
        return await self._client.deliver(message)


class Asking:
    """The notes of a device, with Anna as the only one who follows."""

    def __init__(self, place: Place) -> None:
        self.anna = Person(
            PersonId(1),
            "Anna Bos",
            "Anna",
            Relation.DAUGHTER,
            None,
            datetime.now(UTC),
            video=place.device.member,
            role=Role.FAMILY,
        )
        self._changed = asyncio.Event()
        self.notes = Notes(
            NotesBook(open_memory_store().notes),
            self._followers,
            Line(place.client),
            RealClock(),
        )
        self.notes.on_change(self._changed.set)

    async def _followers(self) -> Sequence[Follower]:
        return [Follower(self.anna, True)]

    async def send(self, about: About, text: str) -> Note:
        until = datetime.now(UTC) + timedelta(days=3)
        assert self.anna.id is not None
        return await self.notes.send(self.anna.id, about, text, until, "agenda 1")

    async def answered(self, reply: Reply) -> Note:
        """The first that has this answer."""
        async with asyncio.timeout(WAIT_S):
            while True:
                self._changed.clear()
                for note in await self.notes.answers():
                    if note.reply is reply:
                        return note
                await self._changed.wait()


@asynccontextmanager
async def asking(folder: Path) -> AsyncIterator[tuple[Page, Asking]]:
    """A page, and a device that asks."""
    async with place(folder) as here:
        page = await join(here)
        asking = Asking(here)
        running = asyncio.create_task(asking.notes.run())
        try:
            yield page, asking
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_asked_answered_changed_and_told(tmp_path: Path) -> None:
    async with asking(tmp_path) as (page, device):
        await expect(page.locator(".notes")).to_be_hidden()
        await device.send(About.GO_ALONG, TEXT)
        note = page.locator(".note")
        await expect(note).to_contain_text(f"{NAME} vraagt of u meegaat:")
        await expect(note.locator(".note-text")).to_have_text(TEXT)
        await expect(page.locator(".notes-open")).to_contain_text("Eén vraag")

        # With the keyboard alone: the words, then the button after them.
        words = page.get_by_label(f"Iets erbij zeggen tegen {NAME}")
        await words.focus()
        await page.keyboard.type("Gezellig, ik rijd.")
        await page.keyboard.press("Tab")
        yes = page.get_by_role("button", name="Ja, ik ga mee")
        await expect(yes).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(yes).to_have_attribute("aria-pressed", "true")
        # The focus stays where it was.
        await expect(yes).to_be_focused()
        await expect(note.locator(".note-state")).to_contain_text("nog veranderen")
        assert (await device.answered(Reply.YES)).said == "Gezellig, ik rijd."

        await page.get_by_role("button", name="Ik kan niet").click()
        await expect(yes).to_have_attribute("aria-pressed", "false")
        answer = await device.answered(Reply.NO)
        await device.notes.mark_told(answer)
        await expect(note.locator(".note-state")).to_contain_text(f"{NAME} weet het.")
        await expect(yes).to_be_hidden()

        await device.notes.withdraw(answer)
        await expect(page.locator(".note")).to_have_count(0)
        (kept,) = device.notes.of("agenda 1")
        assert kept.over is Over.WITHDRAWN


async def test_only_seen_where_there_is_nothing_to_choose(tmp_path: Path) -> None:
    async with asking(tmp_path) as (page, device):
        await device.send(About.OFFER, "Ik kan voorlezen")
        note = page.locator(".note")
        await expect(note.locator("input")).to_have_count(0)
        await page.get_by_role("button", name="Dank u, gezien").click()
        await device.answered(Reply.SEEN)
        await expect(note.locator(".note-state")).to_contain_text("gelezen")


async def test_what_is_hostile_is_only_text(tmp_path: Path) -> None:
    async with asking(tmp_path) as (page, device):
        await device.send(About.GO_ALONG, HOSTILE)
        await expect(page.locator(".note-text")).to_have_text(HOSTILE)
        await expect(page.locator(".note img")).to_have_count(0)
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= await page.evaluate("innerWidth")

        await page.get_by_label("Iets erbij").fill(f"{HOSTILE[:80]} \U0001f600 ok?")
        await page.get_by_role("button", name="Ja, ik ga mee").click()
        answer = await device.answered(Reply.YES)
        # Fit to be read aloud: no markup, no sign that no voice can say, no long word.
        assert not set("<>=\U0001f600") & set(answer.said)
        assert max(map(len, answer.said.split())) <= 40


async def test_fingers_hit_the_buttons(tmp_path: Path) -> None:
    async with asking(tmp_path) as (page, device):
        await device.send(About.GO_ALONG, TEXT)
        await expect(page.locator(".note")).to_be_visible()
        for place_ in (".note button", ".note input"):
            for each in await page.locator(place_).all():
                box = await each.bounding_box()
                assert box is not None
                assert box["height"] >= 44
