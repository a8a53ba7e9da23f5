"""Who may ask what: every address of the hub, by everybody there is."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec

from calls.agenda_messages import ProposalStands, ProposalState
from calls.call_messages import (
    Accepted,
    Answer,
    CallMessage,
    Candidate,
    Ended,
    Media,
    Offer,
    Reason,
    Reconnect,
    Ring,
    Ringing,
    RingsBy,
)
from calls.hub import members, tables
from calls.hub.endpoints import BY_KEY, Who
from calls.hub.enrolment import make_code
from calls.hub.errors import Refusal
from calls.hub.invitations import accept
from calls.hub.login_links import create_links
from calls.hub.settings import HubSettings
from calls.hub.signalling import signalling
from calls.hub.store import Store
from calls.hub.tables import alarm, passkey, proposal
from calls.keys import DeviceKey
from calls.messages import Agree, AlarmOver, Invite, Role, Withdraw
from calls.note_messages import About, NoteOver, Over, PutNote
from calls.wire import Message, new_id
from tests.calls.hub.callers import device_of, page_of
from tests.calls.hub.peers import (
    NOW,
    Browser,
    Home,
    Place,
    SoftwarePasskey,
    add_note,
    browser,
    running_hub,
    subscription,
)

# Everybody who might ask. "other" follows another household than the one asked about;
# the last three are family whose request comes from another site's page, from no
# page, and without the token of our page.
WHO = (
    "nobody", "family", "close", "coord", "other", "gone", "evil", "bare", "forged",
)  # fmt: skip
MATRIX = """
GET /api/health                      200 200 200 200 200 200 200 200 200
GET /api/openapi.json                200 200 200 200 200 200 200 200 200
POST /api/devices                    201 201 201 201 201 201 403 201 201
POST /api/invitations/look           200 200 200 200 200 200 403 403 200
POST /api/invitations/accept         201 201 201 201 201 201 403 403 201
POST /api/links                      202 202 202 202 202 202 403 403 202
POST /api/links/use                  204 204 204 204 204 204 403 403 204
POST /api/passkeys/offer             401 200 200 200 200 401 403 403 403
POST /api/passkeys                   401 201 201 201 201 401 403 403 403
GET /api/passkeys                    401 200 200 200 200 401 200 200 200
DELETE /api/passkeys/{id}            401 204 204 204 404 401 403 403 403
POST /api/passkeys/challenge         200 200 200 200 200 200 403 403 200
POST /api/session                    204 204 204 204 204 204 403 403 204
DELETE /api/session                  401 204 204 204 204 401 403 403 403
GET /api/me                          401 200 200 200 200 401 200 200 200
GET /api/ice                         401 200 200 200 200 401 200 200 200
PUT /api/push                        401 204 204 204 204 401 403 403 403
DELETE /api/push                     401 204 204 204 204 401 403 403 403
PUT /api/phone                       401 200 200 200 200 401 403 403 403
DELETE /api/phone                    401 204 204 204 204 401 403 403 403
POST /api/alarms/{alarm}/acknowledge 401 204 204 204 404 401 403 403 403
GET /api/agenda/{member}             401 200 200 200 404 401 200 200 200
POST /api/agenda/{member}/proposals  401 201 201 201 404 401 403 403 403
DELETE /api/agenda/{member}/proposals/{proposal} 401 204 204 204 404 401 403 403 403
POST /api/notes/{note}/answer        401 204 204 204 404 401 403 403 403
POST /api/notes/{note}/seen          401 204 204 204 404 401 403 403 403
GET /api/page                        401 101 101 101 101 401 403 403 101
GET /api/device                      101 101 101 101 101 101 403 101 101
"""
ROLES = {"close": Role.CLOSE_FAMILY, "coord": Role.COORDINATOR}


def rows() -> dict[tuple[str, str], dict[str, int]]:
    found = {}
    for line in MATRIX.strip().splitlines():
        method, path, *codes = line.split()
        found[method, path] = dict(zip(WHO, map(int, codes), strict=True))
    return found


def test_the_matrix_is_complete() -> None:
    assert rows().keys() == BY_KEY.keys()


def test_the_matrix_says_what_the_table_promises() -> None:
    """Read another way: only these let in who is not logged in."""
    for key, cells in rows().items():
        is_closed = BY_KEY[key].who is Who.ACCOUNT
        assert (cells["nobody"] == cells["gone"] == 401) == is_closed, key
        assert (cells["evil"] == 403) == BY_KEY[key].changes, key


@asynccontextmanager
async def somebody(place: Place, who: str, home: Home) -> AsyncIterator[Browser]:
    """Their browser, logged in if they can be."""
    async with browser(place) as found:
        if who != "nobody":
            other = await place.home() if who == "other" else home
            member, token = await other.invite(role=ROLES.get(who, Role.FAMILY))
            store, now = place.hub.state.store, place.time.now
            joined = await accept(store, token, "nl", f"{new_id()}@example.org", now)
            assert joined.session is not None
            await members.agree(
                store,
                other.id,
                member,
                ROLES.get(who, Role.FAMILY),
                sees_presence=False,
                sees_use=False,
                sees_agenda=True,
            )
            name = place.hub.state.cookie_name
            found.headers["Cookie"] = f"{name}={joined.session.token}"
            await found.log_in()
            if who == "gone":
                await members.withdraw(store, other.id, member, now)
        match who:
            case "evil":
                found.origin = "https://evil.example"
            case "bare":
                found.origin = None
            case "forged":
                found.token = None
        yield found


class Requests:
    """A request to each address that succeeds for who may ask it."""

    def __init__(self, place: Place, home: Home, asker: Browser) -> None:
        self.place = place
        self.home = home
        self.asker = asker
        self.store: Store = place.hub.state.store

    async def ask(self, method: str, path: str) -> int:
        """The status of the answer."""
        if BY_KEY[method, path].is_socket:
            return await self._connect(path)
        body = await self._body(method, path)
        if "{member}" in path:
            member = await self._followed()
            path = path.replace("{member}", member)
            if "{proposal}" in path:
                path = path.format(proposal=await add_proposal(self.home, member))
        if "{note}" in path:
            note = await add_note(self.home, await self._followed())
            path = path.replace("{note}", note)
        if "{alarm}" in path:
            path = path.format(alarm=await add_alarm(self.home))
        if "{id}" in path:
            path = path.format(id=await self._passkey())
        return (await self.asker.ask(method, path, body)).status

    async def _connect(self, path: str) -> int:
        headers = dict(self.asker.headers)
        if self.asker.origin is not None:
            headers["Origin"] = self.asker.origin
        url = f"{self.place.hub.local_url}{path}"
        try:
            async with self.asker.client.ws_connect(url, headers=headers):
                return 101
        except aiohttp.WSServerHandshakeError as error:
            return error.status

    async def _body(self, method: str, path: str) -> Any:
        now, state = self.place.time.now, self.place.hub.state
        match method, path.removeprefix("/api/"):
            case "POST", "devices":
                code = await make_code(self.store, now)
                key = DeviceKey(ec.generate_private_key(ec.SECP256R1()))
                return {"code": code.text, "key": key.public, "name": "Mevrouw Test"}
            case "POST", "invitations/look":
                return {"token": (await self.home.invite())[1]}
            case "POST", "invitations/accept":
                return {"token": (await self.home.invite())[1], "language": "nl"}
            case "POST", "links":
                return {"email": "nobody@example.org", "language": "nl"}
            case "POST", "links/use":
                _, token = await self.home.invite(email="anna@example.org")
                await accept(self.store, token, "nl", "", now)
                links = await create_links(
                    self.store, state.url, "anna@example.org", now
                )
                return {"token": links[0].url.partition("#")[2]}
            case "POST", "passkeys":
                return {"credential": await self._made(), "name": "Telefoon"}
            case "POST", "session":
                return {"credential": await self._shown()}
            case (("PUT" | "DELETE"), "push"):
                return subscription()
            case "POST", "agenda/{member}/proposals":
                day = datetime.fromtimestamp(now, UTC).date().isoformat()
                return {"what": "De tandarts", "day": day, "repeats": "once"}
            case "POST", "notes/{note}/answer":
                return {"reply": "yes"}
            case "PUT", "phone":
                return {"phone": "06 12345678"}
            case _:
                return {} if method == "POST" else None

    async def _made(self) -> dict[str, Any]:
        """A new passkey, from an offer to who may have one."""
        options: Any = {"challenge": "AAAA", "user": {"id": "AAAA"}}
        async with own_page(self.asker, self.place) as page:
            answer = await page.ask("POST", "/api/passkeys/offer", {})
        if answer.status == 200:
            options = answer.body
        return SoftwarePasskey(self.place.origin, "localhost").make(options)

    async def _shown(self) -> dict[str, Any]:
        """The passkey of another member, who logs in here."""
        made = SoftwarePasskey(self.place.origin, "localhost")
        async with somebody(self.place, "family", self.home) as owner:
            offer = (await owner.ask("POST", "/api/passkeys/offer", {})).body
            wish = {"credential": made.make(offer), "name": "Telefoon"}
            assert (await owner.ask("POST", "/api/passkeys", wish)).status == 201
            options = (await owner.ask("POST", "/api/passkeys/challenge", {})).body
        return made.use(options)

    async def _account(self) -> str | None:
        """Of who asks, if they follow the household."""
        mine = await self._mine()
        everybody = await members.members(self.store, self.home.id)
        return next((m.account for m in everybody if m.id == mine), None)

    async def _mine(self) -> str | None:
        """As which member who asks follows a household."""
        async with own_page(self.asker, self.place) as page:
            me = await page.ask("GET", "/api/me")
        if me.status != 200:
            return None
        (followed,) = me.body["households"]
        return str(followed["member"])

    async def _followed(self) -> str:
        """As which member the household is asked about; for others, somebody else."""
        mine = await self._mine()
        everybody = await members.members(self.store, self.home.id)
        if mine in {each.id for each in everybody}:
            assert mine is not None
            return mine
        return (await self.home.invite())[0]

    async def _passkey(self) -> str:
        """One of who asks; for others, of somebody else."""
        account, now = await self._account(), self.place.time.now
        if account is None:
            _, token = await self.home.invite()
            joined = await accept(self.store, token, "nl", "", now)
            assert joined.session is not None
            account = joined.session.account
        id = new_id()
        async with self.store.writing() as connection:
            await connection.execute(
                passkey.insert().values(
                    id=id,
                    account=account,
                    public_key=b"",
                    sign_count=0,
                    name="Telefoon",
                    created_at=now,
                )
            )
        return id


async def add_alarm(home: Home) -> str:
    """One of the household, told to all who follow it."""
    store, now = home.place.hub.state.store, home.place.time.now
    everybody = await members.members(store, home.id)
    id = new_id()
    async with store.writing() as connection:
        await connection.execute(
            alarm.insert().values(
                id=id,
                household=home.id,
                kind="missed_check_in",
                members=json.dumps([member.id for member in everybody]),
                at=now,
                created_at=now,
            )
        )
    return id


async def add_proposal(home: Home, member: str) -> str:
    """One of a member, that the device does not have yet."""
    id, now = new_id(), home.place.time.now
    async with home.place.hub.state.store.writing() as connection:
        await connection.execute(
            proposal.insert().values(
                id=id,
                household=home.id,
                member=member,
                what="De tandarts",
                day="2026-03-03",
                time="10:00",
                place="",
                repeats="once",
                state="sent",
                created_at=now,
                changed_at=now,
            )
        )
    return id


@asynccontextmanager
async def own_page(asker: Browser, place: Place) -> AsyncIterator[Browser]:
    """The same browser, on our own page."""
    async with browser(place) as page:
        page.headers = dict(asker.headers)
        me = await page.ask("GET", "/api/me")
        page.token = me.body["token"] if me.status == 200 else None
        yield page


@pytest.mark.parametrize("who", WHO)
async def test_everybody_asks_everything(tmp_path: Path, who: str) -> None:
    expected = {key: cells[who] for key, cells in rows().items()}
    found = {}
    settings = HubSettings(port=0, text_url="http://127.0.0.1:9/texts")
    async with running_hub(tmp_path, settings, groups=[signalling()]) as place:
        home = await place.home()
        for method, path in expected:
            async with somebody(place, who, home) as asker:
                found[method, path] = await Requests(place, home, asker).ask(
                    method, path
                )
    assert found == expected


async def test_what_nobody_serves(place: Place, anna: Browser) -> None:
    for path in ("/nothing", "/api/nothing", "/api/me/", "/api", "/../etc/passwd"):
        answer = await anna.ask("GET", path)
        assert (answer.status, answer.error) == (404, "not_found"), path
    for method, path in (("PUT", "/api/me"), ("GET", "/api/links"), ("POST", "/")):
        answer = await anna.ask(method, path, {})
        assert (answer.status, answer.error) == (405, "method")


async def test_a_name_that_only_points_here(place: Place, anna: Browser) -> None:
    """DNS rebinding: the browser believes to be on another site."""
    for path in ("/", "/api/health", "/api/me"):
        answer = await anna.ask("GET", path, Host="evil.example")
        assert (answer.status, answer.error) == (421, "host")


@pytest.mark.parametrize(
    ("body", "headers", "error"),
    [
        ("{", {}, "malformed"),
        ("[]", {}, "malformed"),
        ("null", {}, "malformed"),
        ('{"token": 1}', {}, "malformed"),
        ('{"token": ""}', {}, "malformed"),
        ('{"token": "a b"}', {}, "malformed"),
        ('{"token": "a\\u0000"}', {}, "malformed"),
        ("[" * 60_000, {}, "malformed"),
        ("9" * 60_000, {}, "malformed"),
        ("\ud800", {}, "malformed"),
        ('{"token": "x"}', {"Content-Type": "text/plain"}, "not_json"),
        ("x" * 70_000, {}, "too_large"),
    ],
)
async def test_bodies_that_are_none(
    place: Place, anna: Browser, body: str, headers: dict[str, str], error: str
) -> None:
    sent = {"Content-Type": "application/json", "Origin": place.origin, **headers}
    url = f"{place.hub.local_url}/api/invitations/look"
    data = body.encode("utf-8", "surrogatepass")
    async with anna.client.post(url, data=data, headers=sent) as answer:
        assert (await answer.json())["error"] == error


async def test_every_answer_keeps_to_the_rules_of_the_page(
    place: Place, anna: Browser
) -> None:
    for path in ("/", "/api/me", "/api/nothing", "/api/health"):
        headers = (await anna.ask("GET", path)).headers
        assert headers["Content-Security-Policy"] == "default-src 'none'", path
        assert headers["Cache-Control"] in ("no-cache", "no-store"), path
        assert "Access-Control-Allow-Origin" not in headers


# -- a thousand attempts ------------------------------------------------------------

HOMES = 5
EACH = 100


async def test_a_thousand_attempts_on_other_households(tmp_path: Path) -> None:
    """Devices and pages of five households, each wanting what is another's."""
    chance = random.Random(20261122)
    async with (
        running_hub(tmp_path, groups=[signalling()]) as place,
        AsyncExitStack() as stack,
    ):
        homes, ids, alarms, devices, pages = [], [], [], [], []
        proposals: list[str] = []
        notes: list[str] = []
        for number in range(HOMES):
            home = await place.home(f"Mevrouw {number}")
            anna = await stack.enter_async_context(browser(place))
            member, token = await home.invite()
            await anna.join(token)
            homes.append(home)
            ids.append(member)
            alarms.append(await add_alarm(home))
            proposals.append(await add_proposal(home, member))
            notes.append(await add_note(home, member))
            devices.append(await stack.enter_async_context(device_of(home)))
            pages.append(await stack.enter_async_context(page_of(anna)))
        before = await state_of(place)
        sent: list[set[str]] = [set() for _ in range(2 * HOMES)]

        async def attack(number: int) -> None:
            """End `number`: the devices first, then the pages."""
            for _ in range(EACH):
                victim = chance.choice(
                    [each for each in range(HOMES) if each != number % HOMES]
                )
                page = chance.choice(["", pages[victim].id, pages[number % HOMES].id])
                message = hostile(
                    chance,
                    ids[victim],
                    page,
                    alarms[victim],
                    proposals[victim],
                    notes[victim],
                    number < HOMES,
                )
                if isinstance(message, CallMessage):
                    sent[number].add(message.call)
                if number < HOMES:
                    assert await devices[number].client.deliver(message)
                else:
                    assert await pages[number - HOMES].link.deliver(message)

        async with asyncio.TaskGroup() as tasks:
            for number in range(2 * HOMES):
                tasks.create_task(attack(number))

        # Nothing reached anybody but the refusals of who asked.
        inboxes = [end.inbox for end in devices] + [end.inbox for end in pages]
        for number, inbox in enumerate(inboxes):
            for message in inbox.all:
                if isinstance(message, CallMessage):
                    assert isinstance(message, Ended)
                    assert message.reason is Reason.WITHDRAWN
                    assert message.call in sent[number]
        assert await state_of(place) == before


def hostile(
    chance: random.Random,
    member: str,
    page: str,
    alarm_id: str,
    proposal_id: str,
    note_id: str,
    is_device: bool,
) -> Message:
    """What one end may not say: it names what belongs to another household."""
    call = (new_id(), new_id(), member, page or new_id())
    both = [
        Ring(*call, name="x", seconds=30),
        Ringing(*call, by=RingsBy.PAGE),
        Accepted(*call),
        Ended(*call, reason=Reason.HUNG_UP),
        Candidate(*call, attempt=1, candidate="x", mid="0"),
        Media(*call, microphone=True, camera=True, captions=False),
    ]
    if not is_device:
        return chance.choice([*both, Offer(*call, attempt=1, sdp="x")])
    return chance.choice(
        [
            *both,
            Answer(*call, attempt=1, sdp="x"),
            Reconnect(*call, attempt=2),
            Withdraw(new_id(), member),
            Agree(new_id(), member, Role.COORDINATOR, True, True),
            Invite(new_id(), member, "x", Role.FAMILY, "", "nl"),
            AlarmOver(new_id(), alarm_id),
            ProposalStands(new_id(), proposal_id, chance.choice(list(ProposalState))),
            PutNote(new_id(), new_id(), member, About.REQUEST, "x", NOW + 3_600),
            PutNote(new_id(), note_id, member, About.REQUEST, "x", NOW + 3_600),
            NoteOver(new_id(), note_id, chance.choice(list(Over))),
        ]
    )


async def state_of(place: Place) -> dict[str, Any]:
    """All that could have been changed."""
    async with place.hub.state.store.reading() as connection:
        return {
            table.name: set(await connection.execute(sa.select(table)))
            for table in (
                tables.member,
                tables.invitation,
                tables.alarm,
                tables.job,
                tables.proposal,
                tables.shared_agenda,
                tables.note,
            )
        }


async def test_addresses_of_other_households(
    place: Place, anna: Browser, piet: Browser
) -> None:
    """The checks by themselves, each with every wrong owner."""
    store, now = place.hub.state.store, place.time.now
    home, other = await place.home(), await place.home()
    (mine, token), (theirs, other_token) = await home.invite(), await other.invite()
    await anna.join(token)
    await piet.join(other_token)
    (me,) = await members.members(store, home.id)
    assert me.account is not None
    wrong = [
        members.member_of_account(store, me.account, theirs),
        members.member_of_account(store, "", mine),
        members.member_of_household(store, home.id, theirs),
        members.member_of_household(store, "", mine),
        members.member_of_alarm(store, me.account, await add_alarm(other)),
        members.check_note(store, me.account, await add_note(other, theirs)),
        members.check_note(store, "", await add_note(home, mine)),
    ]
    for each in wrong:
        with pytest.raises(Refusal, match=r"no_member|no_alarm|no_note"):
            await each
    for owner, member in ((home, theirs), (other, mine)):
        with pytest.raises(Refusal, match="no_member"):
            await members.withdraw(store, owner.id, member, now)
    assert await members.member_of_account(store, me.account, mine) == me
    assert await members.member_of_household(store, home.id, mine) == me
    assert await members.member_of_alarm(store, me.account, await add_alarm(home)) == me
