"""A call through a real TURN server: the way out of most homes and phone networks."""

import asyncio
import base64
import hashlib
import hmac
import time
from pathlib import Path

import pytest
from aiortc import RTCIceServer

from calls.call import CallState
from calls.call_messages import Answer, Reason
from calls.messages import IceServer, IceServers
from calls.video.servers import answers, place_of
from tests.calls.hub.test_turn import coturn
from tests.calls.video.conftest import Bench
from tests.calls.video.far_end import sounds, until

SECRET = "of this test"


def credentials() -> tuple[str, str]:
    """A name that ends in an hour, and its password (coturn's use-auth-secret)."""
    name = f"{int(time.time()) + 3_600}:anna"
    code = hmac.new(SECRET.encode(), name.encode(), hashlib.sha1).digest()
    return name, base64.b64encode(code).decode()


@pytest.mark.real
async def test_who_is_reached_by_a_relay_only_is_heard_and_seen(
    bench: Bench, tmp_path: Path
) -> None:
    name, password = credentials()
    async with coturn(tmp_path, SECRET) as port:
        server = IceServer(f"turn:127.0.0.1:{port}?transport=udp", name, password)
        place = place_of(server)
        assert place is not None
        async with asyncio.timeout(30):
            while not await answers(place):
                pass
        bench.hub.ice = IceServers((server,), time.time() + 3_600)
        far = bench.far_end()
        far.relays = [RTCIceServer(server.url, name, password)]
        call, _ = bench.call()
        await until(lambda: call.now.state is CallState.ACTIVE and call.now.has_picture)
        await until(lambda: len(bench.line.played) > 60 and len(far.heard) > 60)
        assert sounds(bench.line.last(0.5), 880)
        assert sounds(far.last_heard(0.5), 440)
        (answer,) = bench.hub.all_sent(Answer)
        assert isinstance(answer, Answer)
        assert "typ relay" in answer.sdp
        await call.end(Reason.HUNG_UP)
        await far.close()
