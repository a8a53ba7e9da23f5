"""The device that a browser opens: its page lends microphone and loudspeaker."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.noon import zone_at
from tests.peers.device import READY, started_device


@dataclass(slots=True)
class RunningDevice:
    """A device that is ready.

    Attributes:
        url: Where its page is.
        ready_s: How long it took to say that it is ready, in seconds.
        stop_s: How long it took to end after SIGTERM; 0 while it runs.
        log: What it printed, whole once it has ended.
    """

    url: str
    ready_s: float
    stop_s: float = 0.0
    log: str = ""


@asynccontextmanager
async def running_device(
    folder: Path, models: Path, hour: int = 12
) -> AsyncIterator[RunningDevice]:
    """Run the device until the block ends, then stop it with SIGTERM.

    Args:
        folder: Where its settings and its state go.
        models: The folder with the installed models.
        hour: Of the day, about, where the person lives.
    """
    started_s = time.monotonic()
    async with started_device(
        folder,
        device={"sound": "browser", "time_zone": zone_at(hour)},
        ears={
            "recogniser": "whisper",
            "patience_s": 10.0,
            "end_of_turn_closed_s": 0.8,
        },
        mouth={"rate_wpm": 150},
        folders={"models": str(models)},
    ) as process:
        await process.logs(READY)
        device = RunningDevice(process.url, time.monotonic() - started_s)
        try:
            yield device
        finally:
            asked_s = time.monotonic()
            assert await process.stop() == 0, process.log
            device.stop_s = time.monotonic() - asked_s
            device.log = process.log
