"""Holds thousands of idle connections open, and rings among them.

    python -m benchmarks.hub_connections [--connections 5000] [--rings 300] [--json]

Half of them are devices, which prove who they are and ping every 5 s as ours do; half
are pages. The hub is a process of its own; beside it, in the same run, a program that
is nothing but aiohttp: it accepts WebSockets with the same settings and hands one frame
on.

Memory is what the process has more than before them, by connection; a heartbeat is a
ping of either side with its pong, without what the process does for itself; a ring is
timed from the device's frame to the page's. Some three minutes.
"""

import argparse
import asyncio
import gc
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from aiohttp import ClientWebSocketResponse, WSMsgType, web
from cryptography.hazmat.primitives.asymmetric import ec

from benchmarks.measuring.processes import memory_of, times_of
from calls.call_messages import Ended, Reason, Ring
from calls.hub import tokens
from calls.hub.limits import LIMITS, Buckets, Limit
from calls.hub.server import Hub
from calls.hub.settings import HubSettings
from calls.hub.signalling import signalling
from calls.hub.sockets import HEARTBEAT_S
from calls.hub.store import open_store
from calls.hub.tables import account, device, household, member, session
from calls.hub_client import PING_S
from calls.keys import DeviceKey
from calls.messages import Ack, Challenge, Proof, Welcome, read
from calls.wire import VERSION, new_id, write

AT_ONCE = 30
"""That connect at the same time."""

SETTLE_S = 3.0

QUIET = 0.3
"""Of one core; what heartbeats of some thousands take is less."""

QUIET_WITHIN_S = 180.0

IDLE_S = 20.0

Key = ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one server.

    Attributes:
        connections: That it held.
        lost: Of those, until the end.
        connected_in_s: All of them.
        kb_each: Memory of a connection, in kB of 1,024 bytes.
        heartbeat_us: Processor time of a ping with its pong.
        idle_percent: Of one core, for all of them.
        ring_median_ms: From one end to the other.
        ring_p99_ms: The same.
    """

    connections: int
    lost: int
    connected_in_s: float
    kb_each: float
    heartbeat_us: float
    idle_percent: float
    ring_median_ms: float
    ring_p99_ms: float


@dataclass(frozen=True, slots=True)
class Home:
    """A device and who follows it: what both need to come in."""

    device: str
    key: DeviceKey
    member: str
    cookie: str


# -- what is asked ------------------------------------------------------------------


async def settle_in(path: Path, count: int) -> list[Home]:
    """Write so many households into a database, each with one who follows it."""
    store = await open_store(path, datetime.now(UTC))
    now = time.time()
    homes = [
        Home(
            new_id(),
            DeviceKey(ec.generate_private_key(ec.SECP256R1())),
            new_id(),
            tokens.new_secret(),
        )
        for _ in range(count)
    ]
    async with store.writing() as connection:
        for table, rows in (
            (household, [_household(each, now) for each in homes]),
            (device, [_device(each, now) for each in homes]),
            (account, [_account(each, now) for each in homes]),
            (member, [_member(each, now) for each in homes]),
            (session, [_session(each, now) for each in homes]),
        ):
            await connection.execute(table.insert(), rows)
    await store.close()
    return homes


def _household(home: Home, now: float) -> dict[str, object]:
    return {"id": home.device, "name": "Test", "created_at": now}


def _device(home: Home, now: float) -> dict[str, object]:
    return {
        "id": home.device, "household": home.device, "public_key": home.key.public,
        "created_at": now,
    }  # fmt: skip


def _account(home: Home, now: float) -> dict[str, object]:
    return {
        "id": home.member, "name": "Test", "email": "", "language": "nl",
        "created_at": now,
    }  # fmt: skip


def _member(home: Home, now: float) -> dict[str, object]:
    return {
        "id": home.member, "household": home.device, "account": home.member,
        "name": "Test", "role": "family", "sees_presence": True, "sees_use": False,
        "created_at": now,
    }  # fmt: skip


def _session(home: Home, now: float) -> dict[str, object]:
    return {
        "token_hash": tokens.hash_of(home.cookie), "account": home.member, "csrf": "x",
        "created_at": now, "seen_at": now, "expires_at": now + tokens.SESSION_S,
    }  # fmt: skip


async def serve_hub(path: Path) -> None:
    """Be a hub, without limits on how often one address asks."""
    buckets = Buckets({cost: Limit(10_000_000, 1e-6) for cost in LIMITS})
    hub = Hub(HubSettings(port=0), path, [signalling()], buckets=buckets)
    await hub.open()
    print(hub.state.port, flush=True)
    await asyncio.Event().wait()


async def serve_bare(_: Path) -> None:
    """Be nothing but aiohttp: hand a frame on to the socket that it names."""
    sockets: dict[str, web.WebSocketResponse] = {}

    async def accept(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, compress=False)
        await socket.prepare(request)
        sockets[request.query["name"]] = socket
        async for frame in socket:
            await sockets[frame.data.partition(" ")[0]].send_str(frame.data)
        return socket

    app = web.Application()
    app.router.add_get("/", accept)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


# -- who asks -----------------------------------------------------------------------


class Ends:
    """Devices and pages that are connected, and read what comes."""

    def __init__(self, client: aiohttp.ClientSession, port: int) -> None:
        self.client = client
        self.url = f"http://127.0.0.1:{port}"
        self.origin = f"http://localhost:{port}"
        self.rung: dict[str, asyncio.Future[float]] = {}
        self.lost = 0
        self._reading: list[asyncio.Task[None]] = []

    async def device(self, home: Home) -> ClientWebSocketResponse:
        """Prove to be it."""
        socket = await self.client.ws_connect(
            f"{self.url}/api/device", heartbeat=PING_S
        )
        challenge = read((await socket.receive()).data)
        assert isinstance(challenge, Challenge)
        signature = home.key.sign(challenge.nonce, home.device, VERSION)
        await socket.send_str(write(Proof(home.device, signature, VERSION)))
        return await self._welcomed(socket)

    async def page(self, home: Home) -> ClientWebSocketResponse:
        """Open it."""
        headers = {"Origin": self.origin, "Cookie": f"praatpaal={home.cookie}"}
        url = f"{self.url}/api/page?page={home.member}"
        return await self._welcomed(await self.client.ws_connect(url, headers=headers))

    async def bare(self, name: str, heartbeat: float | None) -> ClientWebSocketResponse:
        """Of the other server."""
        socket = await self.client.ws_connect(
            f"{self.url}/?name={name}", heartbeat=heartbeat
        )
        self._reading.append(asyncio.create_task(self._read(socket)))
        return socket

    async def _welcomed(
        self, socket: ClientWebSocketResponse
    ) -> ClientWebSocketResponse:
        welcome = read((await socket.receive()).data)
        assert isinstance(welcome, Welcome), welcome
        self._reading.append(asyncio.create_task(self._read(socket)))
        return socket

    async def _read(self, socket: ClientWebSocketResponse) -> None:
        async for frame in socket:
            came_s = time.perf_counter()
            if frame.type is not WSMsgType.TEXT:
                break
            if " " in frame.data[:40] and not frame.data.startswith("{"):
                self.rung[frame.data.partition(" ")[2]].set_result(came_s)
                continue
            message = read(frame.data)
            if isinstance(message, Ring) and not self.rung[message.call].done():
                self.rung[message.call].set_result(came_s)
            if not isinstance(message, Ack) and (key := getattr(message, "id", "")):
                await socket.send_str(write(Ack(key)))
        self.lost += 1

    async def time_of(
        self, call: str, socket: ClientWebSocketResponse, text: str
    ) -> float:
        """Send it; seconds until it came out at the other end."""
        self.rung[call] = asyncio.get_running_loop().create_future()
        began_s = time.perf_counter()
        await socket.send_str(text)
        async with asyncio.timeout(20):
            return await self.rung[call] - began_s

    async def close(self) -> None:
        """Read no more."""
        for task in self._reading:
            task.cancel()
        await asyncio.gather(*self._reading, return_exceptions=True)


@asynccontextmanager
async def server(kind: str, path: Path) -> AsyncIterator[tuple[int, Ends]]:
    """A server in a process of its own; its id, and who asks it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.hub_connections", "--serve", kind,
        "--path", str(path), stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    port = int(await process.stdout.readline())
    # The client's own limit of 100 connections would wait for ever.
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(
        connector=connector, cookie_jar=aiohttp.DummyCookieJar()
    ) as client:
        ends = Ends(client, port)
        try:
            yield process.pid, ends
        finally:
            process.kill()
            await process.wait()
            await ends.close()


async def measure(kind: str, homes: Sequence[Home], path: Path, rings: int) -> Figures:
    """Connect all, let them be idle, and ring some."""
    gate = asyncio.Semaphore(AT_ONCE)
    async with server(kind, path) as (process, ends):

        async def connect(home: Home) -> tuple[ClientWebSocketResponse, str]:
            async with gate:
                if kind == "hub":
                    device, _ = await ends.device(home), await ends.page(home)
                else:
                    device = await ends.bare(home.device, PING_S)
                    await ends.bare(home.member, None)
                return device, home.member

        await asyncio.sleep(SETTLE_S)
        own_cpu_s = await cpu_while_idle(process)
        before = memory_of(process).resident
        began_s = time.monotonic()
        found = await asyncio.gather(*[connect(home) for home in homes])
        took_s = time.monotonic() - began_s
        gc.collect()
        await become_quiet(process)
        kb_each = (memory_of(process).resident - before) * 1_024 / (2 * len(homes))
        cpu_s = await cpu_while_idle(process)
        # Each second: one of the server for each end, one of each device.
        heartbeats = IDLE_S * len(homes) * (2 / HEARTBEAT_S + 1 / PING_S)
        times = []
        for number in range(rings):
            device, member_id = found[number * 37 % len(found)]
            if device.closed:
                continue
            call = new_id()
            ring = Ring(new_id(), call, member_id, "", "", 30)
            text = write(ring) if kind == "hub" else f"{member_id} {call}"
            times.append(await ends.time_of(call, device, text) * 1_000)
            if kind == "hub" and not device.closed:
                over = Ended(new_id(), call, member_id, "", Reason.HUNG_UP)
                await device.send_str(write(over))
            await asyncio.sleep(0.02)
        lost = ends.lost
    return Figures(
        2 * len(homes),
        lost,
        round(took_s, 1),
        round(kb_each, 1),
        round((cpu_s - own_cpu_s) / heartbeats * 1e6, 1),
        round(100 * cpu_s / IDLE_S, 1),
        round(statistics.median(times), 2),
        round(statistics.quantiles(times, n=100)[98], 2),
    )


async def become_quiet(process: int) -> None:
    """Wait until all that came were told what they must know."""
    async with asyncio.timeout(QUIET_WITHIN_S):
        busy_s = SETTLE_S
        while busy_s > QUIET * SETTLE_S:
            before_s = cpu_of(process)
            await asyncio.sleep(SETTLE_S)
            busy_s = cpu_of(process) - before_s


async def cpu_while_idle(process: int) -> float:
    """Processor time of `IDLE_S`, in seconds."""
    before_s = cpu_of(process)
    await asyncio.sleep(IDLE_S)
    return cpu_of(process) - before_s


def cpu_of(process: int) -> float:
    """Processor time of all its threads so far, in seconds."""
    return sum(each.cpu_s for each in times_of([process]).values())


async def both(connections: int, rings: int) -> dict[str, Figures]:
    """The hub, and what it could be at best."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hub.db"
        homes = await settle_in(path, connections // 2)
        return {
            kind: await measure(kind, homes, path, rings) for kind in ("hub", "bare")
        }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print; or be one of the servers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=5_000)
    parser.add_argument("--rings", type=int, default=300)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--serve", choices=("hub", "bare"), help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.serve:
        asyncio.run({"hub": serve_hub, "bare": serve_bare}[chosen.serve](chosen.path))
        return
    found = {
        kind: asdict(figures)
        for kind, figures in asyncio.run(both(chosen.connections, chosen.rings)).items()
    }
    if chosen.json:
        print(json.dumps(found))
        return
    print(f"{'':16} {'hub':>10} {'aiohttp':>10}")
    for name in found["hub"]:
        print(f"{name:16} {found['hub'][name]:>10} {found['bare'][name]:>10}")


if __name__ == "__main__":
    main()
