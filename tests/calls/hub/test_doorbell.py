"""What somebody is sent of an alarm, and in which way."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from calls.call_messages import RingsBy
from calls.hub.alarms import News, Told
from calls.hub.doorbell import Doorbell
from calls.hub.mail import Notifier
from calls.hub.push import Pusher, load_push_key, topic_of
from calls.hub.store import open_store
from calls.hub.tables import account
from tests.calls.hub.peers import NOW, Letterbox
from tests.calls.hub.push_service import PushService, push_service

ASKED = News("a1", "missed_check_in", "m1", "anna", "Mevrouw Test", 3)
OVER = replace(ASKED, is_over=True)


@dataclass(frozen=True, slots=True)
class House:
    """Somebody with a browser and an address, and what both got."""

    doorbell: Doorbell
    pushes: PushService
    letters: Letterbox


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    store = await open_store(tmp_path / "hub.db", datetime.fromtimestamp(NOW, UTC))
    async with push_service() as pushes:
        pusher = Pusher(
            load_push_key(tmp_path),
            "mailto:beheer@example.org",
            lambda: datetime.now(UTC).timestamp(),
            [pushes.origin],
        )
        letters = Letterbox()
        doorbell = Doorbell(
            store, pusher, Notifier(letters), None, lambda: "https://hub.example"
        )
        async with store.writing() as connection:
            await connection.execute(
                sa.insert(account).values(
                    id="anna", name="Anna", email="anna@example.org",
                    language="nl", created_at=NOW,
                )
            )  # fmt: skip
        await doorbell.subscribe("anna", pushes.subscription(), NOW)
        try:
            yield House(doorbell, pushes, letters)
        finally:
            await pusher.close()
            await store.close()


async def test_that_it_is_over_takes_the_place_of_the_push_that_asked(
    house: House,
) -> None:
    for news in (ASKED, OVER):
        assert await house.doorbell.tell(RingsBy.PUSH, news) is Told.SENT
    asked, over = house.pushes.news
    assert asked == {
        "kind": "alarm",
        "alarm": "a1",
        "member": "m1",
        "name": "Mevrouw Test",
        "language": "nl",
    }
    assert over == {**asked, "kind": "alarm_over"}
    # One that was not delivered yet is not delivered any more (RFC 8030, 5.4).
    topics = {headers["Topic"] for headers in house.pushes.headers}
    assert topics == {topic_of("alarm-a1")}


async def test_that_it_is_over_is_a_mail_of_its_own(house: House) -> None:
    for news in (ASKED, OVER):
        assert await house.doorbell.tell(RingsBy.MAIL, news) is Told.SENT
    asked, over = house.letters.mails
    assert "kunt u even kijken?" in asked.subject
    assert over.subject == "Mevrouw Test heeft weer gereageerd"
    assert "Hoe het gaat, weet Praatpaal niet." in over.text
    assert asked.key != over.key


async def test_who_is_not_there_has_no_way(house: House) -> None:
    for way in (RingsBy.PUSH, RingsBy.MAIL):
        told = await house.doorbell.tell(way, replace(OVER, account="gone"))
        assert told is Told.NO_WAY
