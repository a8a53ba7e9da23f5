"""`praatpaal people`: who is around the person."""

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from companion.clock import SystemClock
from companion.commands.complaints import (
    complain,
    complain_of_settings,
    complain_of_store,
    texts,
)
from companion.people import (
    People,
    Person,
    PersonError,
    PersonId,
    Relation,
    make_person,
)
from companion.settings import SettingsError, load
from companion.store import StoreError, open_store


def add_parser(subparsers: Any) -> None:
    """Add `people list|add|edit|remove`."""
    words = texts("people")["help"]
    parser = subparsers.add_parser("people", help=words["people"])
    actions = parser.add_subparsers(required=True, metavar="list|add|edit|remove")

    def action(name: str, run: Callable[[argparse.Namespace], int]) -> Any:
        made = actions.add_parser(name, help=words[name])
        made.add_argument("--json", action="store_true", help=words["json"])
        made.set_defaults(run=run)
        return made

    relations = [relation.value for relation in Relation]
    action("list", run_list)
    add = action("add", run_add)
    add.add_argument("name", help=words["name"])
    add.add_argument("relation", choices=relations, help=words["relation"])
    add.add_argument("--spoken", default="", help=words["spoken"])
    add.add_argument("--phone", default="", help=words["phone"])
    edit = action("edit", run_edit)
    edit.add_argument("id", type=int, help=words["id"])
    edit.add_argument("--name", help=words["name"])
    edit.add_argument("--relation", choices=relations, help=words["relation"])
    edit.add_argument("--spoken", help=words["spoken"])
    edit.add_argument("--phone", help=words["phone"])
    remove = action("remove", run_remove)
    remove.add_argument("id", type=int, help=words["id"])


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
            make_person(args.name, args.relation, now, args.spoken, args.phone)
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
        )
        person = replace(checked, id=old.id)
        people.change(person)
        if args.json:
            _print_json(_plain(person))
        else:
            print(_word("changed", name=person.name))

    return _with_people(args, act)


def run_remove(args: argparse.Namespace) -> int:
    """Remove somebody."""

    def act(people: People, _: datetime) -> None:
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
    try:
        settings = load(args.settings)
    except SettingsError as error:
        return complain_of_settings(error)
    now = SystemClock(settings.device.time_zone).now()
    try:
        store = open_store(settings.folders.journal_path(), now)
    except StoreError as error:
        return complain_of_store(error)
    if store.was_damaged:
        complain(texts("journal")["words"]["damaged"].format(path=store.was_damaged))
    try:
        act(People(store), now)
    except PersonError as error:
        return complain(_explain(error))
    except StoreError as error:
        return complain_of_store(error)
    finally:
        store.close()
    return 0


def _explain(error: PersonError) -> str:
    relations = ", ".join(relation.value for relation in Relation)
    return texts("people")["errors"][error.reason].format(relations=relations)


def _word(word: str, **facts: object) -> str:
    return texts("people")["words"][word].format(**facts)


def _print_json(content: object) -> None:
    print(json.dumps(content, ensure_ascii=False, indent=2))


def _plain(person: Person) -> dict[str, object]:
    return {
        "id": person.id,
        "name": person.name,
        "spoken_name": person.spoken_name,
        "relation": person.relation.value,
        "phone": person.phone,
        "created_at": person.created_at.isoformat(),
    }


def _line(person: Person) -> str:
    phone = _word("phone", phone=person.phone) if person.phone else ""
    return _word(
        "line",
        id=person.id,
        name=person.name,
        relation=texts("people")["relations"][person.relation.value],
        spoken=person.spoken_name,
        phone=phone,
    )
