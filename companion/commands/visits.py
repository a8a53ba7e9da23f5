"""`praatpaal visits`: who comes to visit, for who organises home visits."""

import argparse
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from companion.agenda_book import AgendaBook
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
from companion.people import People, PersonError, PersonId
from companion.settings import load
from companion.store import Store, StoreError, open_store
from companion.topics.visits import say_moment, say_what
from companion.understanding.times import say_time
from companion.understanding.when import When, find_when
from companion.visits import (
    LONGEST,
    Came,
    MadeBy,
    News,
    Suits,
    Visit,
    VisitId,
    read_doubt_phone,
    show_doubt_phone,
)
from companion.visits_book import VisitsBook, new_uid
from companion.wording import load_phrasebook

Act = Callable[[VisitsBook, Store, datetime], int]

TEXTS = ("who", "organisation", "about", "known_by")


class _Wrong(ValueError):
    """What was given cannot be used; its argument names the sentence that says why."""

    def __init__(self, reason: str, **facts: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.facts = facts


def add_parser(commands: Any) -> None:
    """Add `visits add|list|change|cancel|remove`."""
    texts = Texts("visits", "help")
    parser = commands.add_parser("visits", help=texts.say("visits"))
    actions = parser.add_subparsers(
        required=True, metavar="add|list|change|cancel|remove"
    )

    def action(name: str, run: Callable[[argparse.Namespace], int]) -> Any:
        made = actions.add_parser(name, help=texts.say(name))
        add_json(made)
        made.set_defaults(run=run)
        return made

    def details(made: Any) -> None:
        for name in ("organisation", "about", "known-by", "phone"):
            made.add_argument(
                f"--{name}", metavar=metavar("text"), help=texts.say(name)
            )
        made.add_argument(
            "--contact", type=int, metavar=metavar("number"), help=texts.say("contact")
        )

    action("list", run_list)
    add = action("add", run_add)
    add.add_argument("who", metavar=metavar("text"), help=texts.say("who"))
    add.add_argument("when", metavar=metavar("when"), help=texts.say("when"))
    details(add)
    change = action("change", run_change)
    change.add_argument("id", type=int, metavar=metavar("number"), help=texts.say("id"))
    change.add_argument("--who", metavar=metavar("text"), help=texts.say("who"))
    change.add_argument("--when", metavar=metavar("when"), help=texts.say("when"))
    details(change)
    for name, run in (("cancel", run_cancel), ("remove", run_remove)):
        action(name, run).add_argument(
            "id", type=int, metavar=metavar("number"), help=texts.say("id")
        )


def run_list(args: argparse.Namespace) -> int:
    """Print all visits: whether each suits, and whether the visitor came."""

    def act(book: VisitsBook, store: Store, now: datetime) -> int:
        visits = book.known().visits
        if args.json:
            print_json([_plain(visit, now) for visit in visits])
        elif not visits:
            print(_word("nothing"))
        else:
            names = ("id", "who", "when", "suits", "came")
            titles = [_word(f"titles.{name}") for name in names]
            rows = [_row(visit, now) for visit in visits]
            print(table([titles, *rows], right=(0,)))
        return FINE

    return _with_book(args, act)


def run_add(args: argparse.Namespace) -> int:
    """Announce a visit; the person hears of it at the next conversation."""

    def act(book: VisitsBook, store: Store, now: datetime) -> int:
        blank = Visit(
            uid=new_uid(),
            who="",
            day=now.date(),
            created_at=now,
            changed_at=now,
            made_by=MadeBy.HELPER,
            news=News.NEW,
        )
        visit = _with_details(blank, args, store, now)
        book.put(visit)
        return _tell(args, "added", _as_kept(book, visit, now), now)

    return _with_book(args, act)


def run_change(args: argparse.Namespace) -> int:
    """Change one; of another day or time the person hears."""

    def act(book: VisitsBook, store: Store, now: datetime) -> int:
        before = _find(book, args.id)
        if before.is_cancelled:
            raise _Wrong("is_cancelled")
        given = (*TEXTS, "when", "phone", "contact")
        if all(getattr(args, name) is None for name in given):
            raise _Wrong("no_change")
        visit = _with_details(before, args, store, now)
        is_moved = _time_of(visit) != _time_of(before)
        if is_moved or visit.who != before.who:
            news = News.NEW if before.news is News.NEW else News.MOVED
            visit = replace(
                visit,
                news=news,
                suits=Suits.UNKNOWN,
                changed_at=now,
                is_noted=False,
                spoke_on=None,
            )
        book.put(visit)
        return _tell(args, "changed", _as_kept(book, visit, now), now)

    return _with_book(args, act)


def run_cancel(args: argparse.Namespace) -> int:
    """It does not take place; the person hears that, if they knew of it."""

    def act(book: VisitsBook, store: Store, now: datetime) -> int:
        visit = _find(book, args.id)
        if visit.is_cancelled:
            raise _Wrong("is_cancelled")
        if visit.is_over(now):
            raise _Wrong("over")
        news = News.NONE if visit.news is News.NEW else News.CANCELLED
        visit = replace(visit, is_cancelled=True, news=news, changed_at=now)
        book.put(visit)
        return _tell(args, "cancelled", _as_kept(book, visit, now), now)

    return _with_book(args, act)


def run_remove(args: argparse.Namespace) -> int:
    """Delete one with all that was told of it; nobody hears of that."""

    def act(book: VisitsBook, store: Store, now: datetime) -> int:
        visit = _find(book, args.id)
        book.put(replace(visit, is_cancelled=True))
        _as_kept(book, visit, now)
        book.remove(visit)
        if args.json:
            print_json({"removed": args.id})
        else:
            print(_word("removed", id=args.id))
        return FINE

    return _with_book(args, act)


# --- what was given -------------------------------------------------------------------


def _with_details(
    visit: Visit, args: argparse.Namespace, store: Store, now: datetime
) -> Visit:
    """The visit with what was given.

    Raises:
        _Wrong: If something cannot be used.
    """
    texts = {name: _text(name, getattr(args, name)) for name in TEXTS}
    visit = replace(
        visit,
        **{name: text for name, text in texts.items() if text is not None},  # type: ignore[arg-type]
    )
    if args.when is not None:
        when = _when(args.when, now)
        assert when.day is not None
        at = min(when.times, default=None)
        visit = replace(
            visit, day=when.day, at=at, part="" if at is not None else when.part
        )
        if visit.is_over(now):
            raise _Wrong("over")
    if args.phone is not None:
        visit = replace(visit, doubt_phone=_phone(args.phone))
    if args.contact is not None:
        if all(person.id != args.contact for person in People(store).all()):
            raise _Wrong("no_contact")
        visit = replace(visit, contact=PersonId(args.contact))
    return visit


def _text(name: str, given: str | None) -> str | None:
    if given is None:
        return None
    text = " ".join(given.split())
    if len(text) > LONGEST:
        raise _Wrong("too_long", most=LONGEST)
    if name == "who" and not any(letter.isalpha() for letter in text):
        raise _Wrong("no_who")
    return text


def _when(given: str, now: datetime) -> When:
    when = find_when(given, now).when
    if when.repeats is not None:
        raise _Wrong("repeats")
    if when.day is None or when.days > 1:
        raise _Wrong("no_day")
    if when.is_in_doubt:
        raise _Wrong("in_doubt", time=say_time(when.times[0]))
    if when.part == "nacht" or len(when.times) > 1:
        raise _Wrong("no_time")
    return when


def _phone(given: str) -> str:
    try:
        return read_doubt_phone(given) if given.strip() else ""
    except PersonError:
        raise _Wrong("phone") from None


def _find(book: VisitsBook, number: int) -> Visit:
    for visit in book.known().visits:
        if visit.id == VisitId(number):
            return visit
    raise _Wrong("unknown")


def _time_of(visit: Visit) -> tuple[object, ...]:
    return visit.day, visit.at, visit.part


# --- shared -------------------------------------------------------------------------


def _as_kept(book: VisitsBook, visit: Visit, now: datetime) -> Visit:
    """The visit with its number, and in the agenda."""
    phrasebook = load_phrasebook()
    book.arrange(lambda one: say_what(phrasebook, one), now)
    return next(one for one in book.known().visits if one.uid == visit.uid)


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
        return act(VisitsBook(store.visits, AgendaBook(store.agenda)), store, now)
    except _Wrong as wrong:
        return _refuse(args, wrong)
    except StoreError as error:
        return complain_of_store(error)
    finally:
        store.close()


def _refuse(args: argparse.Namespace, wrong: _Wrong) -> int:
    """Say what is wrong; wrong use where another wording of the command helps."""
    sentence = Texts("visits", "errors").say(wrong.reason, **wrong.facts)
    if args.json:
        print_json({"error": wrong.reason, "text": sentence})
    complain(sentence)
    return FAILED if wrong.reason in ("unknown", "is_cancelled") else WRONG_USE


def _tell(args: argparse.Namespace, word: str, visit: Visit, now: datetime) -> int:
    if args.json:
        print_json(_plain(visit, now))
    else:
        print(_word(word, id=visit.id, who=visit.who, when=say_moment(visit, now)))
    return FINE


def _word(word: str, **facts: object) -> str:
    return Texts("visits", "words").say(word, **facts)


def _suits(visit: Visit) -> str:
    if visit.is_cancelled:
        return "cancelled"
    return "untold" if visit.news is not News.NONE else visit.suits.value


def _row(visit: Visit, now: datetime) -> list[str]:
    suits = Texts("visits", "suits").say(_suits(visit))
    came = Texts("visits", "came").say(visit.came.value)
    return [str(visit.id), visit.who, say_moment(visit, now), suits, came]


def _plain(visit: Visit, now: datetime) -> dict[str, object]:
    """Without what the person wishes to speak of: that is theirs to pass on."""
    phone = visit.doubt_phone
    return {
        "id": visit.id,
        "who": visit.who,
        "organisation": visit.organisation,
        "about": visit.about,
        "day": visit.day.isoformat(),
        "time": None if visit.at is None else f"{visit.at:%H:%M}",
        "part": visit.part,
        "said": say_moment(visit, now),
        "known_by": visit.known_by,
        "phone": show_doubt_phone(phone) if phone else "",
        "contact": visit.contact,
        "made_by": visit.made_by.value,
        "is_told": visit.news is News.NONE,
        "suits": visit.suits.value,
        "is_cancelled": visit.is_cancelled,
        "came": (Came.UNKNOWN if not visit.is_over(now) else visit.came).value,
    }
