"""Connections of devices and pages, apart from what they are used for."""

import asyncio
from pathlib import Path

import aiohttp
from aiohttp import web

from calls.call_messages import Ended, Reason
from calls.hub.links import End, Ends
from calls.hub.sockets import Sockets
from calls.hub.state import HubState
from calls.hub.tasks import Tasks
from calls.messages import Ack, Challenge, Proof, Welcome, read
from calls.wire import VERSION, Message, new_id, write
from tests.calls.hub.peers import running_hub


async def test_who_is_not_greeted_yet_is_heard(tmp_path: Path) -> None:
    """Where thousands come back at once, each waits for its turn."""
    left = asyncio.Event()

    async def handle(_: End, __: Message) -> bool:
        return True

    async def greet(_: End) -> None:
        await asyncio.Event().wait()

    async def leave(_: End) -> None:
        left.set()

    def slow(app: web.Application, state: HubState) -> None:
        sockets = Sockets(state, Ends(), Tasks(), handle, greet, leave, 30.0)
        app.router.add_get("/slow", sockets.device)

    async with running_hub(tmp_path, groups=[slow]) as place:
        home = await place.home()
        async with (
            aiohttp.ClientSession() as client,
            client.ws_connect(f"{place.hub.local_url}/slow") as socket,
            asyncio.timeout(10),
        ):
            challenge = read(await socket.receive_str())
            assert isinstance(challenge, Challenge)
            signature = home.key.sign(challenge.nonce, home.device, VERSION)
            await socket.send_str(write(Proof(home.device, signature, VERSION)))
            assert isinstance(read(await socket.receive_str()), Welcome)
            said = Ended(new_id(), "call", "member", "", Reason.HUNG_UP)
            await socket.send_str(write(said))
            assert read(await socket.receive_str()) == Ack(said.id)
        async with asyncio.timeout(10):
            await left.wait()
