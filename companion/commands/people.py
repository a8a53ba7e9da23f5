"""`praatpaal people`: who is around the person."""

import argparse
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from companion.clock import SystemClock
from companion.commands import agreeing, inviting
from companion.commands.complaints import complain_of_store
from companion.commands.options import FINE, add_json, complain, metavar
from companion.commands.texts import Texts
from companion.commands.words import follow_people
from companion.control import NotRunning, Refused
from companion.people import (
    People,
    Person,
    PersonError,
    PersonId,
    Relation,
    make_person,
)
from companion.settings import load
from companion.store import StoreError, open_store

ACTIONS = "list|add|edit|remove|invite|withdraw|agree|disagree|following"


def add_parser(subparsers: Any) -> None:
    """Add `people` with all its actions."""
    texts = Texts("people", "help")
    parser = subparsers.add_parser("people", help=texts.say("people"))
    actions = parser.add_subparsers(required=True, metavar=ACTIONS)

    def action(name: str, run: Callable[[argparse.Namespace], int]) -> Any:
        made = actions.add_parser(name, help=texts.say(name))
        add_json(made)
        made.set_defaults(run=run)
        return made

    def name(parser: Any, word: str) -> None:
        parser.add_argument(word, metavar=metavar("name"), help=texts.say("name"))

    def relation(parser: Any, word: str) -> None:
        parser.add_argument(
            word,
            choices=[relation.value for relation in Relation],
            metavar=metavar("relation"),
            help=texts.say("relation", relations=_relations()),
        )

    def more(parser: Any, unless_given: str | None) -> None:
        for word in ("spoken", "phone", "email"):
            parser.add_argument(
                f"--{word}",
                default=unless_given,
                metavar=metavar(word),
                help=texts.say(word),
            )

    def number(parser: Any) -> None:
        parser.add_argument(
            "id", type=int, metavar=metavar("number"), help=texts.say("id")
        )

    action("list", run_list)
    add = action("add", run_add)
    name(add, "name")
    relation(add, "relation")
    more(add, "")
    edit = action("edit", run_edit)
    number(edit)
    name(edit, "--name")
    relation(edit, "--relation")
    more(edit, None)
    number(action("remove", run_remove))
    inviting.add_actions(actions)
    agreeing.add_actions(actions)


def run_list(args: argparse.Namespace) -> int:
    """Print everybody."""

    def act(people: People, _: datetime) -> None:
        everybody = people.all()
        if args.json:
            _print_json([_plain(person) for person in everybody])
        else:
            print("\n".join(_line(p) for p in everybody) or _word("nobody"))

    return _with_people(args, act)


def run_add(args: argparse.Namespace) -> int:
    """Add somebody."""

    def act(people: People, now: datetime) -> None:
        person = people.add(
            make_person(
                args.name, args.relation, now, args.spoken, args.phone, args.email
            )
        )
        if args.json:
            _print_json(_plain(person))
        else:
            print(_word("added", name=person.name, id=person.id))

    return _with_people(args, act)


def run_edit(args: argparse.Namespace) -> int:
    """Change what is given of somebody, and leave the rest."""

    def act(people: People, _: datetime) -> None:
        old = people.find(PersonId(args.id))
        checked = make_person(
            old.name if args.name is None else args.name,
            args.relation or old.relation.value,
            old.created_at,
            old.spoken_name if args.spoken is None else args.spoken,
            (old.phone or "") if args.phone is None else args.phone,
            (old.email or "") if args.email is None else args.email,
        )
        person = replace(
            checked, id=old.id, video=old.video, role=old.role, agreed=old.agreed
        )
        people.change(person)
        if args.json:
            _print_json(_plain(person))
        else:
            print(_word("changed", name=person.name))

    return _with_people(args, act)


def run_remove(args: argparse.Namespace) -> int:
    """Remove somebody, and let them in no longer.

    A Praatpaal that does not run tells the hub when it starts.
    """

    def act(people: People, _: datetime) -> None:
        if people.find(PersonId(args.id)).video is not None:
            with suppress(NotRunning):
                inviting.withdraw(load(args.settings), args.id)
        people.remove(PersonId(args.id))
        if args.json:
            _print_json({"removed": args.id})
        else:
            print(_word("removed", id=args.id))

    return _with_people(args, act)


def _with_people(
    args: argparse.Namespace, act: Callable[[People, datetime], None]
) -> int:
    """Open the store, act, close it; complain in one sentence where that fails."""
    settings = load(args.settings)
    now = SystemClock(settings.device.time_zone).now()
    try:
        store = open_store(settings.folders.journal_path(), now)
    except StoreError as error:
        return complain_of_store(error)
    if store.was_damaged:
        complain(Texts("journal", "words").say("damaged", path=store.was_damaged))
    try:
        people = People(store)
        before = people.all()
        act(people, now)
        if (everybody := people.all()) != before:
            follow_people(settings, everybody)
    except PersonError as error:
        return complain(_explain(error))
    except (NotRunning, Refused) as error:
        return complain(inviting.explain(error))
    except StoreError as error:
        return complain_of_store(error)
    finally:
        store.close()
    return FINE


def _explain(error: PersonError) -> str:
    return Texts("people", "errors").say(error.reason, relations=_relations())


def _relations() -> str:
    """What somebody can be: the word to type, and what it means."""
    texts = Texts("people", "relations")
    return ", ".join(f"{it.value} ({texts.say(it.value)})" for it in Relation)


def _word(word: str, **facts: object) -> str:
    return Texts("people", "words").say(word, **facts)


def _print_json(content: object) -> None:
    print(json.dumps(content, ensure_ascii=False, indent=2))


def _plain(person: Person) -> dict[str, object]:
    return {
        "id": person.id,
        "name": person.name,
        "spoken_name": person.spoken_name,
        "relation": person.relation.value,
        "phone": person.phone,
        "email": person.email,
        "is_invited": person.video is not None,
        "role": person.role.value if person.role else None,
        "created_at": person.created_at.isoformat(),
    }


def _line(person: Person) -> str:
    phone = _word("phone", phone=person.phone) if person.phone else ""
    return _word(
        "line",
        id=person.id,
        name=person.name,
        relation=Texts("people", "relations").say(person.relation.value),
        spoken=person.spoken_name,
        phone=phone,
        role=_word("role", role=agreeing.role_of(person)) if person.role else "",
    )
