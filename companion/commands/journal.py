"""`praatpaal journal`: show, take along and forget what was told."""

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from companion.activities.tastes import Opinion
from companion.alarms import AlarmRecord
from companion.callbook import CallRecord, Direction
from companion.clock import SystemClock
from companion.commands.complaints import complain_of_store
from companion.commands.meanings import name_meaning, name_question
from companion.commands.options import (
    FINE,
    WRONG_USE,
    add_json,
    complain,
    metavar,
)
from companion.commands.tastes_told import opinion_line, taste_lines
from companion.commands.texts import Texts
from companion.commands.visits_told import visit_lines
from companion.helping import Help
from companion.journal import Answer, CheckIn, Journal, Message
from companion.notes import Note
from companion.settings import load
from companion.store import StoreError, open_store

DAYS_SHOWN = 7

Entry = CheckIn | Answer | Message | CallRecord | Help | AlarmRecord | Note | Opinion


def add_parser(subparsers: Any) -> None:
    """Add `journal show|export|forget`."""
    texts = Texts("journal", "help")
    parser = subparsers.add_parser("journal", help=texts.say("journal"))
    actions = parser.add_subparsers(required=True, metavar="show|export|forget")

    show = actions.add_parser("show", help=texts.say("show"))
    show.add_argument(
        "--days",
        type=int,
        default=DAYS_SHOWN,
        metavar=metavar("number"),
        help=texts.say("days"),
    )
    add_json(show)
    show.set_defaults(run=run_show)

    export = actions.add_parser("export", help=texts.say("export"))
    export.add_argument(
        "--out", type=Path, metavar=metavar("file"), help=texts.say("out")
    )
    export.set_defaults(run=run_export)

    forget = actions.add_parser("forget", help=texts.say("forget"))
    what = forget.add_mutually_exclusive_group(required=True)
    what.add_argument("--all", action="store_true", help=texts.say("all"))
    what.add_argument("--since", metavar=metavar("date"), help=texts.say("since"))
    what.add_argument("--last", action="store_true", help=texts.say("last"))
    forget.add_argument("--yes", action="store_true", help=texts.say("yes"))
    add_json(forget)
    forget.set_defaults(run=run_forget)


def run_show(args: argparse.Namespace) -> int:
    """Print what was told in the last days."""

    async def show(journal: Journal, now: datetime) -> int:
        first = now.date() - timedelta(days=max(0, min(args.days, 36_500) - 1))
        since = datetime.combine(first, time(), tzinfo=now.tzinfo)
        # What was told by a clock that ran ahead is shown too.
        until = now + timedelta(days=3660)
        if args.json:
            _print_json(await journal.export(since))
            return FINE
        entries: list[Entry] = [
            *await journal.check_ins(first, until.date()),
            *await journal.answers(since, until),
            *await journal.messages(since, until),
            *await journal.calls(since, until),
            *await journal.alarms(since, until),
            *(one for one in await journal.helps() if one.at >= since),
            *(note for note in await journal.notes() if note.at >= since),
            *await journal.opinions(since),
        ]
        entries.sort(key=_moment)
        # What they like has no day, and what a visitor promised holds until it is done.
        lines = [
            *map(_line, entries),
            *taste_lines(await journal.tastes()),
            *visit_lines(await journal.visits()),
        ]
        print("\n".join(lines) or _word("nothing"))
        return FINE

    return _with_journal(args, show)


def run_export(args: argparse.Namespace) -> int:
    """Print all that is kept, or write it to a file only its owner can read."""

    async def export(journal: Journal, _: datetime) -> int:
        content = await journal.export()
        if args.out is None:
            _print_json(content)
            return FINE
        try:
            # Made before it is filled, so that nobody reads it in between.
            args.out.touch(mode=0o600)
            args.out.chmod(0o600)
            args.out.write_text(
                json.dumps(content, ensure_ascii=False, indent=2) + "\n",
                encoding="utf-8",
            )
        except OSError:
            return complain(_word("cannot_write", path=args.out))
        print(_word("exported", path=args.out))
        return FINE

    return _with_journal(args, export)


def run_forget(args: argparse.Namespace) -> int:
    """Delete what was asked, after a yes."""
    since: date | None = None
    if args.since is not None:
        try:
            since = date.fromisoformat(args.since)
            # Before this no moment can be told in seconds.
            since = max(since, date(1970, 1, 2))
        except ValueError:
            complain(_word("bad_date", given=args.since))
            return WRONG_USE
    question = (
        _word("confirm_all")
        if args.all
        else _word("confirm_since", date=args.since)
        if since
        else _word("confirm_last")
    )

    async def forget(journal: Journal, now: datetime) -> int:
        if args.all:
            await journal.forget_all()
            forgotten, text = None, _word("forgotten_all")
        elif since is not None:
            begin = datetime.combine(since, time(), tzinfo=now.tzinfo)
            forgotten = await journal.forget_since(begin)
            text = _word("forgotten_count", count=forgotten)
        else:
            forgotten = int(await journal.forget_last_answer())
            text = _word("forgotten_last" if forgotten else "nothing_to_forget")
        if args.json:
            _print_json({"forgotten": "all" if args.all else forgotten})
        else:
            print(text)
        return FINE

    if not args.yes and not _agrees(question):
        return complain(_word("not_forgotten"))
    return _with_journal(args, forget)


def _with_journal(
    args: argparse.Namespace, act: Callable[[Journal, datetime], Awaitable[int]]
) -> int:
    """Open the journal, act, close it; complain in one sentence where that fails."""
    settings = load(args.settings)
    path = settings.folders.journal_path()

    async def run() -> int:
        now = SystemClock(settings.device.time_zone).now()
        store = open_store(path, now)
        if store.was_damaged:
            complain(_word("damaged", path=store.was_damaged))
        journal = Journal(store)
        try:
            return await act(journal, now)
        finally:
            await journal.close()

    try:
        if not path.exists():
            return complain(_word("none_yet"))
        return asyncio.run(run())
    except StoreError as error:
        return complain_of_store(error)
    except OSError:
        return complain(Texts("journal", "errors").say("StoreError"))


def _agrees(question: str) -> bool:
    print(question, end="", flush=True)
    return sys.stdin.readline().strip().casefold() == _word("agreed")


def _word(word: str, **facts: object) -> str:
    return Texts("journal", "words").say(word, **facts)


def _print_json(content: object) -> None:
    print(json.dumps(content, ensure_ascii=False, indent=2))


def _at(entry: Entry) -> datetime:
    match entry:
        case CheckIn():
            return entry.begun_at
        case CallRecord():
            return entry.began_at
        case _:
            return entry.at


def _moment(entry: Entry) -> float:
    return _at(entry).timestamp()


def _line(entry: Entry) -> str:
    at = _at(entry)
    when = {"day": f"{at:%Y-%m-%d}", "time": f"{at:%H:%M}"}
    match entry:
        case CheckIn():
            outcome = entry.outcome.value if entry.outcome else "none"
            outcome = Texts("journal", "outcomes").say(outcome)
            return _word("check_in", **when, outcome=outcome)
        case Answer():
            question = name_question(entry.question)
            meaning = name_meaning(entry.intent, entry.value)
            words = _word("literally", words=entry.words) if entry.words else ""
            return _word(
                "answer", **when, question=question, meaning=meaning, words=words
            )
        case Message():
            unconfirmed = "" if entry.is_confirmed else _word("unconfirmed")
            return _word("message", **when, text=entry.text, unconfirmed=unconfirmed)
        case CallRecord():
            return _line_of_call(entry, when)
        case Help():
            stage = Texts("journal", "stages").say(entry.stage.value)
            word = f"help_{entry.kind.value}"
            return _word(word, **when, text=entry.text, stage=stage)
        case Note():
            return _line_of_note(entry, when)
        case AlarmRecord():
            return _line_of_alarm(entry, when)
        case Opinion():
            return opinion_line(entry, **when)


def _line_of_call(call: CallRecord, when: dict[str, str]) -> str:
    how = call.reason.value if call.reason else "none"
    ended = Texts("journal", "calls").say("spoken" if call.answered_at else how)
    listed = _word("listed", person=call.person) if call.person is not None else ""
    word = "call_in" if call.direction is Direction.IN else "call_out"
    return _word(word, **when, who=call.name or listed, ended=ended)


def _line_of_note(note: Note, when: dict[str, str]) -> str:
    """Whom something was asked, and what they answered."""
    who = _word("listed", person=note.person)
    answer = Texts("journal", "replies").say(note.reply.value if note.reply else "none")
    said = _word("literally", words=note.said) if note.said else ""
    return _word("note", **when, who=who, text=note.text, answer=answer, said=said)


def _line_of_alarm(alarm: AlarmRecord, when: dict[str, str]) -> str:
    """Who was asked to look in, and what came of it."""
    parts = []
    if alarm.kept_at is None:
        parts.append(_word("alarm_unsent"))
    if alarm.acknowledged_at is not None:
        by = alarm.acknowledged_by
        who = _word("listed", person=by) if by is not None else _word("unknown")
        at = alarm.acknowledged_at
        parts.append(_word("alarm_taken", who=who, time=f"{at:%H:%M}"))
    if alarm.over_at is not None:
        at = alarm.over_at
        parts.append(_word("alarm_over", day=f"{at:%Y-%m-%d}", time=f"{at:%H:%M}"))
    asked = ", ".join(str(number) for number in alarm.people)
    who = _word("listed", person=asked) if asked else _word("unknown")
    return _word("alarm", **when, who=who, went="".join(parts))
