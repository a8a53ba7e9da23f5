"""A running `praatpaal run`, seen and pressed through the simulator's page."""

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

READY_WITHIN_S = 60.0
STOP_WITHIN_S = 15.0


class DevicePage:
    """What a page of the simulator shows and does, without a browser."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self.view: dict[str, Any] = {}

    async def press(self, button: str) -> None:
        """Push a button down and let it up."""
        await self._socket.send_str(json.dumps({"type": "press", "button": button}))
        await self._socket.send_str(json.dumps({"type": "release", "button": button}))

    async def until(
        self, is_so: Callable[[dict[str, Any]], bool], within_s: float = 60.0
    ) -> dict[str, Any]:
        """Follow the screen until it shows this."""
        async with asyncio.timeout(within_s):
            while not (self.view and is_so(self.view)):
                message = await self._socket.receive()
                assert message.type is aiohttp.WSMsgType.TEXT, "the page was closed"
                fields = json.loads(message.data)
                if fields["type"] == "view":
                    self.view = fields["view"]
        return self.view


def free_port() -> int:
    """A free port below those that outgoing connections take."""
    for port in range(20000, 32000):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port")


@asynccontextmanager
async def device_page(
    settings: str, folder: Path, environment: Mapping[str, str]
) -> AsyncIterator[DevicePage]:
    """Run the device as a user would, and open its page.

    Args:
        settings: The settings file; the simulator's port is added to [device].
        folder: Where its state goes.
        environment: Added to that of this process.
    """
    port = free_port()
    file = folder / "praatpaal.toml"
    file.write_text(settings.replace("PORT", str(port)))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "companion.cli"),
        *("--settings", str(file), "run"),
        env={
            **os.environ,
            "PRAATPAAL_STATE": str(folder / "state"),
            **environment,
        },
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        async with asyncio.timeout(READY_WITHIN_S):
            while b"Praatpaal is klaar" not in (
                line := await process.stderr.readline()
            ):
                assert line, "praatpaal run ended before it was ready"
        draining = asyncio.create_task(process.stderr.read())
        origin = f"http://127.0.0.1:{port}"
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{origin}/device", origin=origin) as page,
        ):
            yield DevicePage(page)
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            async with asyncio.timeout(STOP_WITHIN_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
    await draining
