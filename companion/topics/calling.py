"""Calling people: whom, one after the other, and what is left when nobody answers."""

from collections.abc import Sequence

from companion.asking import yes_or_no
from companion.callplan import (
    CallPlan,
    GiveUp,
    Offer,
    Ring,
    Tried,
    next_step,
    plan_for_button,
    plan_for_name,
)
from companion.desk import Desk
from companion.people import Person, say_phone, show_phone
from companion.talk import Talk
from companion.topics.one_call import ring
from companion.topics.whom import ask_which


async def call_family(
    talk: Talk, desk: Desk, whom: Sequence[int] | None = None
) -> None:
    """Ring those who were asked for, or tell how else they are reached.

    Args:
        talk: The conversation.
        desk: What rings them.
        whom: Numbers of those who may be meant; empty if somebody was named who is
            not in the list; None if nobody was named, which means the first.

    Raises:
        DangerHeard: If the person says something that needs help now.
    """
    people = await desk.people()
    if desk.phone is None or not any(person.video for person in people):
        await _tell_of_later(talk, people, whom)
        return
    if whom is None:
        await call_by_plan(talk, desk, plan_for_button(people, desk.ring_s))
        return
    for person in await _choose(talk, people, whom):
        plan = plan_for_name(person, people, desk.ring_s)
        await call_by_plan(talk, desk, plan)


async def offer_call(talk: Talk, desk: Desk) -> bool:
    """Offer to ring the first who can be rung; False when nobody was.

    Raises:
        DangerHeard: If the person says something that needs help now.
    """
    plan = plan_for_button(await desk.people(), desk.ring_s)
    first = plan.order[0] if plan.order else None
    if desk.phone is None or first is None or not first.video:
        return False
    if not await _is_wanted(talk, first, is_again=False):
        return False
    await call_by_plan(talk, desk, plan)
    return True


async def call_by_plan(
    talk: Talk, desk: Desk, plan: CallPlan, before: Sequence[Tried] = ()
) -> None:
    """Ring one after the other, each but the first only after a yes.

    Args:
        talk: The conversation.
        desk: What rings them.
        plan: Whom, in which order.
        before: What was tried already; not empty: nobody is rung unasked.
    """
    tried = list(before)
    is_refused = False
    while True:
        match next_step(plan, tried, is_refused):
            case Ring(person):
                pass
            case Offer(person, is_again):
                is_refused = not await _is_wanted(talk, person, is_again)
                if is_refused:
                    continue
            case GiveUp(person_or_none):
                await _give_up(talk, person_or_none)
                return
            case _:
                return
        result = await ring(talk, desk, person)
        if result.is_stopped:
            await talk.say(
                "calling.hung_up" if result.is_answered else "calling.stopped"
            )
            return
        await talk.say(f"calling.ended.{result.reason}", person=person.spoken_name)
        tried.append(Tried(person.id, result.reason))


async def _is_wanted(talk: Talk, person: Person, is_again: bool) -> bool:
    """Whether to ring somebody now. Never early: it is about a call."""
    name = person.spoken_name
    if is_again:
        return await talk.confirm("calling.again", ends_early=False, person=name)
    return await talk.confirm("calling.next", ends_early=False, person=name)


async def _give_up(talk: Talk, person: Person | None) -> None:
    """A telephone number is what is left; that no message can be left is said."""
    if person is None:
        await talk.say("calling.not_listed")
        return
    if not person.video:
        await talk.say("calling.no_video", person=person.spoken_name)
    if person.phone is None:
        await talk.say("calling.no_number", person=person.spoken_name)
    else:
        await tell_number(talk, person)
    await talk.say("calling.no_message")


async def tell_number(talk: Talk, person: Person) -> None:
    """Say somebody's number, large and slow."""
    assert person.phone is not None
    name, number = person.spoken_name, say_phone(person.phone)
    talk.stage.alert(f"{name} {show_phone(person.phone)}")
    try:
        await talk.tell("calling.number", person=name, number=number)
        if await talk.confirm("calling.number_again"):
            await talk.tell("calling.number", person=name, number=number)
    finally:
        talk.stage.alert("")


async def _choose(
    talk: Talk, people: Sequence[Person], whom: Sequence[int]
) -> Sequence[Person]:
    """Who of the list is meant: one, or nobody."""
    meant = [person for person in people if person.id in whom]
    if not meant:
        await talk.say("calling.not_listed")
    if len(meant) <= 1:
        return meant
    # Never early: it is about a call.
    question = yes_or_no("calling.who", ends_early=False)
    person = await ask_which(talk, meant, question)
    if person is None:
        await talk.say("calling.nobody_chosen")
        return []
    return [person]


async def _tell_of_later(
    talk: Talk, people: Sequence[Person], whom: Sequence[int] | None
) -> None:
    """Nobody can be rung here yet: say so, and whom to call meanwhile."""
    await talk.say("calling.family")
    meant = people[:1] if whom is None else await _choose(talk, people, whom)
    for person in meant:
        await talk.say("calling.family_person", person=person.spoken_name)
        if person.phone is not None:
            await tell_number(talk, person)


async def call_line(talk: Talk) -> None:
    """Say the listening line's number, large and slow; it is never kept."""
    talk.stage.alert(talk.phrasebook.text("calling.line_shown"))
    try:
        await talk.tell("calling.line")
        await talk.tell("company.line_number")
        if await talk.confirm("calling.line_again"):
            await talk.tell("company.line_number")
    finally:
        talk.stage.alert("")
