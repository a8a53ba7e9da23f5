"""A hub of paper: keeps the alarms that it is told of, as long as it is there."""

from collections.abc import Callable

from calls.hub.alarms import told_id
from calls.messages import (
    Acknowledged,
    Alarm,
    AlarmOver,
    Invite,
    Invited,
    Member,
    Members,
    Role,
)
from calls.note_messages import NoteAnswer, PutNote, Reply
from calls.wire import Message, new_id
from companion.control import Refused


class PaperHub:
    """The way to it, and what it kept.

    Attributes:
        is_there: Whether it takes anything.
        received: All that it kept, in order.
        told: Members that are told now, by alarm.
        over: Alarms that are over.
        invited: Whom it made an invitation for.
        why_not: Why it makes none, by name; empty: it does.
    """

    def __init__(self) -> None:
        self.is_there = True
        self.received: list[Message] = []
        self.told: dict[str, tuple[str, ...]] = {}
        self.over: list[str] = []
        self.invited: list[Invite] = []
        self.why_not = ""
        self.url = "https://praatpaal.voorbeeld.nl/join#geheim"
        self.expires = 0.0
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

    async def invite(self, invite: Invite) -> Invited:
        if self.why_not:
            raise Refused(self.why_not)
        self.invited.append(invite)
        return Invited(invite.id, invite.member, self.url, self.expires)

    def joins(self, *members: str) -> None:
        """These used their invitations."""
        told = (
            Member(member, "Iemand", Role.FAMILY, True, True, False, False)
            for member in members
        )
        self._tell(Members(tuple(told)))

    def comes_back(self) -> None:
        """The device is connected again, and told who follows."""
        self.is_there = True
        self._tell(Members(()))

    def acknowledges(self, member: str) -> None:
        """This member takes care of all alarms."""
        for alarm in self.told:
            self._tell(Acknowledged(told_id(alarm), alarm, member))

    def answers(self, reply: Reply, text: str = "") -> None:
        """Whoever was asked last answers so."""
        note = self.notes[-1].note
        self._tell(NoteAnswer(new_id(), note, reply, text))

    @property
    def notes(self) -> list[PutNote]:
        """What somebody was asked, in order."""
        return [each for each in self.received if isinstance(each, PutNote)]

    def _tell(self, message: Message) -> None:
        for listener in self._listeners:
            listener(message)
