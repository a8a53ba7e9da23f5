"""A call as a conversation follows it: its milestones, and its end in good order."""

import asyncio
import logging
from collections.abc import Callable
from types import TracebackType

from calls.call import Call, CallChange, CallState
from calls.call_messages import Reason

logger = logging.getLogger(__name__)

# The other side is told of the end within one round trip; what takes longer is stuck.
END_WITHIN_S = 2.0
FOLLOWED_WITHIN_S = 0.2

_ANSWERED = frozenset(
    {
        CallState.CONNECTING, CallState.ACTIVE, CallState.INTERRUPTED,
        CallState.RECONNECTING,
    }
)  # fmt: skip
_SPEAKING = _ANSWERED - {CallState.CONNECTING}


class Line:
    """Follows one call; leaving it hangs up, whatever happened.

    Attributes:
        answered: Done once somebody answered.
        active: Done once sound went both ways.
        ended: Done once it is over, with why.
    """

    def __init__(self, call: Call, on_change: Callable[[], None]) -> None:
        """Follow a call.

        Args:
            call: From its first ring.
            on_change: Called at each change.
        """
        loop = asyncio.get_running_loop()
        self.answered: asyncio.Future[None] = loop.create_future()
        self.active: asyncio.Future[None] = loop.create_future()
        self.ended: asyncio.Future[Reason] = loop.create_future()
        self._call = call
        self._on_change = on_change
        self._now = call.now
        self._following: asyncio.Task[None] | None = None

    @property
    def now(self) -> CallChange:
        """How the call stands, as it was told last."""
        return self._now

    async def __aenter__(self) -> "Line":
        """Begin to follow."""
        self._take(self._now)
        self._following = asyncio.create_task(self._follow())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hang up, if nobody did; a microphone never stays open behind it."""
        await self.end(Reason.HUNG_UP)
        if self._following is not None:
            # It reads the end and is done, unless the call is stuck.
            await asyncio.wait({self._following}, timeout=FOLLOWED_WITHIN_S)
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)

    async def accept(self, *, camera: bool) -> None:
        """Answer a call that came in."""
        try:
            async with asyncio.timeout(END_WITHIN_S):
                await self._call.accept(camera=camera)
        except Exception:
            logger.exception("a call could not be answered")
            await self.end(Reason.FAILED)

    async def show_camera(self) -> None:
        """Let our picture go to the other side."""
        try:
            async with asyncio.timeout(END_WITHIN_S):
                await self._call.show_camera(True)
        except Exception:
            logger.exception("the picture could not be shown")

    async def end(self, reason: Reason) -> None:
        """Hang up or decline; one that ended already stays as it ended."""
        if self.ended.done():
            return
        try:
            async with asyncio.timeout(END_WITHIN_S):
                await self._call.end(reason)
        except Exception:
            logger.exception("a call could not be ended")
        if not self.ended.done():
            self._take(CallChange(CallState.ENDED, reason))

    async def _follow(self) -> None:
        try:
            async for change in self._call.changes():
                self._take(change)
        except Exception:
            logger.exception("a call cannot be followed")
        if not self.ended.done():
            self._take(CallChange(CallState.ENDED, Reason.LOST))

    def _take(self, change: CallChange) -> None:
        if self.ended.done():
            return
        self._now = change
        reached = {
            self.answered: change.state in _ANSWERED,
            self.active: change.state in _SPEAKING,
        }
        for milestone, is_there in reached.items():
            if is_there and not milestone.done():
                milestone.set_result(None)
        if change.state is CallState.ENDED:
            self.ended.set_result(change.reason or Reason.LOST)
        self._on_change()
