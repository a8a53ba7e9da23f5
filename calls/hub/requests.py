"""What a device asks of the hub besides calls: followers, alarms, agenda, notes."""

import logging

from calls.agenda_messages import ProposalStands, SharedAgenda
from calls.hub import members
from calls.hub.agenda import Agendas
from calls.hub.alarms import Alarms
from calls.hub.errors import Refusal
from calls.hub.invitations import create_invitation
from calls.hub.links import DeviceEnd
from calls.hub.mail import MailKind
from calls.hub.notes import Notes
from calls.hub.presence import Presence
from calls.hub.ringer import Ringer
from calls.hub.state import HubState
from calls.hub.tasks import Tasks
from calls.messages import Agree, Alarm, AlarmOver, Invite, Invited, UsedToday, Withdraw
from calls.note_messages import NoteOver, PutNote
from calls.wire import Message

logger = logging.getLogger(__name__)


class Requests:
    """Does what devices ask; what it returns is for `calls.link`.

    Each may come twice, after the hub was killed between doing it and the ack: none
    does more the second time.

    Args:
        state: Of the hub.
        alarms: Keeps them.
        agendas: Keeps what is shared of them.
        notes: Keeps what is asked of members.
        presence: Tells who must know.
        ringer: Of what rings.
        tasks: Of the hub.
    """

    def __init__(
        self,
        state: HubState,
        alarms: Alarms,
        agendas: Agendas,
        notes: Notes,
        presence: Presence,
        ringer: Ringer,
        tasks: Tasks,
    ) -> None:
        self._state = state
        self._alarms = alarms
        self._agendas = agendas
        self._notes = notes
        self._presence = presence
        self._ringer = ringer
        self._tasks = tasks

    async def handle(self, end: DeviceEnd, message: Message) -> bool:
        """Do it; it is on the disk when this returns True.

        Raises:
            StoreError: If it could not be kept: it is asked again.
        """
        try:
            await self._do(end, message)
        except Refusal as refusal:
            # Asking again would not help: it is acked, and the device sees in
            # Members, or by the Invited that does not come, that it was not done.
            logger.info("a device's %s was refused: %s", message.type, refusal.code)
        return True

    async def _do(self, end: DeviceEnd, message: Message) -> None:
        home = end.household
        match message:
            case Invite():
                await self._invite(end, message)
            case Agree(member=member, role=role):
                await members.agree(
                    self._state.store,
                    home,
                    member,
                    role,
                    sees_presence=message.sees_presence,
                    sees_use=message.sees_use,
                    sees_agenda=message.sees_agenda,
                )
                await self._state.tell_members_changed(home)
            case Withdraw(member=member):
                await self._withdraw(home, member)
            case UsedToday():
                await self._presence.used_today(home, message)
            case Alarm():
                await self._alarms.keep(home, message)
            case AlarmOver():
                await self._alarms.over(home, message)
            case SharedAgenda():
                await self._agendas.keep(home, message)
            case ProposalStands():
                await self._agendas.stand(home, message)
            case PutNote():
                await self._notes.keep(home, message)
            case NoteOver():
                await self._notes.over(home, message)
            case _:
                logger.info("a device may not send %s", message.type)

    async def _invite(self, end: DeviceEnd, invite: Invite) -> None:
        state = self._state
        made = await create_invitation(
            state.store,
            state.url,
            end.household,
            invite.member,
            invite.name,
            invite.role,
            invite.email,
            state.now(),
        )
        end.tell(Invited(invite.id, invite.member, made.url, made.expires))
        await state.tell_members_changed(end.household)
        if invite.email:
            values = {"name": invite.name, "home": made.home, "url": made.url}
            self._tasks.start(
                self._mail(invite.email, invite.language, values), "an invitation"
            )

    async def _mail(self, to: str, language: str, values: dict[str, str]) -> None:
        await self._state.notifier.mail(MailKind.INVITATION, to, language, values)

    async def _withdraw(self, household: str, member: str) -> None:
        state = self._state
        account = await members.withdraw(state.store, household, member, state.now())
        self._ringer.withdrawn(member)
        await state.tell_members_changed(household)
        if account is not None:
            await self._presence.account_changed(account)
