"""What the way to family is made of; takes seconds to load on a Pi."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from av.video.frame import VideoFrame

from calls.hub.enrolment import enrol_own
from calls.hub.server import Hub
from calls.hub.settings import HubSettings
from calls.hub.signalling import signalling
from calls.hub_client import HubClient
from calls.keys import load_key
from calls.video.call import OpenLine
from calls.video.phone import VideoPhone
from companion.household import (
    Enrolment,
    hub_database,
    key_path,
    read_enrolment,
)
from hardware.camera import Camera


def make_hub(settings: HubSettings, state: Path) -> Hub:
    """A whole hub.

    Args:
        settings: Where, and what it sends with.
        state: The folder where it keeps what it knows.
    """
    return Hub(settings, hub_database(state), [signalling()])


@asynccontextmanager
async def open_own_hub(
    settings: HubSettings, state: Path, name: str
) -> AsyncIterator[Enrolment]:
    """A hub of its own, for this machine only, to which the device belongs.

    Args:
        settings: Of that hub.
        state: The device's folder of state.
        name: Of the person, as family sees it.

    Raises:
        HubError: If the port is taken, or its data cannot be used.
        KeyFault: If the device's key cannot be read or kept.
    """
    hub = make_hub(settings, state)
    await hub.open()
    try:
        key = load_key(key_path(state))
        device = await enrol_own(hub.state.store, key.public, name, time.time())
        yield Enrolment(hub.local_url, device)
    finally:
        await hub.close()


@asynccontextmanager
async def known_at(url: str, state: Path) -> AsyncIterator[Enrolment | None]:
    """As what the device is known at a hub elsewhere; None: not yet."""
    yield read_enrolment(state, url)


def make_client(enrolment: Enrolment, state: Path) -> HubClient:
    """The connection to a hub that knows this device.

    Raises:
        KeyFault: If the device's key cannot be read.
    """
    return HubClient(enrolment.url, enrolment.device, load_key(key_path(state)))


def make_phone(
    client: HubClient,
    open_line: OpenLine,
    camera: Camera | None,
    show: Callable[[VideoFrame | None], None],
) -> VideoPhone:
    """The video telephone over that connection."""
    return VideoPhone(client, open_line, camera=camera, show=show)
