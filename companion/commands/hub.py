"""`praatpaal hub`: what stands between devices and family."""

import argparse
import asyncio
import logging
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from calls.hub.errors import HubError, StoreError
from companion.commands.logs import log_to_stderr
from companion.commands.options import (
    FAILED,
    FINE,
    add_json,
    answer,
    complain,
    print_json,
)
from companion.commands.texts import Texts
from companion.companion import shown_name
from companion.household import Enrolment, hub_database, key_path, write_enrolment
from companion.settings import Settings, load

if TYPE_CHECKING:
    from calls.hub.store import Store

# The hub's libraries take a second to load, which no other command should wait for:
# they are imported where they are used.

logger = logging.getLogger(__name__)


def add_parser(commands: Any) -> None:
    """Add `hub run|code|join|devices|remove|check`."""
    texts = Texts("hub", "help")
    parser = commands.add_parser(
        "hub", help=texts.say("hub"), description=texts.say("description")
    )
    names = "run|code|join|devices|remove|check"
    actions = parser.add_subparsers(required=True, metavar=names)

    def action(name: str, run: Callable[[argparse.Namespace], int]) -> Any:
        made = actions.add_parser(name, help=texts.say(name))
        made.set_defaults(run=run)
        return made

    action("run", run_hub)
    add_json(action("code", run_code))
    join = action("join", run_join)
    join.add_argument(
        "code",
        metavar=Texts("hub", "metavars").say("code"),
        help=texts.say("join_code"),
    )
    add_json(join)
    add_json(action("devices", run_devices))
    remove = action("remove", run_remove)
    remove.add_argument(
        "id", metavar=Texts("hub", "metavars").say("id"), help=texts.say("remove_id")
    )
    add_json(remove)
    add_json(action("check", run_check))


def run_hub(args: argparse.Namespace) -> int:
    """Be the hub until SIGTERM or SIGINT."""
    log_to_stderr()
    try:
        asyncio.run(_serve(load(args.settings)))
    except HubError as error:
        return complain(_error("cannot_run", problem=error))
    return FINE


async def _serve(settings: Settings) -> None:
    from companion.family_parts import make_hub

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    hub = make_hub(settings.hub, settings.folders.state_path())
    await hub.open()
    try:
        sys.stderr.write(_word("ready", url=hub.url) + "\n")
        sys.stderr.flush()
        await stop.wait()
    finally:
        await hub.close()


def run_code(args: argparse.Namespace) -> int:
    """Make a code with which one device comes in."""

    async def act(store: "Store") -> int:
        from calls.hub.enrolment import make_code

        code = await make_code(store, time.time())
        until = datetime.fromtimestamp(code.expires_at, UTC).isoformat()
        said = _word("code", code=code.text)
        answer(args, said, {"code": code.text, "expires_at": until})
        return FINE

    return _with_store(args, act)


def run_devices(args: argparse.Namespace) -> int:
    """Print the devices that came in."""

    async def act(store: "Store") -> int:
        from calls.hub.enrolment import devices

        found = await devices(store)
        if args.json:
            print_json([{"id": d.id, "is_removed": d.is_removed} for d in found])
            return FINE
        lines = [
            _word("removed_device" if d.is_removed else "device", id=d.id)
            for d in found
        ]
        print("\n".join(lines) or _word("nobody"))
        return FINE

    return _with_store(args, act)


def run_remove(args: argparse.Namespace) -> int:
    """Let a device in no longer."""

    async def act(store: "Store") -> int:
        from calls.hub.enrolment import remove_device

        if not await remove_device(store, args.id, time.time()):
            return complain(_error("unknown"))
        answer(args, _word("removed"), {"removed": args.id})
        return FINE

    return _with_store(args, act)


def run_join(args: argparse.Namespace) -> int:
    """Connect this device to the hub of its settings."""
    from calls.hub_client import (
        EnrolmentRefused,
        HubUnreachable,
        TooManyTries,
        enrol,
        hub_url,
    )
    from calls.keys import KeyFault, load_key

    settings = load(args.settings)
    if not settings.calls.hub:
        return complain(_error("no_url"))
    state = settings.folders.state_path()
    try:
        url = hub_url(settings.calls.hub)
        key = load_key(key_path(state))
        name = shown_name(settings.person)
        device = asyncio.run(enrol(url, args.code, key, name))
        write_enrolment(state, Enrolment(settings.calls.hub, device))
    except ValueError:
        return complain(_error("bad_url"))
    except HubUnreachable:
        return complain(_error("unreachable"))
    except TooManyTries:
        return complain(_error("too_many"))
    except EnrolmentRefused:
        return complain(_error("wrong_code"))
    except (KeyFault, OSError):
        return complain(_error("no_key", path=state))
    answer(args, _word("joined", url=url), {"hub": url, "device": device})
    return FINE


def run_check(args: argparse.Namespace) -> int:
    """Look what is missing; 1 if something that family relies on is."""
    from companion.hub_check import check_hub

    findings = asyncio.run(check_hub(load(args.settings).hub))
    is_fine = all(finding.is_fine for finding in findings if finding.is_needed)
    if args.json:
        parts = [asdict(finding) for finding in findings]
        print_json({"is_fine": is_fine, "parts": parts})
        return FINE if is_fine else FAILED
    texts = Texts("hub", "check")
    for finding in findings:
        mark = "fine" if finding.is_fine else "fault"
        if not finding.is_fine and not finding.is_needed:
            mark = "notice"
        part = texts.say(finding.part)
        print(f"{texts.say(mark):6} {part}: {finding.text}")
    return FINE if is_fine else FAILED


def _with_store(
    args: argparse.Namespace, act: "Callable[[Store], Awaitable[int]]"
) -> int:
    path = hub_database(load(args.settings).folders.state_path())

    async def work() -> int:
        from calls.hub.store import open_store

        store = await open_store(path, datetime.now(UTC))
        try:
            return await act(store)
        finally:
            await store.close()

    try:
        return asyncio.run(work())
    except StoreError:
        logger.debug("the hub's database cannot be used", exc_info=True)
        return complain(_error("no_store", path=path.parent))


def _word(name: str, **facts: object) -> str:
    return Texts("hub", "words").say(name, **facts)


def _error(name: str, **facts: object) -> str:
    return Texts("hub", "errors").say(name, **facts)
