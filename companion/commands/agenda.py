"""`praatpaal agenda`: what is to come."""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, time
from pathlib import Path
from typing import Any

from companion.agenda import LONGEST, Entry, EntryId, Kind, next_of
from companion.agenda_book import AgendaBook
from companion.agenda_export import uid_of, write_calendar
from companion.agenda_ical import (
    MOST_BYTES,
    WITHIN,
    NoCalendar,
    Read,
    read_calendar,
)
from companion.clock import SystemClock
from companion.commands.complaints import complain_of_store
from companion.commands.options import (
    FAILED,
    FINE,
    WRONG_USE,
    add_json,
    complain,
    metavar,
    print_json,
)
from companion.commands.tables import table
from companion.commands.texts import Texts
from companion.settings import load
from companion.store import StoreError, open_store
from companion.topics.agenda import say_entry
from companion.understanding.recurrence import Every, Recurrence
from companion.understanding.times import say_time
from companion.understanding.when import When, find_when

Act = Callable[[AgendaBook, datetime], int]


def add_parser(commands: Any) -> None:
    """Add `agenda list|add|remove|private|share|import|export`."""
    texts = Texts("agenda", "help")
    parser = commands.add_parser("agenda", help=texts.say("agenda"))
    actions = parser.add_subparsers(
        required=True, metavar="list|add|remove|private|share|import|export"
    )

    def action(name: str, run: Callable[[argparse.Namespace], int]) -> Any:
        made = actions.add_parser(name, help=texts.say(name))
        add_json(made)
        made.set_defaults(run=run)
        return made

    action("list", run_list)
    add = action("add", run_add)
    add.add_argument("what", metavar=metavar("text"), help=texts.say("what"))
    add.add_argument("when", metavar=metavar("when"), help=texts.say("when"))
    add.add_argument(
        "--kind",
        choices=[kind.value for kind in Kind],
        default=Kind.APPOINTMENT.value,
        metavar=metavar("kind"),
        help=texts.say("kind", kinds=_kinds()),
    )
    add.add_argument("--private", action="store_true", help=texts.say("is_private"))
    for name, act in (
        ("remove", run_remove), ("private", run_private), ("share", run_private),
    ):  # fmt: skip
        one = action(name, act)
        one.add_argument(
            "id", type=int, metavar=metavar("number"), help=texts.say("id")
        )
        one.set_defaults(is_private=name == "private")
    for name, run in (("import", run_import), ("export", run_export)):
        file = action(name, run)
        file.add_argument(
            "file",
            type=Path,
            nargs=None if name == "import" else "?",
            metavar=metavar("file"),
            help=texts.say(f"file_{name}"),
        )


def run_list(args: argparse.Namespace) -> int:
    """Print all that is to come."""

    def act(book: AgendaBook, now: datetime) -> int:
        coming = [e for e in book.entries() if next_of(e, now, WITHIN) is not None]
        if args.json:
            print_json([_plain(entry, now) for entry in coming])
        elif not coming:
            print(_word("nothing"))
        else:
            titles = [
                _word(f"titles.{name}")
                for name in ("id", "kind", "what", "when", "remark")
            ]
            rows = [_row(entry, now) for entry in coming]
            print(table([titles, *rows], right=(0,)))
        return FINE

    return _with_book(args, act)


def run_add(args: argparse.Namespace) -> int:
    """Add one."""

    def act(book: AgendaBook, now: datetime) -> int:
        what = " ".join(args.what.split())[:LONGEST]
        when = find_when(args.when, now).when
        reason = _unclear(what, when, Kind(args.kind), now)
        if reason:
            facts = {"time": say_time(when.times[0])} if when.times else {"time": ""}
            return _refuse(args, reason, **facts)
        made = _entry(what, when, Kind(args.kind), now)
        entry = book.add(replace(made, is_private=args.private))
        if args.json:
            print_json(_plain(entry, now))
        else:
            print(_word("added", id=entry.id, when=say_entry(entry, now), what=what))
        return FINE

    return _with_book(args, act)


def _unclear(what: str, when: When, kind: Kind, now: datetime) -> str:
    """Name of what is wrong; empty if it can be kept."""
    if not any(letter.isalnum() for letter in what):
        return "no_what"
    if when.day is None or when.days > 1:
        return "no_day"
    if when.is_in_doubt:
        return "in_doubt"
    if when.per_day or (not when.times and kind in (Kind.REMINDER, Kind.MEDICINE)):
        return "no_time"
    if next_of(_entry(what, when, kind, now), now, WITHIN) is None:
        return "over"
    return ""


def _entry(what: str, when: When, kind: Kind, now: datetime) -> Entry:
    assert when.day is not None
    is_yearly = kind is Kind.BIRTHDAY and when.repeats is None
    repeats = Recurrence(Every.YEAR) if is_yearly else when.repeats
    return Entry(
        id=None,
        kind=kind,
        what=what,
        day=when.day,
        created_at=now,
        times=() if kind is Kind.BIRTHDAY else tuple(sorted(when.times)),
        rule=repeats.rule if repeats else "",
    )


def run_remove(args: argparse.Namespace) -> int:
    """Remove one."""

    def act(book: AgendaBook, now: datetime) -> int:
        if not book.remove(EntryId(args.id)):
            return _refuse(args, "unknown")
        if args.json:
            print_json({"removed": args.id})
        else:
            print(_word("removed", id=args.id))
        return FINE

    return _with_book(args, act)


def run_private(args: argparse.Namespace) -> int:
    """Keep one from those who follow, or share it with them again."""

    def act(book: AgendaBook, now: datetime) -> int:
        found = next((e for e in book.entries() if e.id == args.id), None)
        if found is None:
            return _refuse(args, "unknown")
        book.change(replace(found, is_private=args.is_private))
        if args.json:
            print_json({"id": args.id, "is_private": args.is_private})
        else:
            print(_word("private" if args.is_private else "shared", id=args.id))
        return FINE

    return _with_book(args, act)


def run_import(args: argparse.Namespace) -> int:
    """Take over what is to come from a calendar file; what came from it before is
    replaced."""
    try:
        if args.file.stat().st_size > MOST_BYTES:
            return _refuse(args, "too_large")
        data = args.file.read_bytes()
    except FileNotFoundError:
        return _refuse(args, "no_file", file=args.file)
    except IsADirectoryError:
        return _refuse(args, "is_folder", file=args.file)
    except OSError as error:
        return _refuse(args, "unreadable", file=args.file, problem=error.strerror)

    def act(book: AgendaBook, now: datetime) -> int:
        try:
            read = read_calendar(data, now)
        except NoCalendar as problem:
            return _refuse(args, problem.reason)
        added, replaced = _take_over(book, read.entries)
        _tell_import(args, read, added, replaced)
        return FAILED if read.set_aside and not read.entries else FINE

    return _with_book(args, act)


def _take_over(book: AgendaBook, entries: Sequence[Entry]) -> tuple[int, int]:
    known = {uid_of(entry): entry for entry in book.entries()}
    replaced = 0
    for entry in entries:
        before = known.get(entry.uid)
        if before is None:
            book.add(entry)
        else:
            # As it was kept first, so that nothing is told twice.
            book.change(
                replace(
                    entry,
                    id=before.id,
                    created_at=before.created_at,
                    by=before.by,
                    is_private=before.is_private,
                )
            )
            replaced += 1
    return len(entries) - replaced, replaced


def _tell_import(
    args: argparse.Namespace, read: Read, added: int, replaced: int
) -> None:
    if args.json:
        print_json(
            {
                "added": added,
                "replaced": replaced,
                "over": read.over,
                "set_aside": [
                    {"number": one.number, "what": one.what, "reason": one.reason}
                    for one in read.set_aside
                ],
            }
        )
        return
    print(_word("imported", added=added, replaced=replaced, over=read.over))
    reasons = Texts("agenda", "set_aside")
    for one in read.set_aside:
        reason = reasons.say(one.reason)
        what = one.what or _word("untitled")
        complain(_word("set_aside", number=one.number, what=what, reason=reason))


def run_export(args: argparse.Namespace) -> int:
    """Write a calendar file, or print it."""

    def act(book: AgendaBook, now: datetime) -> int:
        assert now.tzinfo is not None
        entries = book.entries()
        data = write_calendar(entries, now.tzinfo, now)
        if args.file is None:
            sys.stdout.write(data.decode("utf-8"))
            return FINE
        try:
            args.file.write_bytes(data)
        except OSError as error:
            return _refuse(args, "unwritable", file=args.file, problem=error.strerror)
        if args.json:
            print_json({"file": str(args.file), "entries": len(entries)})
        else:
            print(_word("exported", file=args.file, count=len(entries)))
        return FINE

    return _with_book(args, act)


# --- shared -------------------------------------------------------------------------


def _with_book(args: argparse.Namespace, act: Act) -> int:
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
        return act(AgendaBook(store.agenda), now)
    except StoreError as error:
        return complain_of_store(error)
    finally:
        store.close()


def _refuse(args: argparse.Namespace, reason: str, **facts: object) -> int:
    """Say what is wrong; wrong use where another wording of the command helps."""
    sentence = Texts("agenda", "errors").say(reason, **facts)
    if args.json:
        print_json({"error": reason, "text": sentence})
    complain(sentence)
    is_wrong_use = reason in ("no_what", "no_day", "no_time", "in_doubt", "over")
    return WRONG_USE if is_wrong_use else FAILED


def _kinds() -> str:
    texts = Texts("agenda", "kinds")
    return ", ".join(f"{kind.value} ({texts.say(kind.value)})" for kind in Kind)


def _word(word: str, **facts: object) -> str:
    return Texts("agenda", "words").say(word, **facts)


def _row(entry: Entry, now: datetime) -> list[str]:
    kind = Texts("agenda", "kinds").say(entry.kind.value)
    remarks = [_word("by", who=entry.by)] if entry.by else []
    remarks += [_word("is_private")] if entry.is_private else []
    return [str(entry.id), kind, entry.what, say_entry(entry, now), ", ".join(remarks)]


def _plain(entry: Entry, now: datetime) -> dict[str, object]:
    coming = next_of(entry, now, WITHIN)
    return {
        "id": entry.id,
        "kind": entry.kind.value,
        "what": entry.what,
        "day": entry.day.isoformat(),
        "times": [_clock(at) for at in entry.times],
        "rule": entry.rule,
        "ahead_min": entry.ahead_min,
        "place": entry.place,
        "by": entry.by,
        "is_private": entry.is_private,
        "next": coming.wall.isoformat() if coming else None,
        "said": say_entry(entry, now),
        "changes": [
            {
                "original": change.original.isoformat(),
                "moved_to": change.moved_to.isoformat() if change.moved_to else None,
            }
            for change in entry.changes
        ],
    }


def _clock(at: time) -> str:
    return f"{at:%H:%M}"
