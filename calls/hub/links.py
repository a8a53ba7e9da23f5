"""Who is connected: devices and pages, each over a reliable link.

A message about a call is handed on and not kept: its sender repeats it until the ack
of its receiver has come back. So a hub that is killed in between loses none.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Iterator
from typing import Protocol

from calls.call_messages import CallMessage
from calls.link import Link, LinkFull
from calls.messages import Ack
from calls.wire import Message

logger = logging.getLogger(__name__)

MOST_DEVICES = 20_000
MOST_PAGES = 20_000
MOST_PAGES_OF_ACCOUNT = 12
"""A phone, a tablet and a laptop with some tabs each."""

MESSAGES_AT_ONCE = 250
MESSAGES_PER_S = 30.0
"""A call begins with some 40 messages; one that connects anew repeats those."""

MOST_HANDED_ON = 500
"""Messages of which the ack is waited for, of one receiver."""


class TooMany(Exception):
    """More than we take: messages, or connections."""


class Rate:
    """How many messages an end may send: a bucket that fills again (pure)."""

    def __init__(
        self, burst: float = MESSAGES_AT_ONCE, per_s: float = MESSAGES_PER_S
    ) -> None:
        self._burst = burst
        self._per_s = per_s
        self._left = burst
        self._at_s: float | None = None

    def take(self, now_s: float) -> bool:
        """Whether one more may come now."""
        if self._at_s is not None:
            grown = (now_s - self._at_s) * self._per_s
            self._left = min(self._burst, self._left + grown)
        self._at_s = now_s
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Closable(Protocol):
    """The socket of an end."""

    async def send_str(self, data: str) -> None:
        """Send one text frame, beside what its link sends."""

    async def close(self) -> object:
        """Close it; who reads from it notices."""


class End:
    """One connection: of a device or a page.

    Args:
        socket: Of it.
    """

    def __init__(self, socket: Closable) -> None:
        self.socket = socket
        self.rate = Rate()
        self.link: Link
        self.telling = asyncio.Lock()
        """Held while it is found out what to tell: the newest is told last."""
        self._senders: OrderedDict[str, End] = OrderedDict()

    def hand_on(self, message: CallMessage, sender: "End") -> None:
        """Let this end have it once; its ack goes to the sender, who repeats it."""
        self._senders.pop(message.id, None)
        self._senders[message.id] = sender
        if len(self._senders) > MOST_HANDED_ON:
            self._senders.popitem(last=False)
        self.tell(message)

    def acked(self, key: str) -> None:
        """This end has what was handed on to it."""
        sender = self._senders.pop(key, None)
        if sender is not None:
            sender.tell(Ack(key))

    def tell(self, message: Message) -> None:
        """Send it once."""
        try:
            self.link.post(message)
        except LinkFull:
            # Its socket takes nothing, and is given up within seconds.
            logger.info("no room for a %s", message.type)

    def send(self, message: Message) -> None:
        """Send it until it is acked; not once more over the same connection."""
        if self.link.has_arrived(message):
            return
        try:
            self.link.send(message)
        except LinkFull:
            logger.info("no room for a %s", message.type)


class DeviceEnd(End):
    """A device that is connected."""

    def __init__(self, socket: Closable, device: str, household: str) -> None:
        super().__init__(socket)
        self.device = device
        self.household = household
        self.members: Message | None = None
        """As it was last told."""


class PageEnd(End):
    """A page that is open."""

    def __init__(
        self, socket: Closable, account: str, page: str, session: bytes
    ) -> None:
        super().__init__(socket)
        self.account = account
        self.page = page
        """Empty until it has said so."""
        self.session = session
        self.shown: dict[str, Message] = {}
        """What it was last told of each member that it is."""
        self.notes: dict[str, Message] = {}
        """The same, of what they are asked."""
        self.households: set[str] = set()
        """That it shows."""


class Ends:
    """All that are connected to this hub."""

    def __init__(self) -> None:
        self._devices: dict[str, DeviceEnd] = {}
        self._pages: dict[str, list[PageEnd]] = {}
        self._watching: dict[str, set[PageEnd]] = {}
        self._page_count = 0

    # -- devices ------------------------------------------------------------------

    def device(self, household: str) -> DeviceEnd | None:
        """The device of a household, if it is connected."""
        return self._devices.get(household)

    def devices(self) -> list[DeviceEnd]:
        """All of them."""
        return list(self._devices.values())

    def add_device(self, end: DeviceEnd) -> DeviceEnd | None:
        """It is connected; returns the connection that it takes the place of.

        Raises:
            TooMany: If there is no room.
        """
        before = self._devices.get(end.household)
        if before is None and len(self._devices) >= MOST_DEVICES:
            raise TooMany("devices")
        self._devices[end.household] = end
        return before

    def remove_device(self, end: DeviceEnd) -> bool:
        """It is gone. False: another connection has taken its place."""
        if self._devices.get(end.household) is not end:
            return False
        del self._devices[end.household]
        return True

    # -- pages --------------------------------------------------------------------

    def pages(self, account: str) -> tuple[PageEnd, ...]:
        """The open pages of an account, oldest first."""
        return tuple(self._pages.get(account, ()))

    def all_pages(self) -> Iterator[PageEnd]:
        """Each page of each account."""
        for pages in tuple(self._pages.values()):
            yield from tuple(pages)

    def page(self, account: str, page: str) -> tuple[PageEnd, ...]:
        """The page with this id; else those that have not said theirs yet.

        A page leaves alone what is not for it.
        """
        pages = self.pages(account)
        meant = tuple(each for each in pages if each.page == page)
        return meant or tuple(each for each in pages if not each.page)

    def add_page(self, end: PageEnd) -> tuple[PageEnd, ...]:
        """It is open; returns those that it takes the place of.

        Raises:
            TooMany: If there is no room.
        """
        pages = self._pages.get(end.account, [])
        before = [each for each in pages if end.page and each.page == end.page]
        count = len(pages) - len(before)
        if count >= MOST_PAGES_OF_ACCOUNT or self._page_count >= MOST_PAGES:
            raise TooMany("pages")
        for each in before:
            self.remove_page(each)
        self._pages.setdefault(end.account, []).append(end)
        self._page_count += 1
        return tuple(before)

    def remove_page(self, end: PageEnd) -> bool:
        """It is gone. False: it was already."""
        pages = self._pages.get(end.account, [])
        if end not in pages:
            return False
        pages.remove(end)
        if not pages:
            del self._pages[end.account]
        self._page_count -= 1
        self.watch(end, set())
        return True

    def watch(self, end: PageEnd, households: set[str]) -> None:
        """These are the households that it shows from now on."""
        for gone in end.households - households:
            watching = self._watching.get(gone, set())
            watching.discard(end)
            if not watching:
                self._watching.pop(gone, None)
        for new in households - end.households:
            self._watching.setdefault(new, set()).add(end)
        end.households = set(households)

    def watching(self, household: str) -> list[PageEnd]:
        """The pages that show a household."""
        return list(self._watching.get(household, ()))
