"""The server: who may come in, and what a message does to the pins."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import (
    ClientResponseError,
    ClientSession,
    ClientWebSocketResponse,
    WSMsgType,
    WSServerHandshakeError,
)

from companion.simulator.messages import MESSAGE_BYTES
from companion.simulator.server import MOST_TABS, PAGE_FILES, Simulator, SimulatorError
from hardware.lights import Colour
from hardware.panel import Button, Light, MicrophoneSwitched, Pressed
from hardware.screen import View
from tests.companion.simulator.conftest import Device


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


async def connect(http: ClientSession, device: Device) -> ClientWebSocketResponse:
    url = device.simulator.url
    return await http.ws_connect(f"{url}device", origin=url.rstrip("/"))


async def told(socket: ClientWebSocketResponse, kind: str) -> dict[str, Any]:
    """The next message of this kind."""
    async with asyncio.timeout(30):
        while True:
            message = json.loads(await socket.receive_str())
            if message["type"] == kind:
                return dict(message)


async def next_event(device: Device) -> object:
    async with asyncio.timeout(30):
        return await anext(device.panel.events())


async def test_every_file_of_the_page_is_served_and_locked_in(
    http: ClientSession, device: Device
) -> None:
    for path in PAGE_FILES:
        async with http.get(device.simulator.url.rstrip("/") + path) as response:
            assert response.status == 200
            assert await response.read()
            policy = response.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_name_that_was_pointed_at_us_gets_nothing(
    http: ClientSession, device: Device
) -> None:
    headers = {"Host": "praatpaal.example"}
    async with http.get(device.simulator.url, headers=headers) as response:
        assert response.status == 403


@pytest.mark.parametrize(
    "origin", [None, "null", "http://example.org", "http://127.0.0.1"]
)
async def test_another_sites_page_gets_no_connection(
    http: ClientSession, device: Device, origin: str | None
) -> None:
    with pytest.raises(WSServerHandshakeError) as refused:
        await http.ws_connect(f"{device.simulator.url}device", origin=origin)
    assert refused.value.status == 403


async def test_a_press_reaches_the_real_panel(
    http: ClientSession, device: Device
) -> None:
    socket = await connect(http, device)
    await socket.send_json({"type": "press", "button": "family"})

    event = await next_event(device)

    assert isinstance(event, Pressed)
    assert event.button is Button.FAMILY
    await socket.close()


class RecordingPins:
    """Notes what fingers do."""

    light = Colour(0.0, 0.0, 0.0)
    microphone_is_on = True

    def __init__(self) -> None:
        self.moves: asyncio.Queue[tuple[str, Button]] = asyncio.Queue()

    def press(self, button: Button) -> None:
        self.moves.put_nowait(("press", button))

    def release(self, button: Button) -> None:
        self.moves.put_nowait(("release", button))

    def switch_microphone(self, is_on: bool) -> None:
        raise AssertionError("this panel has no switch")


async def test_a_button_rises_when_the_last_tab_lets_go(http: ClientSession) -> None:
    pins = RecordingPins()
    simulator = Simulator(0, pins, [Button.TALK])
    await simulator.open()
    url = simulator.url
    first = await http.ws_connect(f"{url}device", origin=url.rstrip("/"))
    second = await http.ws_connect(f"{url}device", origin=url.rstrip("/"))
    async with asyncio.timeout(30):
        await first.send_json({"type": "press", "button": "talk"})
        assert await pins.moves.get() == ("press", Button.TALK)
        await second.send_json({"type": "press", "button": "talk"})
        await second.send_json({"type": "switch_microphone", "is_on": False})
        await second.send_json({"type": "release", "button": "talk"})

        # Closed without letting go, as a reload does.
        await first.close()
        assert await pins.moves.get() == ("release", Button.TALK)
    assert pins.moves.empty()
    await second.close()
    await simulator.close()


async def test_the_switch_shows_in_every_tab(
    http: ClientSession, device: Device
) -> None:
    first, second = await connect(http, device), await connect(http, device)
    assert (await told(second, "switch"))["is_on"] is True

    await first.send_json({"type": "switch_microphone", "is_on": False})

    assert (await told(second, "switch"))["is_on"] is False
    assert await next_event(device) == MicrophoneSwitched(is_on=False)
    assert not device.panel.microphone_is_on
    await first.close()
    await second.close()


async def test_view_and_light_reach_the_tab(
    http: ClientSession, device: Device
) -> None:
    socket = await connect(http, device)
    device.screen.show(View(said="Goedemorgen."))
    device.panel.show(Light.MICROPHONE_OFF)

    seen: dict[str, Any] = {}
    async with asyncio.timeout(30):
        while (
            seen.get("view", {}).get("view", {}).get("said") != "Goedemorgen."
            or seen.get("light", {}).get("colour", [0, 0, 0])[0] == 0
        ):
            message = json.loads(await socket.receive_str())
            seen[message["type"]] = message

    red, green, blue = seen["light"]["colour"]
    assert red > green and red > blue
    await socket.close()


async def test_garbage_is_ignored_and_the_next_press_counts(
    http: ClientSession, device: Device
) -> None:
    socket = await connect(http, device)
    for text in ("", "{", "null", '{"type":"press","button":"louder"}', "\x00" * 100):
        await socket.send_str(text)
    for data in (b"", b"\x00", b"\xff" * 1919):
        await socket.send_bytes(data)
    await socket.send_json({"type": "press", "button": "talk"})

    event = await next_event(device)

    assert isinstance(event, Pressed)
    assert event.button is Button.TALK
    await socket.close()


async def test_a_message_too_large_ends_that_connection_only(
    http: ClientSession, device: Device
) -> None:
    bad, good = await connect(http, device), await connect(http, device)
    await bad.send_str("x" * (MESSAGE_BYTES + 1))
    async with asyncio.timeout(30):
        while (await bad.receive()).type not in (WSMsgType.CLOSE, WSMsgType.CLOSED):
            pass

    await good.send_json({"type": "press", "button": "line"})
    event = await next_event(device)

    assert isinstance(event, Pressed)
    await good.close()


async def test_tabs_are_bounded(http: ClientSession, device: Device) -> None:
    sockets = [await connect(http, device) for _ in range(MOST_TABS)]
    with pytest.raises(WSServerHandshakeError) as refused:
        await connect(http, device)
    assert refused.value.status == 503
    for socket in sockets:
        await socket.close()


async def test_a_taken_port_is_said(device: Device) -> None:
    port = int(device.simulator.url.rstrip("/").rpartition(":")[2])
    with pytest.raises(SimulatorError, match="Another port"):
        await Simulator(port).open()


async def test_it_opens_again_and_closes_twice(http: ClientSession) -> None:
    simulator = Simulator(0)
    for _ in range(2):
        await simulator.open()
        async with http.get(simulator.url) as response:
            assert response.status == 200
        await simulator.close()
    await simulator.close()
    with pytest.raises((ClientResponseError, OSError)):
        await http.get(simulator.url)


async def test_reopened_it_shows_where_the_switch_is(
    http: ClientSession, device: Device
) -> None:
    first = await connect(http, device)
    await first.send_json({"type": "switch_microphone", "is_on": False})
    assert await next_event(device) == MicrophoneSwitched(is_on=False)

    await device.simulator.close()
    await device.simulator.open()

    second = await connect(http, device)
    assert (await told(second, "switch"))["is_on"] is False
    assert not device.panel.microphone_is_on
    await second.close()
    await first.close()


async def test_closing_does_not_wait_for_open_tabs(
    http: ClientSession, device: Device
) -> None:
    socket = await connect(http, device)
    async with asyncio.timeout(30):
        await device.simulator.close()
    assert len(device.simulator.tabs) == 0
    await socket.close()


async def test_a_page_without_a_simulated_panel_has_no_buttons(
    http: ClientSession,
) -> None:
    simulator = Simulator(0)
    await simulator.open()
    url = simulator.url
    async with http.ws_connect(f"{url}device", origin=url.rstrip("/")) as socket:
        assert (await told(socket, "panel"))["buttons"] == []
    await simulator.close()
