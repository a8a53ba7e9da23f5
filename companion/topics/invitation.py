"""Inviting somebody: asked, and shown as a code to scan until they are there.

While the code is shown nobody is listened to: who scans it stands in the room, and
talks. Any button ends it.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

import segno

from calls.messages import Invited, Role
from companion.buttons import Floor
from companion.control import Refused
from companion.following import Following
from companion.people import Person, PersonId, Relation
from companion.speaking import cancel
from companion.talk import Talk
from companion.topics.following import ask_agreements
from companion.topics.whom import MOST_CHOICES
from companion.understanding.times import say_date
from hardware.screen import Code
from voice.speech import Chime, Speech

# Long enough to find a telephone and its camera; after that nobody looks any more.
SHOWN_S = 15 * 60.0

CLOSE_KIN = frozenset(
    {
        Relation.DAUGHTER, Relation.SON, Relation.PARTNER, Relation.SISTER,
        Relation.BROTHER, Relation.GRANDCHILD,
    }
)  # fmt: skip
"""Who may be close family; of others it is not asked."""

ONLY_HERE = frozenset({"127.0.0.1", "localhost", "::1"})

# What went wrong, by `Refused.reason`; anything else is "failed".
WHY_NOT = {
    "no_hub": "invitation.no_hub",
    "hub_silent": "invitation.hub_silent",
    "store": "invitation.not_kept",
}


class Inviter(Protocol):
    """What is needed of `companion.inviting.Inviting`."""

    async def invite(self, person: PersonId, role: Role) -> Invited:
        """Have the hub make an invitation; mailed as well where there is an address.

        Raises:
            Refused: If it cannot be made.
        """


async def invite(
    talk: Talk,
    inviter: Inviter | None,
    following: Following,
    whom: Sequence[int] | None,
    has_screen: bool,
) -> None:
    """Invite somebody, and ask what they may see and do.

    Args:
        talk: The conversation.
        inviter: Makes invitations; None on a device without calls.
        following: Who follows already, and what is agreed with them.
        whom: Numbers of those who may be meant; empty if nobody in the list; None if
            nobody was named: then it is asked of each who does not follow yet.
        has_screen: Whether a code can be shown.

    Raises:
        Stopped: If the person says stop.
        DangerHeard: If the person says something that needs help now.
    """
    if inviter is None:
        await talk.say("invitation.no_calls")
        return
    person, role = await _choose(talk, following, whom, has_screen)
    if person is None or role is None:
        return
    assert person.id is not None
    name = person.spoken_name
    await talk.say("invitation.making")
    try:
        invited = await inviter.invite(person.id, role)
    except Refused as refused:
        why = WHY_NOT.get(refused.reason, "invitation.failed")
        await talk.say(why, person=name)
        return
    is_answered = True
    if has_screen:
        is_new = not await _has_joined(following, person)
        is_answered = await _show(talk, following, person, invited, is_new)
    else:
        day = _last_day(talk, invited)
        await talk.say("invitation.mailed_only", person=name, date=day)
    if is_answered:
        invited_person = await _as_invited(following, person)
        await ask_agreements(talk, following, invited_person)


# -- whom ---------------------------------------------------------------------------


async def _choose(
    talk: Talk, following: Following, whom: Sequence[int] | None, has_screen: bool
) -> tuple[Person | None, Role | None]:
    """Whom to invite, and as what; nobody, and said, where nobody is wanted."""
    people = await following.everybody()
    if whom is None:
        follow = {person.id for person in people if person.video}
        meant = [person for person in people if person.id not in follow] or list(people)
    else:
        meant = [person for person in people if person.id in whom]
    if not meant:
        await talk.say("invitation.not_listed")
        return None, None
    reached = [person for person in meant if has_screen or person.email]
    if not reached:
        await talk.say("invitation.no_screen", person=meant[0].spoken_name)
        return None, None
    for person in reached[:MOST_CHOICES]:
        if await _is_wanted(talk, following, person):
            return person, await _role(talk, person)
    await talk.say("invitation.not_done")
    return None, None


async def _is_wanted(talk: Talk, following: Following, person: Person) -> bool:
    """Whether to invite them. Never early: it is about who may call."""
    name = person.spoken_name
    if await _has_joined(following, person):
        return await talk.confirm("invitation.again", ends_early=False, person=name)
    return await talk.confirm("invitation.wanted", ends_early=False, person=name)


async def _role(talk: Talk, person: Person) -> Role:
    """As what they are invited; asked only of who may be close family."""
    if person.role is not None:
        return person.role
    if person.relation not in CLOSE_KIN:
        return Role.FAMILY
    name = person.spoken_name
    is_close = await talk.confirm("invitation.close", ends_early=False, person=name)
    return Role.CLOSE_FAMILY if is_close else Role.FAMILY


async def _has_joined(following: Following, person: Person) -> bool:
    return any(
        follower.person.id == person.id and follower.has_joined
        for follower in await following.followers()
    )


async def _as_invited(following: Following, person: Person) -> Person:
    """The same, with the role that they have now."""
    people = await following.everybody()
    return next((each for each in people if each.id == person.id), person)


# -- the code -----------------------------------------------------------------------


async def _show(
    talk: Talk, following: Following, person: Person, invited: Invited, is_new: bool
) -> bool:
    """Show the code until a press, or until they are there; False if nobody came.

    Args:
        talk: The conversation.
        following: Tells that they are there.
        person: Whom the code is for.
        invited: The invitation.
        is_new: Whether they were not there before: only then it is noticed.
    """
    telling = asyncio.ensure_future(_tell(talk, person, invited))
    joining = asyncio.ensure_future(_join(following, invited, is_new))
    talk.stage.show_code(_code(talk, person, invited))
    talk.stage.give_floor(Floor.SHOWING)
    try:
        with talk.pressing() as pressed:
            until: set[asyncio.Future[Any]] = {pressed, joining}
            async with asyncio.timeout(SHOWN_S):
                await asyncio.wait(until, return_when=asyncio.FIRST_COMPLETED)
    except TimeoutError:
        # Nobody says anything into a room that has been quiet for so long.
        return False
    finally:
        await cancel(telling)
        await cancel(joining)
        talk.stage.show_code(None)
        talk.stage.give_floor(Floor.TAKEN)
    if not telling.cancelled():
        telling.result()
    if not joining.cancelled():
        await talk.chime(Chime.DONE)
        await talk.say("invitation.joined", person=person.spoken_name)
    else:
        await talk.say("invitation.put_away", date=_last_day(talk, invited))
    return True


async def _join(following: Following, invited: Invited, is_new: bool) -> None:
    """Wait until they use the invitation; who was there before cannot be told apart."""
    if is_new:
        await following.joined(invited.member)
    else:
        await asyncio.Event().wait()


async def _tell(talk: Talk, person: Person, invited: Invited) -> None:
    """Say what the code is for, without listening; the code stays."""
    name, day = person.spoken_name, _last_day(talk, invited)
    lines = [
        await talk.word(_title_key(invited), person=name),
        await talk.word("invitation.until", date=day),
    ]
    if person.email:
        lines.append(await talk.word("invitation.mailed", person=name))
    for speech in lines:
        await _say(talk, speech)
    # Known by now: a television answers within seconds.
    if talk.stage.television_is_dark:
        await _say(talk, await talk.word("invitation.television"))
    await _say(talk, await talk.word("invitation.press"))
    talk.stage.wait()


async def _say(talk: Talk, speech: Speech) -> None:
    talk.stage.speak(speech.text)
    await talk.mouth.say(speech)


def _code(talk: Talk, person: Person, invited: Invited) -> Code:
    text, name = talk.phrasebook.text, person.spoken_name
    # 15 % of it may be unreadable, by a reflection in the glass: level M.
    matrix = segno.make(invited.url, error="m", micro=False).matrix
    return Code(
        rows=tuple("".join(str(int(module)) for module in row) for row in matrix),
        title=text(_title_key(invited), person=name),
        address=invited.url,
        note=text("invitation.until", date=_last_day(talk, invited)),
    )


def _title_key(invited: Invited) -> str:
    """Another telephone cannot open the address of a try-out on this computer."""
    is_only_here = urlsplit(invited.url).hostname in ONLY_HERE
    return "invitation.only_here" if is_only_here else "invitation.scan"


def _last_day(talk: Talk, invited: Invited) -> str:
    """The last day on which the whole day is left."""
    zone = talk.clock.now().tzinfo
    return say_date(datetime.fromtimestamp(invited.expires, zone).date())
