"""Who follows, as who helps the person sets it up: invited, agreed, taken back."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from calls.messages import Invite, Invited, Role
from calls.wire import new_id
from companion.consent import Agreement, Way, agreements_for
from companion.control import Refused
from companion.following import Following
from companion.people import People, Person, PersonError, PersonId, read_email
from companion.ports import Clock
from companion.store import StoreError

logger = logging.getLogger(__name__)

LANGUAGES = ("nl", "en")


class Hub(Protocol):
    """What inviting needs of the way to family."""

    async def invite(self, invite: Invite) -> Invited:
        """Have the hub make an invitation.

        Raises:
            Refused: If there is no way to it.
        """


class Inviting:
    """Who follows, as the person and who helps them want it."""

    def __init__(
        self, people: People, following: Following, hub: Hub, clock: Clock
    ) -> None:
        """Build it.

        Args:
            people: The list of people.
            following: Who follows, and what was agreed with them.
            hub: The way to the hub.
            clock: The time on the wall.
        """
        self._people = people
        self._following = following
        self._hub = hub
        self._clock = clock

    @property
    def handlers(self) -> Mapping[str, Any]:
        """What the command line may ask for."""
        return {
            "invite": self._asked_to_invite,
            "withdraw": self._asked_to_withdraw,
            "agree": self._asked_to_agree,
            "joined": self._asked_who_joined,
        }

    async def invite(
        self,
        person: PersonId,
        role: Role,
        email: str | None = None,
        language: str = "nl",
        way: Way = Way.VOICE,
    ) -> Invited:
        """Make an invitation for somebody in the list.

        Who was invited before gets a new one; the old one is of no use then.

        Args:
            person: Whom.
            role: What they may do.
            email: Where the invitation goes as well; empty: nowhere; None: to the
                address in the list, if there is one.
            language: Of that mail.
            way: How it was said.

        Raises:
            Refused: If there is no such person, the address is none, or there is no
                way to the hub.
        """
        known = await self._find(person)
        if email is None:
            email = known.email or ""
        elif email:
            email = _read_email(email)
        member = known.video or new_id()
        # Kept before it is sent: the hub never knows somebody whom we do not.
        await self._keep(replace(known, video=member, role=role))
        # What only close family may have does not come back with a later invitation.
        lost = known.agreed.difference(agreements_for(role))
        if lost:
            await self.agree(person, dict.fromkeys(lost, False), way)
        return await self._hub.invite(
            Invite(new_id(), member, known.name, role, email, language)
        )

    async def withdraw(self, person: PersonId) -> None:
        """Let somebody follow and call no longer; the hub is told when it is there.

        Raises:
            Refused: If there is no such person, they never followed, or it cannot be
                kept.
        """
        known = await self._find(person)
        if known.video is None:
            raise Refused("not_invited")
        if not await self._following.withdraw(person, self._clock.now(), Way.COMMAND):
            raise Refused("store")

    async def agree(
        self, person: PersonId, changes: Mapping[Agreement, bool], way: Way
    ) -> None:
        """Keep what was agreed (True) or taken back (False).

        Of what was done for them the person hears at the next conversation, and what
        they do not want ends.

        Raises:
            Refused: If there is no such person, they were not invited, may not be given
                that, or it cannot be kept.
        """
        at = self._clock.now()
        try:
            is_kept = await self._following.agree(person, changes, at, way)
        except PersonError as error:
            raise Refused(error.reason) from error
        if not is_kept:
            raise Refused("store")

    async def _find(self, person: PersonId) -> Person:
        try:
            return await asyncio.to_thread(self._people.find, person)
        except PersonError as error:
            raise Refused(error.reason) from error
        except StoreError as error:
            raise Refused("store") from error

    async def _keep(self, person: Person) -> None:
        try:
            await asyncio.to_thread(self._people.change, person)
        except PersonError as error:
            raise Refused(error.reason) from error
        except StoreError as error:
            raise Refused("store") from error

    async def _asked_to_invite(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        match asked:
            case {
                "person": int(person),
                "role": str(role),
                "email": str() | None as email,
                "language": str(language),
            } if role in set(Role) and language in LANGUAGES:
                invited = await self.invite(
                    PersonId(person), Role(role), email, language, Way.COMMAND
                )
                if email is None:
                    email = (await self._find(PersonId(person))).email
                return {
                    "url": invited.url,
                    "expires": invited.expires,
                    "is_mailed": bool(email),
                }
        raise Refused("not_understood")

    async def _asked_to_withdraw(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        match asked:
            case {"person": int(person)}:
                await self.withdraw(PersonId(person))
                return {}
        raise Refused("not_understood")

    async def _asked_to_agree(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        match asked:
            case {
                "person": int(person),
                "agreements": [*agreements],
                "is_given": bool(is_given),
            } if agreements and set(Agreement).issuperset(agreements):
                changes = {Agreement(each): is_given for each in agreements}
                await self.agree(PersonId(person), changes, Way.COMMAND)
                return {}
        raise Refused("not_understood")

    async def _asked_who_joined(self, _: Mapping[str, Any]) -> Mapping[str, Any]:
        followers = await self._following.followers()
        return {"joined": {str(f.person.id): f.has_joined for f in followers}}


def _read_email(email: str) -> str:
    try:
        return read_email(email)
    except PersonError as error:
        raise Refused(error.reason) from error
