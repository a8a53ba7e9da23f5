"""A hub of paper: keeps the alarms that it is told of, as long as it is there."""

from collections.abc import Callable

from calls.hub.alarms import told_id
from calls.messages import Acknowledged, Alarm, AlarmOver, Members, Message


class PaperHub:
    """The way to it, and what it kept.

    Attributes:
        is_there: Whether it takes anything.
        received: All that it kept, in order.
        told: Members that are told now, by alarm.
        over: Alarms that are over.
    """

    def __init__(self) -> None:
        self.is_there = True
        self.received: list[Message] = []
        self.told: dict[str, tuple[str, ...]] = {}
        self.over: list[str] = []
        self._listeners: list[Callable[[Message], None]] = []

    def on_message(self, callback: Callable[[Message], None]) -> None:
        self._listeners.append(callback)

    async def deliver(self, message: Message) -> bool:
        if not self.is_there:
            return False
        self.received.append(message)
        match message:
            case Alarm():
                self.told[message.alarm] = message.members
            case AlarmOver():
                self.told.pop(message.alarm, None)
                self.over.append(message.alarm)
        return True

    def comes_back(self) -> None:
        """The device is connected again, and told who follows."""
        self.is_there = True
        self._tell(Members(()))

    def acknowledges(self, member: str) -> None:
        """This member takes care of all alarms."""
        for alarm in self.told:
            self._tell(Acknowledged(told_id(alarm), alarm, member))

    def _tell(self, message: Message) -> None:
        for listener in self._listeners:
            listener(message)
