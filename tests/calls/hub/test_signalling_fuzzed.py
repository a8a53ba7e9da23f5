"""Whatever devices and pages send: no error of the hub, no room beyond its limits."""

import asyncio
import logging
import random
from pathlib import Path

import aiohttp
import pytest
from aiohttp import WSMsgType
from hypothesis import given
from hypothesis import strategies as some

from calls.hub.links import MESSAGES_AT_ONCE, MOST_PAGES_OF_ACCOUNT, Rate
from calls.hub.signalling import signalling
from calls.hub.sockets import MOST_STRANGERS
from calls.messages import Challenge, Proof, Refused, Welcome, read
from calls.wire import MESSAGE_BYTES, VERSION, new_id, write
from tests.calls.hub.callers import Page
from tests.calls.hub.chaos import Chaos, storm
from tests.calls.hub.peers import running_hub
from tests.calls.hub.test_calling import family

FRAMES = 1_200


@pytest.mark.parametrize("seed", range(3))
async def test_no_frames_break_the_hub_or_the_calls_of_others(
    tmp_path: Path, seed: int
) -> None:
    """More of them: `python -m benchmarks.hub_fuzz --only frames`."""
    found = await storm(tmp_path, FRAMES, seed)
    assert found.errors == ()
    assert found.frames == FRAMES and found.calls > 0


async def test_a_stranger_says_anything_but_the_proof(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rng = random.Random(7)
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home = await place.home()
        chaos = Chaos(rng, [home.device])
        async with aiohttp.ClientSession() as client:
            for _ in range(100):
                socket = await client.ws_connect(f"{place.hub.local_url}/api/device")
                frame = chaos.frame()
                await socket.receive()
                if isinstance(frame, bytes):
                    await socket.send_bytes(frame)
                else:
                    await socket.send_str(frame)
                answer = await socket.receive()
                assert answer.type is not WSMsgType.TEXT or isinstance(
                    read(answer.data), Refused
                )
                await socket.close()
        assert [each for each in caplog.records if each.levelno >= logging.ERROR] == []


@pytest.mark.parametrize(
    ("device", "version", "other_key", "reason"),
    [
        ("nobody", VERSION, False, "unknown_device"),
        ("", VERSION, True, "signature"),
        ("", VERSION + 1, False, "version"),
    ],
)
async def test_who_is_not_let_in_is_told_why(
    tmp_path: Path, device: str, version: int, other_key: bool, reason: str
) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home, other = await place.home(), await place.home()
        key = other.key if other_key else home.key
        device = device or home.device
        async with (
            aiohttp.ClientSession() as client,
            client.ws_connect(f"{place.hub.local_url}/api/device") as socket,
        ):
            challenge = read((await socket.receive()).data)
            assert isinstance(challenge, Challenge)
            signature = key.sign(challenge.nonce, device, version)
            await socket.send_str(write(Proof(device, signature, version)))
            assert read((await socket.receive()).data) == Refused(reason)
            assert (await socket.receive()).type is not WSMsgType.TEXT


async def test_a_proof_is_of_no_use_a_second_time(tmp_path: Path) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home = await place.home()
        url = f"{place.hub.local_url}/api/device"
        async with aiohttp.ClientSession() as client:
            first = await client.ws_connect(url)
            challenge = read((await first.receive()).data)
            assert isinstance(challenge, Challenge)
            signature = home.key.sign(challenge.nonce, home.device, VERSION)
            overheard = write(Proof(home.device, signature, VERSION))
            async with client.ws_connect(url) as second:
                await second.receive()
                await second.send_str(overheard)
                assert read((await second.receive()).data) == Refused("signature")
            await first.close()


# -- limits -----------------------------------------------------------------------


async def test_a_flood_is_cut_off(tmp_path: Path) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home = await place.home()
        async with family(place, home) as (anna, _):
            page = Page(anna, new_id(), True)
            socket = await page.connect()
            # Of no type that we know: it counts all the same, and costs nothing else.
            text = '{"type": "nothing"}'
            for _ in range(MESSAGES_AT_ONCE + 100):
                await socket.send_str(text)
            reasons = []
            async for frame in socket:
                message = read(frame.data)
                if isinstance(message, Refused):
                    reasons.append(message.reason)
            assert reasons == ["too_many"]
            assert socket.closed


async def test_a_frame_that_is_too_long_closes_the_socket(tmp_path: Path) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home = await place.home()
        async with family(place, home) as (anna, _):
            socket = await Page(anna, new_id(), True).connect()
            await socket.send_str("x" * (MESSAGE_BYTES + 1))
            async for _ in socket:
                pass
            # RFC 6455, 7.4.1: too big.
            assert socket.close_code == 1009


async def test_an_account_has_only_so_many_pages(tmp_path: Path) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home = await place.home()
        async with family(place, home) as (anna, _):
            pages = [
                Page(anna, f"page-{n}", True) for n in range(MOST_PAGES_OF_ACCOUNT)
            ]
            sockets = [await page.connect() for page in pages]
            for socket in sockets:
                assert isinstance(read((await socket.receive()).data), Welcome)
            refused = await Page(anna, "one-more", True).connect()
            assert read((await refused.receive()).data) == Refused("too_many")
            # The same page again takes the place of the one before.
            again = await pages[0].connect()
            assert isinstance(read((await again.receive()).data), Welcome)
            await asyncio.gather(*[each.close() for each in (*sockets, refused, again)])


async def test_strangers_take_no_more_than_their_room(tmp_path: Path) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as client:
            url = f"{place.hub.local_url}/api/device"
            sockets = [await client.ws_connect(url) for _ in range(MOST_STRANGERS)]
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await client.ws_connect(url)
            assert refused.value.status == 429
            await asyncio.gather(*[each.close() for each in sockets])


@given(some.lists(some.floats(0, 100), min_size=1, max_size=500).map(sorted))
def test_a_bucket_gives_no_more_than_it_holds(times: list[float]) -> None:
    rate = Rate(burst=10, per_s=2)
    taken = [at for at in times if rate.take(at)]
    for start in range(len(taken)):
        for end in range(start, min(start + 40, len(taken))):
            allowed = 10 + 2 * (taken[end] - taken[start])
            assert end - start + 1 <= allowed + 1e-6
