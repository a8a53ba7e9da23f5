"""`praatpaal activities`: what there is to do, and where that is known from."""

import argparse
import asyncio
import logging
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from companion.activities.catalogue import (
    Catalogue,
    CatalogueBusy,
    CatalogueError,
    CatalogueTooNew,
    open_catalogue,
)
from companion.activities.intake import Outcomes
from companion.activities.problems import Problem
from companion.activities.same import Merged
from companion.activities.upcoming_index import build
from companion.activities.when import Occurrence
from companion.clock import SystemClock
from companion.commands.activity_suggestions import add_suggest
from companion.commands.activity_tables import (
    explain,
    explain_fetch,
    list_table,
    plain_entry,
    plain_problem,
    plain_source,
    problem_csv,
    problem_table,
    source_table,
)
from companion.commands.options import (
    FAILED,
    FINE,
    WRONG_USE,
    add_json,
    complain,
    print_json,
)
from companion.commands.texts import Texts
from companion.settings import Settings, load

# What reads calendars and workbooks takes a second to load, which no other command
# should wait for: it is imported where it is used.

logger = logging.getLogger(__name__)

ACTIONS = "import|list|suggest|problems|sources|remove-source|example|template"

MOST_DAYS = 366


def add_parser(commands: Any) -> None:
    """Add the commands of `ACTIONS`."""
    texts = Texts("activities", "help")
    parser = commands.add_parser(
        "activities",
        help=texts.say("activities"),
        description=texts.say("description"),
    )
    actions = parser.add_subparsers(required=True, metavar=ACTIONS)

    def action(name: str, text: str, run: Callable[[argparse.Namespace], int]) -> Any:
        made = actions.add_parser(name, help=texts.say(text))
        made.set_defaults(run=run)
        return made

    def option(made: Any, name: str, text: str, metavar: str) -> None:
        word = Texts("activities", "metavars").say(metavar)
        made.add_argument(name, default="", metavar=word, help=texts.say(text))

    read = action("import", "import", run_import)
    word = Texts("activities", "metavars").say("location")
    read.add_argument("location", nargs="?", metavar=word, help=texts.say("location"))
    option(read, "--source", "source", "source")
    option(read, "--licence", "licence", "licence")
    read.add_argument("--example", action="store_true", help=texts.say("example"))
    read.add_argument("--dry-run", action="store_true", help=texts.say("dry_run"))
    add_json(read)
    listing = action("list", "list", run_list)
    listing.add_argument("--days", type=int, default=7, help=texts.say("days"))
    add_json(listing)
    add_suggest(actions)
    problems = action("problems", "problems", run_problems)
    option(problems, "--source", "problems_source", "source")
    form = problems.add_mutually_exclusive_group()
    form.add_argument("--csv", action="store_true", help=texts.say("csv"))
    add_json(form)
    add_json(action("sources", "sources", run_sources))
    remove = action("remove-source", "remove_source", run_remove)
    word = Texts("activities", "metavars").say("source")
    remove.add_argument("name", metavar=word, help=texts.say("name"))
    add_json(remove)
    example = action("example", "write_example", run_example)
    word = Texts("activities", "metavars").say("folder")
    example.add_argument("folder", type=Path, metavar=word, help=texts.say("folder"))
    template = action("template", "template", run_template)
    word = Texts("activities", "metavars").say("file")
    template.add_argument("file", type=Path, metavar=word, help=texts.say("file"))


# -- import ---------------------------------------------------------------------------


def run_import(args: argparse.Namespace) -> int:
    """Read a file, an address or the example; 1 if nothing came of it."""
    if bool(args.location) == args.example:
        complain(_error("not_both" if args.example else "location_or_example"))
        return WRONG_USE
    if args.example:
        act: Act = _import_example
    else:
        act = _import_url if "://" in args.location else _import_file

    def act_and_look_ahead(
        args: argparse.Namespace, catalogue: Catalogue, now: datetime, it: Settings
    ) -> int:
        ended = act(args, catalogue, now, it)
        if not args.dry_run:
            build(catalogue, now)
        return ended

    return _with_catalogue(args, act_and_look_ahead)


def _import_file(
    args: argparse.Namespace, catalogue: Catalogue, now: datetime, settings: Settings
) -> int:
    path = Path(args.location).expanduser()
    if not path.exists():
        return complain(_error("no_file", file=args.location))
    if path.is_dir():
        return complain(_error("is_folder", file=args.location))
    name = args.source or path.stem
    known = None if args.source else catalogue.source(name)
    if known is not None and known.location != str(path.resolve()):
        # Two files that happen to have one name would take each other's place.
        return complain(_error("same_name", name=name, location=known.location))
    return _import_path(args, catalogue, path, name, now, settings)


def _import_path(
    args: argparse.Namespace,
    catalogue: Catalogue,
    path: Path,
    name: str,
    now: datetime,
    settings: Settings,
) -> int:
    from companion.activities.importing import Wanted, import_file
    from companion.activities.reading import NotRead

    known = catalogue.source(name)
    licence = args.licence or (known.licence if known else "")
    location = "--example" if args.example else str(path.resolve())
    wanted = Wanted(name, location, licence)
    try:
        outcomes = import_file(
            catalogue, path, wanted, now, settings.device.time_zone, args.dry_run
        )
    except NotRead as error:
        return _complain_of_file(args, str(path), error.problem)
    except OSError as error:
        problem = error.strerror or type(error).__name__
        return complain(_error("unreadable", file=path, problem=problem))
    return _tell(args, name, outcomes)


def _import_url(
    args: argparse.Namespace, catalogue: Catalogue, now: datetime, settings: Settings
) -> int:
    from companion.activities.fetching import Fetcher, FetchError
    from companion.activities.fetching_rules import UrlError, check_url
    from companion.activities.refresh import refresh, source_of

    try:
        check_url(args.location)
    except UrlError:
        complain(explain_fetch("not_https"))
        return WRONG_USE
    source = source_of(catalogue, args.location, args.source, args.licence)
    work = refresh(
        catalogue, source, Fetcher(), now, settings.device.time_zone, args.dry_run
    )
    try:
        outcomes = asyncio.run(work)
    except FetchError as error:
        sentence = explain_fetch(f"{error.reason} {error.detail}".strip())
        if args.json:
            print_json({"error": error.reason, "text": sentence})
        return complain(sentence)
    if outcomes is None:
        if args.json:
            print_json({"source": source.name, "unchanged": True})
        else:
            print(_word("unchanged", source=source.name))
        return FINE
    return _tell(args, source.name, outcomes)


def _import_example(
    args: argparse.Namespace, catalogue: Catalogue, now: datetime, settings: Settings
) -> int:
    from companion.activities.example.making import LICENCE, write_example

    args.licence = args.licence or LICENCE
    with tempfile.TemporaryDirectory(prefix="praatpaal-") as folder:
        ended = [
            _import_path(
                args, catalogue, path, f"Voorbeelddorp {path.suffix}", now, settings
            )
            for path in write_example(Path(folder), now.date())
        ]
    return max(ended)


def _tell(args: argparse.Namespace, name: str, outcomes: Outcomes) -> int:
    counts = {
        "records": outcomes.records,
        "new": outcomes.new,
        "changed": outcomes.changed,
        "same": outcomes.same,
        "gone": outcomes.gone,
        "set_aside": outcomes.set_aside,
        "left_out": outcomes.left_out,
        "repaired": outcomes.repaired,
    }
    if args.json:
        problems = [plain_problem(name, it) for it in outcomes.problems]
        answer = {"source": name, "dry_run": args.dry_run, **counts}
        print_json({**answer, "problems": problems})
    else:
        key = "trial" if args.dry_run else "imported"
        print(_word(key, source=name, **counts))
        if outcomes.problems:
            print(_word("problems", **counts))
            # Of a trial nothing is kept, so this is where they can be seen.
            rows = [(name, it) for it in outcomes.problems]
            counted = sum(counts[it] for it in ("set_aside", "left_out", "repaired"))
            shown = problem_table(rows, counted) if args.dry_run else ""
            print(shown or _word("see_problems"))
    if outcomes.is_emptied or (outcomes.records == 0 and outcomes.set_aside):
        return complain(_error("nothing_usable", source=name))
    return FINE


def _complain_of_file(args: argparse.Namespace, location: str, problem: Problem) -> int:
    what, right = explain(problem)
    sentence = _error("not_read", location=location, problem=what, right=right)
    if args.json:
        print_json({"error": problem.reason, "text": sentence})
    return complain(sentence)


# -- what is there ---------------------------------------------------------------------


def run_list(args: argparse.Namespace) -> int:
    """Print what takes place in the next days, the soonest first."""

    def act(
        args: argparse.Namespace, catalogue: Catalogue, now: datetime, _: Settings
    ) -> int:
        days = min(max(args.days, 1), MOST_DAYS)
        found = sorted(
            _upcoming(catalogue, now, now + timedelta(days=days)),
            key=lambda it: (it[0].start if it[0] else now, it[1].activity.title),
        )
        if args.json:
            print_json([plain_entry(when, merged) for when, merged in found])
        elif found:
            print(list_table(found))
        else:
            print(_word("nothing", days=days))
        return FINE

    return _with_catalogue(args, act)


def _upcoming(
    catalogue: Catalogue, now: datetime, until: datetime
) -> Iterator[tuple[Occurrence | None, Merged]]:
    """The next time of everything, and services that have only hours."""
    for merged in catalogue.records():
        activity = merged.activity
        moments = [
            moment
            for times in activity.times
            if (moment := next(times.occurrences(now, until), None)) is not None
        ]
        if moments:
            yield min(moments, key=lambda it: it.start), merged
        elif activity.opening_hours:
            yield None, merged


# -- problems --------------------------------------------------------------------------


def run_problems(args: argparse.Namespace) -> int:
    """Print what is wrong in the sources, as a table to be worked through."""

    def act(
        args: argparse.Namespace, catalogue: Catalogue, now: datetime, _: Settings
    ) -> int:
        if args.source and catalogue.source(args.source) is None:
            return complain(_error("unknown_source", name=args.source))
        found = list(catalogue.problems(args.source or None))
        if args.json:
            print_json([plain_problem(source, problem) for source, problem in found])
        elif args.csv:
            sys.stdout.write(problem_csv(found))
        elif found:
            print(problem_table(found, _counted(catalogue, args.source)))
        else:
            print(_word("no_problems"))
        return FINE

    return _with_catalogue(args, act)


def _counted(catalogue: Catalogue, name: str) -> int:
    """How much was wrong in all; only the first of it is kept."""
    return sum(
        it.set_aside + it.left_out + it.repaired
        for it in catalogue.sources()
        if name in ("", it.name)
    )


# -- sources ---------------------------------------------------------------------------


def run_sources(args: argparse.Namespace) -> int:
    """Print where records come from, and how fresh that is."""

    def act(
        args: argparse.Namespace, catalogue: Catalogue, now: datetime, _: Settings
    ) -> int:
        sources = catalogue.sources()
        if args.json:
            print_json([plain_source(it) for it in sources])
        elif sources:
            print(source_table(sources))
        else:
            print(_word("no_sources"))
        return FINE

    return _with_catalogue(args, act)


def run_remove(args: argparse.Namespace) -> int:
    """Forget a source; 1 if there is none of this name."""

    def act(
        args: argparse.Namespace, catalogue: Catalogue, now: datetime, _: Settings
    ) -> int:
        if not catalogue.remove_source(args.name):
            return complain(_error("unknown_source", name=args.name))
        if args.json:
            print_json({"removed": args.name})
        else:
            print(_word("removed", name=args.name))
        return FINE

    return _with_catalogue(args, act)


def run_example(args: argparse.Namespace) -> int:
    """Write the social map of a made-up place, and an empty template, to a folder."""
    from companion.activities.example.making import write_example, write_templates

    now = SystemClock(load(args.settings).device.time_zone).now()
    try:
        args.folder.mkdir(parents=True, exist_ok=True)
        files = [*write_example(args.folder, now.date()), *write_templates(args.folder)]
    except OSError as error:
        problem = error.strerror or type(error).__name__
        return complain(_error("folder", folder=args.folder, problem=problem))
    names = ", ".join(path.name for path in files)
    print(_word("written", folder=args.folder, files=names))
    return FINE


def run_template(args: argparse.Namespace) -> int:
    """Write the empty template; 1 if something is there already."""
    from companion.activities.example.template import write_template

    if args.file.exists():
        return complain(_error("file_exists", file=args.file))
    try:
        write_template(args.file)
    except ValueError:
        complain(_error("template_name", file=args.file))
        return WRONG_USE
    except OSError as error:
        problem = error.strerror or type(error).__name__
        return complain(_error("folder", folder=args.file.parent, problem=problem))
    print(_word("template_written", file=args.file))
    return FINE


# -- shared ----------------------------------------------------------------------------

Act = Callable[[argparse.Namespace, Catalogue, datetime, Settings], int]


def _with_catalogue(args: argparse.Namespace, act: Act) -> int:
    """Open the catalogue, act, close it; complain in a sentence where that fails."""
    settings = load(args.settings)
    now = SystemClock(settings.device.time_zone).now()
    path = settings.folders.activities_path()
    try:
        with open_catalogue(path, now) as catalogue:
            if catalogue.was_damaged:
                complain(_word("damaged", path=catalogue.was_damaged))
            return act(args, catalogue, now, settings)
    except CatalogueBusy:
        return complain(_error("busy"))
    except CatalogueTooNew:
        return complain(_error("too_new"))
    except CatalogueError as error:
        logger.debug("the social map failed", exc_info=True)
        complain(_error("catalogue", problem=error))
        return FAILED


def _word(name: str, /, **facts: object) -> str:
    return Texts("activities", "words").say(name, **facts)


def _error(name: str, /, **facts: object) -> str:
    return Texts("activities", "errors").say(name, **facts)
