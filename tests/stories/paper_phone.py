"""A phone of paper: calls go as the story says, by the states of real ones."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace

from calls.call import Call, CallChange, Caller, CallError, CallEvent, CallState, after
from calls.call_messages import Reason, RingsBy

# What happens to a call, and after how many seconds since the last.
Happening = tuple[float, Callable[["PaperCall"], None]]


@dataclass(slots=True)
class PaperCall:
    """One call; a story lets things happen to it."""

    _caller: Caller
    is_incoming: bool = False
    seconds: int = 0
    camera: bool = False
    accepted_with: list[bool] = field(default_factory=list)
    shown: list[bool] = field(default_factory=list)
    is_stuck: bool = False
    """Whether neither an end nor an answer comes through."""
    _now: CallChange = field(default_factory=lambda: CallChange(CallState.CALLING))
    _moved: asyncio.Event = field(default_factory=asyncio.Event)
    _told: list[CallChange] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.is_incoming:
            self._now = CallChange(CallState.RINGING, rings_by=frozenset(RingsBy))
        self._told.append(self._now)

    @property
    def caller(self) -> Caller:
        return self._caller

    @property
    def now(self) -> CallChange:
        return self._now

    async def changes(self) -> AsyncIterator[CallChange]:
        at = 0
        while True:
            while at < len(self._told):
                yield self._told[at]
                at += 1
            if self._now.state is CallState.ENDED:
                return
            self._moved.clear()
            await self._moved.wait()

    async def accept(self, *, camera: bool) -> None:
        if self.is_stuck:
            await asyncio.Event().wait()
        self.accepted_with.append(camera)
        self.happen(CallEvent.ACCEPTED)

    async def show_camera(self, is_shown: bool) -> None:
        self.shown.append(is_shown)

    async def end(self, reason: Reason) -> None:
        if self.is_stuck:
            await asyncio.Event().wait()
        self.over(reason)

    # -- what the other side, or the network, does --------------------------------

    def happen(self, event: CallEvent) -> None:
        """What moves a call from one state to the next."""
        self._change(replace(self._now, state=after(self._now.state, event)))

    def rings(self, by: RingsBy = RingsBy.PAGE) -> None:
        """It rings there."""
        change = replace(self._now, rings_by=self._now.rings_by | {by})
        self._change(replace(change, state=after(change.state, CallEvent.RINGS)))

    def microphone(self, is_on: bool) -> None:
        """They switched theirs."""
        self._change(replace(self._now, has_microphone=is_on))

    def over(self, reason: Reason) -> None:
        """It ends; a second end changes nothing."""
        if self._now.state is not CallState.ENDED:
            self._change(replace(self._now, state=CallState.ENDED, reason=reason))

    def _change(self, change: CallChange) -> None:
        if change != self._now:
            self._now = change
            self._told.append(change)
            self._moved.set()


def answered(call: PaperCall) -> None:
    """They press the button."""
    call.happen(CallEvent.ACCEPTED)


def connected(call: PaperCall) -> None:
    """Sound goes both ways."""
    call.happen(CallEvent.SOUND_CAME)


def rings(call: PaperCall) -> None:
    """A page shows it."""
    call.rings()


def over(reason: Reason) -> Callable[[PaperCall], None]:
    """It ends."""
    return lambda call: call.over(reason)


RINGS: Sequence[Happening] = ((0.3, rings),)
ANSWERS: Sequence[Happening] = (*RINGS, (8.0, answered), (0.4, connected))


def says(reason: Reason, seconds: float = 10.0) -> Sequence[Happening]:
    """It rings, and comes to nothing."""
    return (*RINGS, (seconds, over(reason)))


class PaperPhone:
    """Rings people of paper, by their address, each time as the story says."""

    def __init__(
        self,
        scripts: dict[str, list[Sequence[Happening]]] | None = None,
        has_camera: bool = True,
    ) -> None:
        self.has_camera = has_camera
        self.calls: list[PaperCall] = []
        self.is_broken = False
        self._scripts = scripts or {}
        self._incoming: asyncio.Queue[Call] = asyncio.Queue()
        self._playing: list[asyncio.Task[None]] = []

    def call(self, caller: Caller, seconds: int, *, camera: bool) -> Call:
        if self.is_broken:
            raise CallError("the phone is broken")
        call = PaperCall(caller, seconds=seconds, camera=camera)
        self.calls.append(call)
        scripts = self._scripts.get(caller.address, [])
        self._play(call, scripts.pop(0) if scripts else ())
        return call

    async def incoming(self) -> AsyncIterator[Call]:
        while True:
            yield await self._incoming.get()

    def comes_in(
        self, address: str, name: str = "Wim", happens: Sequence[Happening] = ()
    ) -> PaperCall:
        """Somebody calls."""
        call = PaperCall(Caller(address, name), is_incoming=True)
        self.calls.append(call)
        self._incoming.put_nowait(call)
        self._play(call, happens)
        return call

    def rung(self) -> list[str]:
        """Whom the device rang, in its order."""
        return [call.caller.name for call in self.calls if not call.is_incoming]

    def _play(self, call: PaperCall, happens: Sequence[Happening]) -> None:
        async def play() -> None:
            for seconds, happen in happens:
                await asyncio.sleep(seconds)
                if call.now.state is CallState.ENDED:
                    return
                happen(call)

        self._playing.append(asyncio.ensure_future(play()))
