"""A hub on a disk that is really full, with who asks it things, in one program.

    unshare --user --map-root-user --mount python -m tests.calls.hub.on_full_disk FOLDER

The folder becomes a small disk of its own, which nobody else sees. What is wrong ends
the program with an AssertionError.
"""

import asyncio
import errno
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from operator import eq
from pathlib import Path

import sqlalchemy as sa
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from calls.agenda_messages import SharedAgenda, SharedEntry
from calls.call_messages import Accepted, Ended, Reason, Ring
from calls.hub.enrolment import make_code
from calls.hub.health import LEAST_FREE_BYTES
from calls.hub.signalling import signalling
from calls.keys import DeviceKey, load_key
from calls.messages import Ack, Alarm, Household, UsedToday, read
from calls.note_messages import About, PutNote
from calls.wire import Message, new_id, write
from tests.calls.hub.callers import device_of, page_of
from tests.calls.hub.chaos import prove
from tests.calls.hub.peers import (
    NOW,
    Browser,
    Home,
    Place,
    add_note,
    browser,
    running_hub,
)
from tests.calls.hub.test_agenda import allow
from tests.calls.hub.test_calling import family, ring

# Enough for what the hub calls room, and a little more.
DISK_BYTES = LEAST_FREE_BYTES + 16 * 2**20


def mount(folder: Path) -> None:
    """Make the folder a disk of its own."""
    options = f"size={DISK_BYTES}"
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True
    )


def fill(folder: Path) -> None:
    """Leave no room for a single byte."""
    with (folder / "filler").open("wb", buffering=0) as file:
        for size in (2**20, 4_096, 1):
            while True:
                try:
                    file.write(b"x" * size)
                except OSError as error:
                    assert error.errno == errno.ENOSPC
                    break


async def empty_log(place: Place) -> None:
    """Nothing is left of the database's log that could be written anew."""
    async with place.hub.state.store.reading() as connection:
        await connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))


async def until(
    socket: ClientWebSocketResponse, is_last: Callable[[Message], bool]
) -> list[Message]:
    """What came, up to and with the last."""
    found: list[Message] = []
    async with asyncio.timeout(30):
        while not found or not is_last(found[-1]):
            frame = await socket.receive()
            assert frame.type is WSMsgType.TEXT, frame
            found.append(read(frame.data))
    return found


async def call_and_hang_up(home: Home, anna: Browser, member: str) -> None:
    """A whole call, as far as the hub has to do with it."""
    async with device_of(home) as device, page_of(anna) as page:
        device.client.send(ring(member))
        rung = await page.inbox.get(Ring)
        page.link.send(Accepted(new_id(), rung.call, member, page.id))
        await device.inbox.get(Accepted)
        page.link.send(Ended(new_id(), rung.call, member, page.id, Reason.HUNG_UP))
        assert (await device.inbox.get(Ended)).reason is Reason.HUNG_UP


async def refuses(
    home: Home, client: ClientSession, *kept: Alarm | SharedAgenda | PutNote
) -> None:
    """What must be kept is not acked, though what is said after it is."""
    socket = await prove(home, home.place.hub.local_url, client)
    after = Ended(new_id(), "call", "nobody", "", Reason.HUNG_UP)
    for message in (*kept, UsedToday(new_id(), "2026-03-02"), after):
        await socket.send_str(write(message))
    came = await until(socket, lambda each: each == Ack(after.id))
    assert [each.id for each in came if isinstance(each, Ack)] == [after.id]
    await socket.close()


async def accepts(
    home: Home, client: ClientSession, *kept: Alarm | SharedAgenda | PutNote
) -> None:
    """The same again is acked."""
    socket = await prove(home, home.place.hub.local_url, client)
    for message in kept:
        await socket.send_str(write(message))
        await until(socket, partial(eq, Ack(message.id)))
    await socket.close()


async def live(folder: Path) -> None:
    """All of it."""
    async with (
        running_hub(folder, groups=[signalling()]) as place,
        browser(place) as stranger,
        ClientSession() as client,
    ):
        home = await place.home()
        async with family(place, home) as (anna, member):
            _, token = await home.invite("Piet")
            code = await make_code(place.hub.state.store, NOW)
            key = load_key(folder / "other.key")
            assert (await stranger.ask("GET", "/api/health")).status == 200
            asked = (
                ("/api/invitations/accept", {"token": token, "language": "nl"}, 201),
                ("/api/devices", enrolment(code.text, key), 201),
            )
            alarm = Alarm(new_id(), "a1", "missed_check_in", NOW, (member,))
            entry = SharedEntry(
                "appointment", "x" * 80, "2026-03-03", "10:00", "y" * 80
            )
            shared = SharedAgenda(new_id(), "Europe/Amsterdam", (entry,) * 150, 0)
            await allow(home, member)
            proposals = f"/api/agenda/{member}/proposals"
            note = PutNote(
                new_id(), new_id(), member, About.VISIT, "x" * 200, NOW + 3_600
            )
            older = f"/api/notes/{await add_note(home, member)}/answer"
            wish = {"what": "De kapper", "day": "2026-03-03", "repeats": "once"}

            await empty_log(place)
            await asyncio.to_thread(fill, folder)
            for path, body, _ in asked:
                answer = await stranger.ask("POST", path, body)
                assert (answer.status, answer.error) == (503, "disk_full"), path
            answer = await stranger.ask("GET", "/api/health")
            assert (answer.status, answer.error) == (503, "disk_full")
            answer = await anna.ask("POST", proposals, wish)
            assert (answer.status, answer.error) == (503, "disk_full")
            answer = await anna.ask("POST", older, {"reply": "yes"})
            assert (answer.status, answer.error) == (503, "disk_full")
            await refuses(home, client, alarm, shared, note)
            # Twice: also for a device and a page that come only now.
            for _ in range(2):
                await call_and_hang_up(home, anna, member)

            (folder / "filler").unlink()
            await accepts(home, client, alarm, shared, note)
            assert (await anna.ask("POST", older, {"reply": "yes"})).status == 204
            assert (await anna.ask("POST", proposals, wish)).status == 201
            seen = (await anna.ask("GET", f"/api/agenda/{member}")).body
            assert (len(seen["entries"]), len(seen["proposals"])) == (150, 1)
            async with page_of(anna) as page:
                assert (await page.inbox.get(Household)).alarms == ("a1",)
            for path, body, status in asked:
                assert (await stranger.ask("POST", path, body)).status == status, path
            assert (await stranger.ask("GET", "/api/health")).status == 200
            await call_and_hang_up(home, anna, member)


def enrolment(code: str, key: DeviceKey) -> dict[str, str]:
    """What a device asks to come in."""
    return {"code": code, "key": key.public, "name": "Mevrouw Ander"}


if __name__ == "__main__":
    mount(Path(sys.argv[1]))
    asyncio.run(live(Path(sys.argv[1])))
