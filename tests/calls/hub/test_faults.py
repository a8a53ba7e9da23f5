"""What the hub promised stays kept: killed at any moment, or on a disk that is full."""

import asyncio
import random
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec

from calls.hub.enrolment import enrol_own, find_device, make_code
from calls.hub.errors import StoreFull
from calls.hub.invitations import create_invitation
from calls.hub.login_links import create_links
from calls.hub.sessions import find_session
from calls.hub.store import Store, open_store
from calls.hub.tables import (
    account,
    device,
    enrolment,
    household,
    invitation,
    link,
    member,
    metadata,
    session,
)
from calls.keys import DeviceKey, load_key
from calls.messages import Role
from calls.wire import new_id
from tests.calls.hub.peers import Browser, Place

# -- a disk that is full --------------------------------------------------------------

# The shortest rows there can be: where none of these fits, no real one does.
SHORTEST: dict[sa.Table, dict[str, Any]] = {
    account: {"name": "", "email": "", "language": "nl", "created_at": 0},
    household: {"name": "", "created_at": 0},
    device: {"household": "h", "created_at": 0},
    member: {
        "household": "h",
        "name": "",
        "role": "family",
        "sees_presence": False,
        "sees_use": False,
        "created_at": 0,
    },
    enrolment: {"created_at": 0, "expires_at": 1e12},
    invitation: {"member": "m", "email": "", "created_at": 0, "expires_at": 0},
    session: {
        "account": "a",
        "csrf": "",
        "created_at": 0,
        "seen_at": 0,
        "expires_at": 0,
    },
    link: {"account": "a", "created_at": 0, "expires_at": 1e12},
}


async def fill(store: Store) -> None:
    """Leave no room in any table: the database may not grow any more."""
    async with store.writing() as connection:
        for table, id in ((household, "h"), (account, "a"), (member, "m")):
            await connection.execute(table.insert().values(id=id, **SHORTEST[table]))
    await limit(store, 1)  # so many pages as there are
    for table, values in SHORTEST.items():
        key = table.primary_key.columns[0].name
        for number in range(1_000):
            named = {key: new_id() if key == "id" else random.randbytes(32)}
            if table is device:
                named["public_key"] = str(number)
            try:
                async with store.writing() as connection:
                    await connection.execute(table.insert().values(**values, **named))
            except StoreFull:
                break
        else:
            pytest.fail(f"{table.name} is never full")


KEY = DeviceKey(ec.generate_private_key(ec.SECP256R1())).public


async def limit(store: Store, pages: int) -> None:
    async with store.writing() as connection:
        await connection.execute(sa.text(f"PRAGMA max_page_count = {pages}"))


async def everything(store: Store) -> dict[str, Any]:
    """All rows of all tables."""
    async with store.reading() as connection:
        return {
            table.name: set(await connection.execute(sa.select(table)))
            for table in metadata.sorted_tables
        }


async def test_a_full_disk_is_told_and_nothing_is_half_written(
    place: Place, anna: Browser, piet: Browser
) -> None:
    store, now = place.hub.state.store, place.time.now
    home = await place.home()
    _, token = await home.invite("Anna", email="anna@example.org")
    await anna.join(token)
    _, waiting = await home.invite("Piet")
    code = await make_code(store, now)
    (found,) = await create_links(store, place.hub.url, "anna@example.org", now)
    requests: list[tuple[str, dict[str, Any], int]] = [
        ("/api/invitations/accept", {"token": waiting, "language": "nl"}, 201),
        ("/api/links/use", {"token": found.url.partition("#")[2]}, 204),
        ("/api/devices", {"code": code.text, "key": KEY, "name": "Mevrouw Test"}, 201),
    ]
    await fill(store)
    before = await everything(store)
    for path, body, _ in requests:
        answer = await piet.ask("POST", path, body)
        assert (answer.status, answer.error) == (503, "disk_full"), path
        assert int(answer.headers["Retry-After"]) > 0
        assert "Set-Cookie" not in answer.headers
    assert await everything(store) == before
    # What needs no room goes on, also for somebody whose session is renewed.
    place.time.now += 3 * 86_400
    assert (await anna.ask("GET", "/api/me")).status == 200
    look = await piet.ask("POST", "/api/invitations/look", {"token": waiting})
    assert look.body["name"] == "Piet"
    place.time.now -= 3 * 86_400
    # And all of it once there is room again.
    await limit(store, 1_000_000)
    for path, body, status in requests:
        assert (await piet.ask("POST", path, body)).status == status, path


async def test_a_damaged_database_is_told(place: Place, anna: Browser) -> None:
    """The disk returns something else than was written."""
    _, token = await (await place.home()).invite()
    store = place.hub.state.store
    async with store.reading() as connection:
        # Into one file, and out of the cache of this connection.
        await connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))
    await store.close()
    await asyncio.to_thread(overwrite, store.path)
    for path, body in (
        ("/api/invitations/look", {"token": token}),
        ("/api/invitations/accept", {"token": token, "language": "nl"}),
    ):
        answer = await anna.ask("POST", path, body)
        assert (answer.status, answer.error) == (503, "store"), path
    assert (await anna.ask("GET", "/")).status == 200


def overwrite(path: Path) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        # The first page stays: it says how long the others are.
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))


# -- killed at any moment -------------------------------------------------------------

KILLS = 3
INVITATIONS = 40
AT_ONCE = 4

CHILD = """
import asyncio, sys
from pathlib import Path
from calls.hub.limits import LIMITS, Buckets, Limit
from calls.hub.server import Hub
from calls.hub.settings import HubSettings
from tests.calls.hub.small_page import SMALL_PAGE

async def main(path):
    buckets = Buckets({cost: Limit(1_000_000, 0.001) for cost in LIMITS})
    hub = Hub(HubSettings(port=0), path, page=SMALL_PAGE, buckets=buckets)
    await hub.open()
    assert hub.state.store.was_damaged is None
    print(hub.state.port, flush=True)
    await asyncio.Event().wait()

asyncio.run(main(Path(sys.argv[1])))
"""


async def invite_many(path: Path, key: str) -> list[tuple[str, str]]:
    """Returns members and tokens; the database is closed again."""
    store, now = await open_store(path, datetime.now(UTC)), time.time()
    known = await find_device(store, await enrol_own(store, key, "Mevrouw Test", now))
    assert known is not None
    made = []
    for _ in range(INVITATIONS):
        id = new_id()
        invited = await create_invitation(
            store, "", known.household, id, "Anna", Role.FAMILY, "", now
        )
        made.append((id, invited.url.partition("#")[2]))
    await store.close()
    return made


async def accept_until_killed(
    path: Path, made: list[tuple[str, str]], kill_after: int
) -> dict[str, str]:
    """Returns what was acknowledged: the cookie of each member."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, str(path), stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    acknowledged: dict[str, str] = {}
    waiting = list(made)
    async with asyncio.timeout(60):
        port = int(await child.stdout.readline())

    async def accept(client: aiohttp.ClientSession) -> None:
        origin = f"http://localhost:{port}"
        while waiting:
            id, token = waiting.pop()
            async with client.post(
                f"http://127.0.0.1:{port}/api/invitations/accept",
                json={"token": token, "language": "nl"},
                headers={"Origin": origin},
            ) as answer:
                assert answer.status == 201, await answer.text()
                acknowledged[id] = answer.cookies["praatpaal"].value
            if len(acknowledged) >= kill_after:
                with suppress(ProcessLookupError):
                    child.kill()

    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client:
        results = await asyncio.gather(
            *(accept(client) for _ in range(AT_ONCE)), return_exceptions=True
        )
    for result in results:
        assert result is None or isinstance(result, aiohttp.ClientError | OSError)
    await child.wait()
    return acknowledged


async def test_nothing_acknowledged_is_lost_by_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    chance = random.Random(20261122)
    key = load_key(tmp_path / "device.key").public
    kept: dict[str, str] = {}
    for _ in range(KILLS):
        made = await invite_many(path, key)
        told = await accept_until_killed(path, made, chance.randrange(1, 30))
        assert len(told) < INVITATIONS
        kept |= told
        store = await open_store(path, datetime.now(UTC))
        assert store.was_damaged is None
        for id, cookie in kept.items():
            found = await find_session(store, cookie, time.time())
            assert found is not None
            async with store.reading() as connection:
                row = await connection.execute(
                    sa.select(member.c.account).where(member.c.id == id)
                )
                assert row.scalar_one() == found.account
        await check_nothing_is_half(store)
        await store.close()
    assert len(kept) >= KILLS


async def check_nothing_is_half(store: Store) -> None:
    """Used invitations, joined members, accounts and sessions go together."""
    async with store.reading() as connection:
        rows = await connection.execute(
            sa.select(invitation.c.used_at, member.c.account, session.c.token_hash)
            .join(member, member.c.id == invitation.c.member)
            .outerjoin(session, session.c.account == member.c.account)
        )
        for used_at, joined, logged_in in rows:
            assert (used_at is None) == (joined is None) == (logged_in is None)
