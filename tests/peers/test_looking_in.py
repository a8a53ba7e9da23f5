"""A missed check-in, all the way: the device, its hub, a mail, the page, and back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from playwright.async_api import Page as BrowserPage
from playwright.async_api import expect

from companion.checkins import Outcome, Start
from companion.consent import Agreement, Consent, Way
from companion.control import ask
from companion.people import People, make_person
from companion.rows import CheckInRow
from companion.store import open_store
from tests.noon import zone_at
from tests.peers.chromium import chromium
from tests.peers.device import READY, started_device
from tests.peers.test_video_call import PERSON

pytestmark = pytest.mark.real

ANSWERED_IN_VAIN = (timedelta(minutes=40), timedelta(minutes=30), timedelta(minutes=10))


class Mailbox:
    """A mail server, and what it was handed."""

    def __init__(self) -> None:
        self._mails: asyncio.Queue[EmailMessage] = asyncio.Queue()

    async def handle_DATA(
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """aiosmtpd calls it by this name."""
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self._mails.put_nowait(mail)
        return "250 OK"

    async def next(self) -> EmailMessage:
        """The next one, once it comes."""
        async with asyncio.timeout(30):
            return await self._mails.get()


@asynccontextmanager
async def mailbox() -> AsyncIterator[tuple[Mailbox, int]]:
    """One on this machine, with its port."""
    box, loop = Mailbox(), asyncio.get_running_loop()
    listener = await loop.create_server(
        lambda: SMTP(box, hostname="mail.example", loop=loop), "127.0.0.1", 0
    )
    try:
        yield box, listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
        await listener.wait_closed()


def miss_a_check_in(journal: Path, zone: str) -> None:
    """Nobody answered three times: the next look at the clock says missed."""
    now = datetime.now(ZoneInfo(zone))
    store = open_store(journal, now)
    for before in ANSWERED_IN_VAIN:
        at = now - before
        store.add_check_in(
            CheckInRow(
                None,
                now.date().isoformat(),
                at.isoformat(),
                at.timestamp(),
                Start.SET_TIME.value,
                Outcome.NO_ANSWER.value,
                at.isoformat(),
            )
        )
    store.close()


async def follow(folder: Path, family: BrowserPage, zone: str) -> None:
    """Anna is invited by mail and joins; the person agreed that she is told."""
    state, now = folder / "state", datetime.now(ZoneInfo(zone))
    store = open_store(state / "journal.db", now)
    people = People(store)
    anna = people.add(make_person("Anna Smit", "daughter", now))
    assert anna.id is not None
    invited = await ask(
        state,
        "invite",
        person=int(anna.id),
        role="family",
        email="anna@example.org",
        language="nl",
    )
    await family.goto(invited["url"])
    await family.locator("#join-form button[type=submit]").click()
    await expect(family.locator("#passkey-make")).to_be_visible()
    await family.goto(invited["url"].partition("/join")[0])
    await expect(family.locator("#households .call-button")).to_be_enabled()
    people.agree([Consent(anna.id, Agreement.MISSED_CHECK_IN, True, Way.VOICE, now)])
    store.close()


async def test_somebody_looks_in_and_hears_that_it_is_over(tmp_path: Path) -> None:
    zone = zone_at(10)
    async with (
        mailbox() as (box, port),
        chromium() as browser,
        started_device(
            tmp_path,
            person=PERSON,
            device={"time_zone": zone},
            hub={
                "port": 0,
                "smtp_host": "127.0.0.1",
                "smtp_port": port,
                "mail_from": "praatpaal@example.org",
            },
        ) as device,
    ):
        await device.logs(READY)
        family = await (await browser.new_context(locale="nl-NL")).new_page()
        await follow(tmp_path, family, zone)
        assert "nodigt u uit" in str((await box.next())["Subject"])
        async with device.page() as panel:
            miss_a_check_in(tmp_path / "state" / "journal.db", zone)
            # After each conversation it looks what is due.
            await panel.press("louder")

            mail = await box.next()
            assert mail["To"] == "anna@example.org"
            assert "kunt u even kijken?" in str(mail["Subject"])
            await panel.complains("Anna gevraagd om even te kijken")

            alarm = family.locator(".alarm")
            await expect(alarm).to_contain_text("niet gereageerd op Praatpaal")
            await alarm.get_by_role("button", name="Ik kijk even").click()
            await panel.says("Anna kijkt even")
            await expect(alarm).to_have_count(0)

            await panel.rests()
            await panel.press("talk")
            await panel.says("Anna kijkt daarom even")
            await panel.listens()
            await panel.press("talk")
            await panel.complains("Anna hoort dat u er weer bent")
            assert "heeft weer gereageerd" in str((await box.next())["Subject"])
