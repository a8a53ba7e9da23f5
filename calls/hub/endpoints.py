"""Every address of the hub: who may ask it, how often, with what (pure).

The guard enforces this table, and the description for others is made of it; what is
not in it is not served.
"""

from dataclasses import dataclass
from enum import StrEnum

from calls.agenda_messages import (
    LONGEST_WHAT,
    MOST_SHARED,
    SHARED_KINDS,
    ProposalState,
    Repeats,
)
from calls.hub.limits import Cost
from calls.hub.shapes import (
    BASE64URL,
    EMAIL,
    ID,
    LANGUAGE,
    TOKEN,
    Anything,
    Flag,
    Many,
    Number,
    Object,
    Shape,
    Text,
)
from calls.messages import Role
from calls.note_messages import LONGEST_NOTE, Reply


class Who(StrEnum):
    """Who may ask."""

    ANYBODY = "anybody"  # nobody needs to be logged in
    DEVICE = "device"  # as well from no browser, so without Origin
    VISITOR = "visitor"  # anybody; who is logged in acts as that account
    ACCOUNT = "account"  # only who is logged in


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method at one address.

    Attributes:
        method: Of HTTP.
        path: With {names} for what varies.
        who: May ask.
        cost: How often.
        summary: One sentence for who reads the description.
        body: That must come with it.
        answer: What comes back; None: nothing.
        status: Of HTTP, when all is well.
        refusals: Codes of its own, with their status.
        is_socket: Whether it turns into a WebSocket.
    """

    method: str
    path: str
    who: Who
    cost: Cost
    summary: str
    body: Shape | None = None
    answer: Shape | None = None
    status: int = 200
    refusals: tuple[tuple[str, int], ...] = ()
    is_socket: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """By which it is found."""
        return (self.method, self.path)

    @property
    def changes(self) -> bool:
        """Whether another site's page must not be able to ask it."""
        return self.method != "GET" or self.is_socket


NAME = Text(longest=200, pattern=r".*\S.*")
ROLE = Text(longest=20, choices=tuple(role.value for role in Role))

_BINARY = Text(longest=16_384, pattern=BASE64URL)
_CREDENTIAL_ID = Text(longest=1_364, pattern=BASE64URL)

# PublicKeyCredential.toJSON() (WebAuthn level 3, 5.1).
CREATED = Object(
    {
        "id": _CREDENTIAL_ID,
        "rawId": _CREDENTIAL_ID,
        "type": Text(longest=10, choices=("public-key",)),
        "response": Object({"clientDataJSON": _BINARY, "attestationObject": _BINARY}),
    }
)
SHOWN = Object(
    {
        "id": _CREDENTIAL_ID,
        "rawId": _CREDENTIAL_ID,
        "type": Text(longest=10, choices=("public-key",)),
        "response": Object(
            {
                "clientDataJSON": _BINARY,
                "authenticatorData": _BINARY,
                "signature": _BINARY,
                "userHandle": Text(longest=128, pattern=BASE64URL),
            },
            optional=frozenset({"userHandle"}),
        ),
    }
)

_INVITATION = tuple(
    (f"{code}_invitation", status)
    for code, status in (
        ("unknown", 404), ("withdrawn", 410), ("used", 410), ("expired", 410),
    )
)  # fmt: skip
_LINK = (("unknown_link", 404), ("used_link", 410), ("expired_link", 410))

# At least one letter or digit, so that there is something to say.
WHAT = Text(longest=LONGEST_WHAT, pattern=r".*[^\W_].*", refusal="what")
DAY = Text(longest=10, pattern=r"\d{4}-\d{2}-\d{2}", refusal="day")
HOUR = Text(
    longest=5, shortest=0, pattern=r"(([01]\d|2[0-3]):[0-5]\d)?", refusal="time"
)
PLACE = Text(longest=LONGEST_WHAT, shortest=0, refusal="place")
REPEATS = Text(longest=10, choices=tuple(each.value for each in Repeats))
_NO_AGENDA = (("no_member", 404), ("not_agreed", 403))

_ANY, _ACC = Who.ANYBODY, Who.ACCOUNT

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "GET", "/api/health", _ANY, Cost.READ,
        "Whether the hub works; else the code of what does not.",
        answer=Object({"status": Text(choices=("ok",)), "now": Number()}),
        refusals=(("alarms_wait", 503),),
    ),
    Endpoint(
        "GET", "/api/openapi.json", _ANY, Cost.READ, "This description.",
        answer=Anything(),
    ),
    Endpoint(
        "POST", "/api/devices", Who.DEVICE, Cost.GUESS,
        "Let a device in that was given a code.",
        body=Object({
            "code": Text(longest=100),
            "key": Text(longest=200, pattern=BASE64URL),
            "name": NAME,
        }),
        answer=Object({"device": ID}), status=201,
        refusals=(
            ("wrong_code", 404), ("used_code", 410), ("expired_code", 410),
            ("wrong_key", 400), ("known_key", 409),
        ),
    ),
    Endpoint(
        "POST", "/api/invitations/look", _ANY, Cost.GUESS,
        "What an invitation is for; it stays unused.",
        body=Object({"token": TOKEN}),
        answer=Object(
            {"household": NAME, "name": NAME, "role": ROLE, "expires": Number()}
        ),
        refusals=_INVITATION,
    ),
    Endpoint(
        "POST", "/api/invitations/accept", Who.VISITOR, Cost.GUESS,
        "Follow a household; sets the cookie of a session.",
        body=Object(
            {"token": TOKEN, "language": LANGUAGE, "email": EMAIL},
            optional=frozenset({"email"}),
        ),
        status=201, refusals=(*_INVITATION, ("email", 400)),
    ),
    Endpoint(
        "POST", "/api/links", _ANY, Cost.MAIL,
        "Ask for a mail to log in with; the answer tells nothing.",
        body=Object({"email": EMAIL, "language": LANGUAGE}), status=202,
        refusals=(("email", 400),),
    ),
    Endpoint(
        "POST", "/api/links/use", _ANY, Cost.GUESS,
        "Log in with the link of a mail; sets the cookie of a session.",
        body=Object({"token": TOKEN}), status=204, refusals=_LINK,
    ),
    Endpoint(
        "POST", "/api/passkeys/offer", _ACC, Cost.ACT,
        "Options to make a passkey with (WebAuthn).", answer=Anything(),
        refusals=(("too_many_passkeys", 409),),
    ),
    Endpoint(
        "POST", "/api/passkeys", _ACC, Cost.ACT, "Keep the passkey that was made.",
        body=Object({"credential": CREATED, "name": NAME}),
        answer=Object({"id": _CREDENTIAL_ID}), status=201,
        refusals=(("wrong_passkey", 400), ("known_passkey", 409)),
    ),
    Endpoint(
        "GET", "/api/passkeys", _ACC, Cost.ACT, "The passkeys of this account.",
        answer=Object({"passkeys": Many(Object(
            {"id": _CREDENTIAL_ID, "name": NAME, "created": Number()}
        ))}),
    ),
    Endpoint(
        "DELETE", "/api/passkeys/{id}", _ACC, Cost.ACT, "Forget a passkey.",
        status=204, refusals=(("unknown_passkey", 404),),
    ),
    Endpoint(
        "POST", "/api/passkeys/challenge", _ANY, Cost.READ,
        "Options to log in with a passkey (WebAuthn).", answer=Anything(),
    ),
    Endpoint(
        "POST", "/api/session", _ANY, Cost.GUESS,
        "Log in with a passkey; sets the cookie of a session.",
        body=Object({"credential": SHOWN}), status=204,
        refusals=(("unknown_passkey", 404), ("wrong_passkey", 400)),
    ),
    Endpoint(
        "DELETE", "/api/session", _ACC, Cost.ACT, "Log this browser out.", status=204,
    ),
    Endpoint(
        "GET", "/api/me", _ACC, Cost.ACT, "Who is logged in, and whom they follow.",
        answer=Object({
            "name": NAME,
            "email": Text(longest=254, shortest=0),
            "phone": Text(longest=16, shortest=0),
            "can_text": Flag(),
            "language": LANGUAGE,
            "token": TOKEN,
            "version": Text(longest=64),
            "push_key": Text(shortest=0),
            "households": Many(
                Object({"member": ID, "name": NAME, "role": ROLE}), most=1_000
            ),
        }),
    ),
    # -- signalling ---------------------------------------------------------------
    Endpoint(
        "GET", "/api/ice", _ACC, Cost.ACT, "STUN and TURN servers for a call.",
        answer=Object({
            "servers": Many(Object({
                "urls": Text(longest=1_000),
                "username": Text(shortest=0),
                "credential": Text(shortest=0),
            })),
            "expires": Number(),
        }),
    ),
    Endpoint(
        "PUT", "/api/push", _ACC, Cost.ACT, "Ring this browser when it is closed.",
        body=Object({
            "endpoint": Text(longest=1_000, pattern=r"https://\S+"),
            "keys": Object({
                "p256dh": Text(longest=200, pattern=BASE64URL),
                "auth": Text(longest=100, pattern=BASE64URL),
            }),
        }),
        status=204, refusals=(("wrong_subscription", 400),),
    ),
    Endpoint(
        "DELETE", "/api/push", _ACC, Cost.ACT, "Ring this browser no longer.",
        body=Object({"endpoint": Text(longest=1_000)}), status=204,
    ),
    Endpoint(
        "PUT", "/api/phone", _ACC, Cost.MAIL,
        "Send text messages to this number, where all else stays unanswered.",
        body=Object({"phone": Text(longest=40, refusal="phone")}),
        answer=Object({"phone": Text(longest=16)}),
        refusals=(("phone", 400), ("no_texts", 409)),
    ),
    Endpoint(
        "DELETE", "/api/phone", _ACC, Cost.ACT, "Forget that number.", status=204,
    ),
    Endpoint(
        "POST", "/api/alarms/{alarm}/acknowledge", _ACC, Cost.ACT,
        "Take care of an alarm.", status=204, refusals=(("no_alarm", 404),),
    ),
    # -- agendas ------------------------------------------------------------------
    Endpoint(
        "GET", "/api/agenda/{member}", _ACC, Cost.ACT,
        "What is to come, where that was agreed, and what this member proposed.",
        answer=Object({
            "zone": Text(longest=64, shortest=0),
            "stale_since": Number(),
            "entries": Many(Object({
                "kind": Text(longest=20, choices=SHARED_KINDS),
                "what": Text(shortest=0), "day": DAY, "time": HOUR,
                "place": Text(shortest=0),
            }), most=MOST_SHARED),
            "left_out": Number(),
            "proposals": Many(Object({
                "id": ID, "what": WHAT, "day": DAY, "time": HOUR, "place": PLACE,
                "repeats": REPEATS,
                "state": Text(
                    longest=20, choices=tuple(each.value for each in ProposalState)
                ),
                "changed": Number(),
            }), most=100),
        }, optional=frozenset({"stale_since"})),
        refusals=_NO_AGENDA,
    ),
    Endpoint(
        "POST", "/api/agenda/{member}/proposals", _ACC, Cost.TELL,
        "Propose something for an agenda; the person is asked.",
        body=Object({
            "what": WHAT, "day": DAY, "time": HOUR, "place": PLACE,
            "repeats": REPEATS, "replaces": ID,
        }, optional=frozenset({"time", "place", "replaces"})),
        answer=Object({"proposal": ID}), status=201,
        refusals=(
            *_NO_AGENDA, ("no_proposal", 404), ("answered", 409),
            ("too_many_proposals", 409), ("what", 400), ("day", 400), ("time", 400),
            ("place", 400),
        ),
    ),
    Endpoint(
        "DELETE", "/api/agenda/{member}/proposals/{proposal}", _ACC, Cost.ACT,
        "Take a proposal back, as long as nobody was asked; else out of sight.",
        status=204, refusals=(*_NO_AGENDA, ("no_proposal", 404), ("answered", 409)),
    ),
    # -- notes --------------------------------------------------------------------
    Endpoint(
        "POST", "/api/notes/{note}/answer", _ACC, Cost.TELL,
        "Answer what was asked; another answer takes its place, until it was told.",
        body=Object({
            "reply": Text(longest=10, choices=tuple(each.value for each in Reply)),
            "text": Text(longest=LONGEST_NOTE, shortest=0, refusal="text"),
        }, optional=frozenset({"text"})),
        status=204,
        refusals=(
            ("no_note", 404), ("note_over", 409), ("wrong_reply", 400), ("text", 400),
        ),
    ),
    Endpoint(
        "POST", "/api/notes/{note}/seen", _ACC, Cost.ACT,
        "It was shown to who is asked: no mail is needed.",
        status=204, refusals=(("no_note", 404),),
    ),
    Endpoint(
        "GET", "/api/page", _ACC, Cost.ACT, "The page's line: calls.messages.",
        status=101, is_socket=True,
    ),
    Endpoint(
        "GET", "/api/device", Who.DEVICE, Cost.READ,
        "The device's line: calls.messages.", status=101, is_socket=True,
    ),
)  # fmt: skip

BY_KEY = {endpoint.key: endpoint for endpoint in ENDPOINTS}

GUARD_REFUSALS: tuple[tuple[str, int], ...] = (
    ("malformed", 400),
    ("no_session", 401),
    ("origin", 403),
    ("token", 403),
    ("not_found", 404),
    ("method", 405),
    ("too_slow", 408),
    ("too_large", 413),
    ("not_json", 415),
    ("host", 421),
    ("too_many", 429),
    ("broken", 500),
    ("disk_full", 503),
    ("store", 503),
)
"""Codes that any of them may answer."""
