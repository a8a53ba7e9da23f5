"""`praatpaal people invite|withdraw`: who follows, and calls with a picture."""

import argparse
import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import segno

from calls.messages import Role
from companion.commands.options import FINE, add_json, complain, metavar, print_json
from companion.commands.texts import Texts
from companion.control import NotRunning, Refused, ask
from companion.inviting import LANGUAGES
from companion.settings import Settings, load
from companion.understanding.times import say_date


def add_actions(actions: Any) -> None:
    """Add them to the actions of `people`."""
    texts = Texts("people", "help")
    invite = actions.add_parser("invite", help=texts.say("invite"))
    add_number(invite)
    invite.add_argument(
        "--role",
        choices=[role.value for role in Role],
        default=Role.FAMILY.value,
        help=texts.say("role"),
        metavar=metavar("role"),
    )
    invite.add_argument(
        "--email",
        default=None,
        help=texts.say("email_once"),
        metavar=metavar("email"),
    )
    invite.add_argument(
        "--language",
        choices=LANGUAGES,
        default=LANGUAGES[0],
        help=texts.say("language"),
        metavar=metavar("language"),
    )
    add_json(invite)
    invite.set_defaults(run=run_invite)
    withdraw = actions.add_parser("withdraw", help=texts.say("withdraw"))
    add_number(withdraw)
    add_json(withdraw)
    withdraw.set_defaults(run=run_withdraw)


def add_number(parser: Any) -> None:
    """The number of somebody in the list."""
    parser.add_argument(
        "id",
        type=int,
        metavar=metavar("number"),
        help=Texts("people", "help").say("id"),
    )


def run_invite(args: argparse.Namespace) -> int:
    """Have the Praatpaal that runs invite somebody; print where they join."""
    settings = load(args.settings)
    asked = {
        "person": args.id,
        "role": args.role,
        "email": args.email,
        "language": args.language,
    }
    try:
        invited = ask_device(settings, "invite", **asked)
    except (NotRunning, Refused) as error:
        return complain(explain(error))
    zone = ZoneInfo(settings.device.time_zone)
    until = datetime.fromtimestamp(invited["expires"], zone)
    url = str(invited["url"])
    if args.json:
        print_json({"url": url, "expires_at": until.isoformat()})
        return FINE
    # For a telephone that stands beside the screen.
    segno.make(url, error="m").terminal(compact=True)
    print(Texts("people", "words").say("invited", url=url, day=say_date(until.date())))
    if invited["is_mailed"]:
        print(Texts("people", "words").say("mailed"))
    return FINE


def run_withdraw(args: argparse.Namespace) -> int:
    """Have the Praatpaal that runs let somebody in no longer."""
    try:
        withdraw(load(args.settings), args.id)
    except (NotRunning, Refused) as error:
        return complain(explain(error))
    if args.json:
        print_json({"withdrawn": args.id})
    else:
        print(Texts("people", "words").say("withdrawn", id=args.id))
    return FINE


def withdraw(settings: Settings, person: int) -> None:
    """Let somebody follow and call no longer.

    Raises:
        NotRunning: If no Praatpaal runs here.
        Refused: If it cannot be done.
    """
    ask_device(settings, "withdraw", person=person)


def explain(error: NotRunning | Refused) -> str:
    """Why it cannot be done, in one sentence."""
    texts = Texts("people", "errors")
    if isinstance(error, NotRunning):
        return texts.say("not_running")
    return texts.say(error.reason if error.reason in texts.names else "failed")


def ask_device(settings: Settings, do: str, **values: Any) -> Mapping[str, Any]:
    """Have the Praatpaal that runs do something; returns what it answers.

    Raises:
        NotRunning: If none runs here.
        Refused: If it cannot be done.
    """
    return asyncio.run(ask(settings.folders.state_path(), do, **values))
