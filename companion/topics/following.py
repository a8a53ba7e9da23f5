"""Who follows the person: told, agreed, taken back and asked again.

About each of them one thing at a time, always to be answered with yes or no; anything
but a clear yes is no. What was said is kept at once, so that a "stop" loses nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from companion.asking import NoAnswer, Question, yes_or_no
from companion.checkins import FIRST_SURE_YEAR
from companion.consent import Agreement, agreements_for
from companion.following import Follower, Following
from companion.people import Person, PersonError
from companion.renewing import (
    Asked,
    Changed,
    Renewal,
    has_ended,
    is_to_tell,
    whats_changed,
    whom_to_ask,
)
from companion.talk import Talk
from companion.topics.whom import MOST_CHOICES, ask_which
from companion.understanding.intents import Intent, Meaning

# None of these ends early: all are about sharing.
STAYS = yes_or_no("following.stays", ends_early=False)


# -- told ---------------------------------------------------------------------------


async def tell_followers(talk: Talk, following: Following) -> None:
    """Tell of each who follows what they may see and do."""
    followers = await following.followers()
    if not followers:
        await talk.say("following.nobody")
    for follower in followers:
        await _tell_of(talk, follower)


async def _tell_of(talk: Talk, follower: Follower) -> None:
    person, name = follower.person, follower.person.spoken_name
    if follower.has_joined is False:
        await talk.say("following.invited", person=name)
    elif not person.agreed:
        await talk.say("following.calls_only", person=name)
    else:
        await talk.say("following.calls", person=name)
    for agreement in Agreement:
        if agreement in person.agreed:
            await talk.say(f"following.{agreement}.holds", person=name)


# -- agreed -------------------------------------------------------------------------


async def ask_agreements(talk: Talk, following: Following, person: Person) -> None:
    """Ask what somebody who was just invited may see and do.

    Args:
        talk: The conversation.
        following: Keeps it.
        person: Whom it is about; as what they were invited decides what is asked.

    Raises:
        Stopped: If the person says stop; what was said until then is kept.
        DangerHeard: If the person says something that needs help now.
    """
    assert person.id is not None and person.role is not None
    open_ones = [a for a in agreements_for(person.role) if a not in person.agreed]
    if not open_ones:
        return
    name = person.spoken_name
    await talk.say("following.asks", person=name)
    for agreement in open_ones:
        answer = await _ask(talk, agreement, name)
        if answer is None:
            await talk.say("following.asks_later", person=name)
            return
        if not await _keep(talk, following, person, {agreement: answer}):
            return
    await talk.say("following.agreed")


async def _ask(talk: Talk, agreement: Agreement, name: str) -> bool | None:
    """Whether it is agreed; None if nobody answers."""
    question = yes_or_no(f"following.{agreement}.allow", ends_early=False)
    return await _yes(talk, question, name)


async def _yes(talk: Talk, question: Question, name: str) -> bool | None:
    """Whether it is a yes; None if nobody answers."""
    reply = await talk.ask(question, person=name)
    if isinstance(reply, NoAnswer):
        return None
    return isinstance(reply, Meaning) and reply.intent is Intent.YES


async def _keep(
    talk: Talk,
    following: Following,
    person: Person,
    changes: Mapping[Agreement, bool],
) -> bool:
    """Keep what was said; False, and said, where that failed."""
    assert person.id is not None
    try:
        is_kept = await following.agree(person.id, changes, talk.clock.now())
    except PersonError:
        # Taken off the list, or invited as something else, in this very moment.
        is_kept = False
    if not is_kept:
        await talk.say("following.not_kept")
    return is_kept


# -- as the person wishes -----------------------------------------------------------


async def change(
    talk: Talk,
    following: Following,
    whom: Sequence[int],
    agreement: Agreement,
    is_given: bool,
) -> None:
    """ "Anna mag 's nachts bellen", or no longer: asked back, and kept.

    Args:
        talk: The conversation.
        following: Keeps it.
        whom: Numbers of those who may be meant; empty if nobody in the list.
        agreement: On what.
        is_given: Whether it is agreed, or taken back.
    """
    person = await _who(talk, following, whom)
    if person is None:
        return
    assert person.role is not None
    name = person.spoken_name
    if is_given and agreement not in agreements_for(person.role):
        await talk.say("following.not_close")
        return
    if is_given == (agreement in person.agreed):
        await talk.say("following.already")
    elif not await _is_wanted(talk, agreement, is_given, name):
        await talk.say("following.unchanged", person=name)
        return
    elif not await _keep(talk, following, person, {agreement: is_given}):
        return
    if is_given:
        await talk.say(f"following.{agreement}.holds", person=name)
    else:
        await talk.say(f"following.{agreement}.ended", person=name)


async def _is_wanted(
    talk: Talk, agreement: Agreement, is_given: bool, name: str
) -> bool:
    if is_given:
        return await _ask(talk, agreement, name) is True
    await talk.say(f"following.{agreement}.holds", person=name)
    return await talk.confirm("following.forbid", ends_early=False, person=name)


async def withdraw(
    talk: Talk, following: Following, whom: Sequence[int] | None
) -> None:
    """ "Anna mag niet meer meekijken": asked once, and done at once.

    Args:
        talk: The conversation.
        following: Keeps it.
        whom: Numbers of those who may be meant; empty if nobody in the list; None if
            nobody was named: then it is asked of each.
    """
    if whom is not None:
        person = await _who(talk, following, whom)
        people = [] if person is None else [person]
    else:
        people = await _people(following)
        if not people:
            await talk.say("following.nobody")
    for person in people:
        name = person.spoken_name
        if not await talk.confirm("following.withdraw", ends_early=False, person=name):
            await talk.say("following.unchanged", person=name)
            continue
        assert person.id is not None
        is_kept = await following.withdraw(person.id, talk.clock.now())
        await talk.say("following.withdrawn", person=name)
        if not is_kept:
            await talk.say("following.not_kept")


async def _who(talk: Talk, following: Following, whom: Sequence[int]) -> Person | None:
    """Who of those who follow is meant; None, and said, if nobody is."""
    followers = await _people(following)
    meant = [person for person in followers if person.id in whom]
    if not followers:
        await talk.say("following.nobody")
        return None
    if not meant:
        await _tell_not_following(talk, following, whom, followers)
        return None
    if len(meant) == 1:
        return meant[0]
    question = yes_or_no("following.who", ends_early=False)
    person = await ask_which(talk, meant, question)
    if person is None:
        await talk.say("following.nobody_chosen")
    return person


async def _tell_not_following(
    talk: Talk,
    following: Following,
    whom: Sequence[int],
    followers: Sequence[Person],
) -> None:
    """Say that it is nobody who follows, and who there is."""
    known = next((p for p in await following.everybody() if p.id in whom), None)
    if known is not None:
        await talk.say("following.not_following", person=known.spoken_name)
    else:
        await talk.say("following.unknown")
    for person in followers[:MOST_CHOICES]:
        await talk.say("following.calls", person=person.spoken_name)


# -- by itself ----------------------------------------------------------------------


async def has_to_tell(following: Following, now: datetime) -> bool:
    """Whether `tell_changes` or `tell_by_itself` would say anything now."""
    if now.year < FIRST_SURE_YEAR:
        return False
    return (
        await _is_to_tell(following, now)
        or await _due(following, now) is not None
        or bool(await _changes(following))
    )


async def tell_by_itself(talk: Talk, following: Following) -> None:
    """After a check-in: each month who follows, each quarter whether they still may.

    At most one of both at a time, and about one person.
    """
    now = talk.clock.now()
    if now.year < FIRST_SURE_YEAR:
        return
    if await _is_to_tell(following, now):
        await _tell_month(talk, following)
    elif (renewal := await _due(following, now)) is not None:
        await talk.say("following.renew")
        await _renew(talk, following, renewal)


async def _people(following: Following) -> list[Person]:
    return [follower.person for follower in await following.followers()]


async def _is_to_tell(following: Following, now: datetime) -> bool:
    rounds = await following.rounds()
    return is_to_tell(rounds, await _people(following), now.date())


async def _due(following: Following, now: datetime) -> Renewal | None:
    rounds, people = await following.rounds(), await _people(following)
    return whom_to_ask(rounds, people, await following.consents(), now.date())


async def _tell_month(talk: Talk, following: Following) -> None:
    people, today = await _people(following), talk.clock.now().date()
    of = frozenset(int(person.id) for person in people if person.id is not None)
    # Kept before it is told: whoever says stop knows enough for this month.
    rounds = replace(await following.rounds(), told_on=today, told_of=of)
    await following.keep_rounds(rounds)
    await talk.say("following.monthly")
    await tell_followers(talk, following)
    await talk.say("following.hint", person=people[0].spoken_name)


async def tell_changes(talk: Talk, following: Following) -> None:
    """Tell what who helps the person changed for them, and ask whether it is right."""
    found = await _changes(following)
    for changed in found:
        await _tell_change(talk, following, changed)
    if found:
        rounds = await following.rounds()
        await following.keep_rounds(replace(rounds, heard_at=talk.clock.now()))


async def _changes(following: Following) -> list[Changed]:
    rounds, people = await following.rounds(), await following.everybody()
    return whats_changed(rounds, people, await following.consents())


async def _tell_change(talk: Talk, following: Following, changed: Changed) -> None:
    person = changed.person
    name = person.spoken_name
    await talk.say("following.changed", person=name)
    if person.video is None:
        await talk.say("following.withdrawn", person=name)
        return
    for agreement in changed.ended:
        await talk.say(f"following.{agreement}.ended", person=name)
    if changed.given:
        await _renew(talk, following, Renewal(person, changed.given))


async def _renew(talk: Talk, following: Following, renewal: Renewal) -> None:
    """Ask whether it may stay; twice no answer in a row, and it ends."""
    person, left = renewal.person, list(renewal.agreements)
    name = person.spoken_name
    before = await _asked(following, person)
    if before is not None and has_ended(before):
        await _end(talk, following, person, left)
        return
    unanswered = before.unanswered + 1 if before else 1
    asked = Asked(talk.clock.now().date(), unanswered)
    # Kept before it is asked: a press that ends this is no answer either.
    await _keep_asked(following, person, asked)
    while left:
        await talk.say(f"following.{left[0]}.holds", person=name)
        answer = await _yes(talk, STAYS, name)
        if answer is None:
            break
        agreement = left.pop(0)
        await _keep(talk, following, person, {agreement: answer})
        if not answer:
            await talk.say(f"following.{agreement}.ended", person=name)
    if not left:
        await _keep_asked(following, person, replace(asked, unanswered=0))
    elif has_ended(asked):
        await _end(talk, following, person, left)
    else:
        await talk.say("following.unanswered")


async def _asked(following: Following, person: Person) -> Asked | None:
    assert person.id is not None
    return (await following.rounds()).asked.get(person.id)


async def _keep_asked(following: Following, person: Person, asked: Asked) -> None:
    assert person.id is not None
    rounds = await following.rounds()
    about = {**rounds.asked, int(person.id): asked}
    await following.keep_rounds(replace(rounds, asked=about))


async def _end(
    talk: Talk, following: Following, person: Person, left: Sequence[Agreement]
) -> None:
    """What was not answered twice is shared no longer: said, and shown."""
    name = person.spoken_name
    await _keep(talk, following, person, dict.fromkeys(left, False))
    await _keep_asked(following, person, Asked(talk.clock.now().date()))
    talk.stage.notice(talk.phrasebook.text("following.ended_shown", person=name))
    await talk.say("following.ended", person=name)
