"""`praatpaal activities suggest`: what would be suggested now, and why."""

import argparse
import asyncio
from datetime import date
from functools import partial
from typing import Any

from companion.activities.plain import to_plain
from companion.activities.suggesting import (
    ANYTHING,
    Because,
    Found,
    InTheWay,
    Obstacle,
    Reason,
    Suggestion,
    Wish,
)
from companion.activities.upcoming import Suggester
from companion.agenda_book import AgendaBook, AgendaMemory
from companion.clock import SystemClock
from companion.commands.complaints import complain_of_store
from companion.commands.options import (
    FAILED,
    FINE,
    WRONG_USE,
    add_json,
    complain,
    print_json,
)
from companion.commands.texts import Texts
from companion.habits import recent_plans
from companion.journal import Journal
from companion.memory import Memory
from companion.occupied import when_taken
from companion.settings import Settings, load
from companion.store import StoreError, open_memory_store, open_store
from companion.tastes_book import TastesBook, TastesMemory


def add_suggest(actions: Any) -> None:
    """Add `activities suggest`."""
    texts = Texts("activities", "help")
    parser = actions.add_parser("suggest", help=texts.say("suggest"))
    day = Texts("activities", "metavars").say("day")
    parser.add_argument("--on", metavar=day, help=texts.say("on_day"))
    add_json(parser)
    parser.set_defaults(run=run_suggest)


def run_suggest(args: argparse.Namespace) -> int:
    """Print what would be suggested; 1 if the social map cannot tell."""
    wish = ANYTHING
    if args.on is not None:
        try:
            wish = Wish(days=(date.fromisoformat(args.on),))
        except ValueError:
            complain(Texts("activities", "errors").say("not_a_day", given=args.on))
            return WRONG_USE
    settings = load(args.settings)
    if not settings.folders.activities_path().exists():
        return complain(_word("no_sources"))
    try:
        found = asyncio.run(_suggest(settings, wish))
    except StoreError as error:
        return complain_of_store(error)
    if args.json:
        print_json(_plain(found))
    elif found.suggestions:
        print("\n\n".join(_told(it) for it in found.suggestions))
    else:
        print("\n".join((_word("nothing_fits"), *map(_in_the_way, found.in_the_way))))
    is_ready = all(it.obstacle is not Obstacle.NOT_READY for it in found.in_the_way)
    return FINE if is_ready else FAILED


async def _suggest(settings: Settings, wish: Wish) -> Found:
    """As the device would, without noting that anything was told.

    Raises:
        StoreError: If what is known of the person cannot be read.
    """
    clock = SystemClock(settings.device.time_zone)
    path = settings.folders.journal_path()
    store = open_store(path, clock.now()) if path.exists() else open_memory_store()
    spare = Journal(open_memory_store())
    memory = Memory(Journal(store), spare, lambda is_faulty: None)
    agenda = AgendaMemory(AgendaBook(store.agenda))
    suggester = Suggester(
        settings.folders.activities_path(),
        TastesMemory(TastesBook(store.tastes)),
        clock,
        settings.person.whereabouts(),
        partial(when_taken, agenda, memory),
        partial(recent_plans, memory),
    )
    try:
        return await suggester.suggest(wish)
    finally:
        suggester.close()
        await memory.close()


# --- telling ----------------------------------------------------------------------


def _told(it: Suggestion) -> str:
    activity, start = it.activity, it.occurrence.start
    form = "%d-%m-%Y" if it.occurrence.is_all_day else "%d-%m-%Y %H:%M"
    place = activity.place.name or activity.place.address
    where = ", ".join(filter(None, (activity.organisation, place, _way(it))))
    lines = [f"{start.strftime(form)}  {activity.title}", f"  {where}"]
    terms = (*it.reasons, *it.doubts)
    lines += [f"  {term.points:+}  {_because(term)}" for term in terms]
    return "\n".join(lines)


def _way(it: Suggestion) -> str:
    if it.distance_m is None:
        return it.activity.place.town
    word = "way_rough" if it.is_rough else "way"
    return _word(word, metres=it.distance_m, minutes=it.walk_min)


def _because(term: Because) -> str:
    section = "reasons" if isinstance(term.reason, Reason) else "doubts"
    value = term.value
    for names in ("kinds", "parts", "aids", "seasons"):
        if f"{value}" in Texts("activities", names).names:
            value = Texts("activities", names).say(f"{value}")
    return Texts("activities", section).say(term.reason, value=value)


def _in_the_way(it: InTheWay) -> str:
    text = Texts("activities", "obstacles").say(it.obstacle)
    return f"  {it.count} × {text}" if it.count else f"  {text}"


def _plain(found: Found) -> dict[str, Any]:
    return {
        "suggestions": [
            {
                "starts": it.occurrence.start.isoformat(),
                "ends": it.occurrence.end.isoformat() if it.occurrence.end else None,
                "points": it.points,
                "reasons": [_plain_term(term) for term in it.reasons],
                "doubts": [_plain_term(term) for term in it.doubts],
                "distance_m": it.distance_m,
                "walk_min": it.walk_min,
                "activity": to_plain(it.activity),
            }
            for it in found.suggestions
        ],
        "in_the_way": [
            {"obstacle": it.obstacle, "count": it.count} for it in found.in_the_way
        ],
    }


def _plain_term(term: Because) -> dict[str, Any]:
    return {
        "reason": term.reason,
        "points": term.points,
        "value": term.value,
        "text": _because(term),
    }


def _word(name: str, /, **facts: object) -> str:
    return Texts("activities", "words").say(name, **facts)
