"""What the tests of the hub share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.calls.hub.peers import Browser, Place, browser, running_hub


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """A hub that runs."""
    async with running_hub(tmp_path) as place:
        yield place


@pytest.fixture
async def anna(place: Place) -> AsyncIterator[Browser]:
    """A browser that nobody knows yet."""
    async with browser(place) as found:
        yield found


@pytest.fixture
async def piet(place: Place) -> AsyncIterator[Browser]:
    """Another one."""
    async with browser(place) as found:
        yield found
