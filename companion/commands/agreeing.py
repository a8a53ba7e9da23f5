"""`praatpaal people agree|disagree|following`: what those who follow may see and do."""

import argparse
from collections.abc import Mapping
from typing import Any

from companion.clock import SystemClock
from companion.commands.complaints import complain_of_store
from companion.commands.inviting import add_number, ask_device, explain
from companion.commands.options import FINE, add_json, complain, metavar, print_json
from companion.commands.texts import Texts
from companion.consent import Agreement, Held, held
from companion.control import NotRunning, Refused
from companion.people import People, Person
from companion.settings import Settings, load
from companion.store import StoreError, open_store


def add_actions(actions: Any) -> None:
    """Add them to the actions of `people`."""
    texts = Texts("people", "help")
    for name, is_given in (("agree", True), ("disagree", False)):
        action = actions.add_parser(name, help=texts.say(name))
        add_number(action)
        action.add_argument(
            "agreements",
            nargs="+",
            choices=[each.value for each in Agreement],
            metavar=metavar("agreement"),
            help=texts.say("agreement", agreements=_agreements()),
        )
        add_json(action)
        action.set_defaults(run=run_agree, is_given=is_given)
    following = actions.add_parser("following", help=texts.say("following"))
    add_json(following)
    following.set_defaults(run=run_following)


def run_agree(args: argparse.Namespace) -> int:
    """Have the Praatpaal that runs keep it, and tell the person."""
    asked = {
        "person": args.id,
        "agreements": args.agreements,
        "is_given": args.is_given,
    }
    try:
        ask_device(load(args.settings), "agree", **asked)
    except (NotRunning, Refused) as error:
        return complain(explain(error))
    if args.json:
        print_json(
            {"id": args.id, "agreements": args.agreements, "is_given": args.is_given}
        )
    else:
        word = "agreed" if args.is_given else "disagreed"
        print(Texts("people", "words").say(word))
    return FINE


def run_following(args: argparse.Namespace) -> int:
    """Print who follows, and what was agreed with each."""
    settings = load(args.settings)
    try:
        followers = _followers(settings)
    except StoreError as error:
        return complain_of_store(error)
    joined = _joined(settings)
    if args.json:
        print_json([_plain(person, holds, joined) for person, holds in followers])
        return FINE
    lines = [line for one in followers for line in _lines(*one, joined)]
    print("\n".join(lines) or Texts("people", "words").say("nobody_follows"))
    return FINE


def _followers(settings: Settings) -> list[tuple[Person, list[Held]]]:
    """Who follows or was invited, with what holds.

    Raises:
        StoreError: If the store cannot be read.
    """
    now = SystemClock(settings.device.time_zone).now()
    store = open_store(settings.folders.journal_path(), now)
    try:
        people = People(store)
        consents = people.consents()
        return [
            (
                person,
                [
                    h
                    for h in held(consents, person.id or 0)
                    if h.agreement in person.agreed
                ],
            )
            for person in people.all()
            if person.video
        ]
    finally:
        store.close()


def _joined(settings: Settings) -> Mapping[str, bool | None]:
    """By number, whether they used their invitation; empty: nobody can tell now."""
    try:
        found: Mapping[str, bool | None] = ask_device(settings, "joined")["joined"]
    except (NotRunning, Refused):
        return {}
    return found


def _lines(
    person: Person, holds: list[Held], joined: Mapping[str, bool | None]
) -> list[str]:
    texts = Texts("people", "words")
    has_joined = {True: "joined", False: "not_joined", None: "joined_unknown"}
    lines = [
        texts.say(
            "follower",
            id=person.id,
            name=person.name,
            role=role_of(person),
            joined=texts.say(has_joined[joined.get(str(person.id))]),
        )
    ]
    for one in holds:
        way = Texts("people", "ways").say(one.way.value)
        what = Texts("people", "agreements").say(one.agreement.value)
        since = f"{one.since:%d-%m-%Y}"
        lines.append(texts.say("holds", what=what, since=since, way=way))
    return lines if holds else [*lines, texts.say("holds_nothing")]


def _plain(
    person: Person, holds: list[Held], joined: Mapping[str, bool | None]
) -> dict[str, object]:
    return {
        "id": person.id,
        "name": person.name,
        "role": person.role.value if person.role else None,
        "has_joined": joined.get(str(person.id)),
        "agreed": [
            {
                "agreement": one.agreement.value,
                "since": one.since.isoformat(),
                "said_at": one.said_at.isoformat(),
                "way": one.way.value,
            }
            for one in holds
        ],
    }


def role_of(person: Person) -> str:
    """As what they follow, in words; empty if they do not."""
    return Texts("people", "roles").say(person.role.value) if person.role else ""


def _agreements() -> str:
    """What can be agreed: the word to type, and what it means."""
    texts = Texts("people", "agreements")
    return ", ".join(f"{it.value} ({texts.say(it.value)})" for it in Agreement)
