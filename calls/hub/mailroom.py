"""Sends login links behind the back of who asks: the answer tells nothing.

Whether an address is known shows neither in what is answered nor in how long it took.
"""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator

from aiohttp import web

from calls.hub.errors import StoreError
from calls.hub.limits import Cost
from calls.hub.login_links import create_links
from calls.hub.mail import MailKind
from calls.hub.state import HubState

logger = logging.getLogger(__name__)

# A mail server that is slow takes 30 s for each; who waits longer asks again.
MOST_WAITING = 100


def address_key(email: str) -> str:
    """How an address is known that asked: what people type is kept nowhere."""
    return hashlib.sha256(email.lower().encode()).hexdigest()


class Mailroom:
    """A queue of addresses, and the one task that works on it."""

    def __init__(self, state: HubState) -> None:
        self._state = state
        self._waiting: asyncio.Queue[tuple[str, str]] = asyncio.Queue(MOST_WAITING)

    def ask(self, email: str, language: str) -> None:
        """Send links to this address, if it is known; too many are left out."""
        who = address_key(email)
        if self._state.buckets.take(Cost.LETTER, who, self._state.monotonic()):
            logger.info("an address asked for too many links")
            return
        try:
            self._waiting.put_nowait((email, language))
        except asyncio.QueueFull:
            logger.warning("too many ask for links at once")

    async def work(self, _: web.Application) -> AsyncIterator[None]:
        """Run beside the application (`app.cleanup_ctx`)."""
        task = asyncio.create_task(self._work(), name="hub mailroom")
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            email, language = await self._waiting.get()
            try:
                await self._send(email, language)
            except StoreError as error:
                logger.error("no links could be made: %s", error)
            except Exception:
                logger.exception("sending links broke; the next ones are tried")

    async def _send(self, email: str, language: str) -> None:
        state = self._state
        if not state.notifier.can_mail:
            return
        for link in await create_links(state.store, state.url, email, state.now()):
            await state.notifier.mail(
                MailKind.LOGIN,
                email,
                language,
                {"home": ", ".join(link.homes), "url": link.url},
            )
