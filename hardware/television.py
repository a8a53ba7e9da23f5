"""A television switched on, and to our input, through HDMI (CEC).

By `cec-ctl` of Debian's package v4l-utils, which speaks to the kernel's CEC devices.
"""

import asyncio
import logging
import re
import shutil
from enum import StrEnum
from pathlib import Path

logger = logging.getLogger(__name__)

COMMAND = "cec-ctl"
DEVICES = Path("/dev")

# A television answers within a second, or not at all (CEC 1.4, 9.2: 5 retries).
ANSWER_S = 5.0

# An old one takes some seconds from stand-by until it says that it is on.
WAKING_S = 12.0
ASK_AGAIN_S = 0.5


_ADDRESS = re.compile(
    r"^\s*Physical Address\s*:\s*([0-9a-f](?:\.[0-9a-f]){3})", re.MULTILINE
)


class Shown(StrEnum):
    """What came of it."""

    SHOWN = "shown"
    """It is on, and shows our input."""

    NOT_THERE = "not_there"
    """No television that can be switched so: no CEC, or it is switched off in it."""

    NO_ANSWER = "no_answer"
    """There is one, and it does not do it."""


class Power(StrEnum):
    """What a television says of itself (CEC 1.4, <Report Power Status>)."""

    ON = "on"
    STANDBY = "standby"
    WAKING = "waking"
    UNKNOWN = "unknown"


class Television:
    """The television on our HDMI; one after the other, nothing of it waits for ever.

    Attributes:
        woken: Whether we switched it on, and it is ours to put to sleep again.
    """

    def __init__(
        self,
        name: str,
        *,
        command: str = COMMAND,
        devices: Path = DEVICES,
        waking_s: float = WAKING_S,
    ) -> None:
        """Prepare.

        Args:
            name: What the television shows for our input; at most 14 characters.
            command: `cec-ctl`, or its path.
            devices: Folder of the kernel's devices `cec0`, `cec1`.
            waking_s: How long it may take to wake, in seconds.
        """
        self.woken = False
        self._name = name[:14]
        self._command = command
        self._devices = devices
        self._waking_s = waking_s
        self._device: Path | None = None
        self._lock = asyncio.Lock()

    async def show(self) -> Shown:
        """Switch it on where it sleeps, and to our input."""
        async with self._lock:
            address = await self._claim()
            if address is None:
                return Shown.NOT_THERE
            power = await self._power()
            if power is Power.UNKNOWN:
                return Shown.NOT_THERE
            if power is Power.STANDBY:
                await self._ask("--to", "0", "--image-view-on")
            if power is not Power.ON and not await self._wakes():
                return Shown.NO_ANSWER
            self.woken = self.woken or power is Power.STANDBY
            told = await self._ask(
                "--to", "15", "--active-source", f"phys-addr={address}"
            )
            return Shown.NO_ANSWER if told is None else Shown.SHOWN

    async def rest(self) -> None:
        """Back to stand-by, where we woke it; else it is left as it is."""
        async with self._lock:
            if self.woken and self._device is not None:
                self.woken = False
                await self._ask("--to", "0", "--standby")

    async def _claim(self) -> str | None:
        """Become a player on the first HDMI with something on it; its address there."""
        if shutil.which(self._command) is None:
            logger.info("no %s: the television is not switched", self._command)
            return None
        for device in sorted(self._devices.glob("cec[0-9]*")):
            self._device = device
            told = await self._ask("--playback", "--osd-name", self._name)
            found = _ADDRESS.search(told or "")
            # f.f.f.f: nothing is plugged in.
            if found is not None and found[1] != "f.f.f.f":
                return found[1]
        self._device = None
        return None

    async def _power(self) -> Power:
        told = await self._ask("--to", "0", "--give-device-power-status") or ""
        found = re.search(r"pwr-state:\s*(on|standby|to-on|to-standby)\b", told)
        if found is None:
            return Power.UNKNOWN
        if found[1] == "to-on":
            return Power.WAKING
        return Power.ON if found[1] == "on" else Power.STANDBY

    async def _wakes(self) -> bool:
        loop = asyncio.get_running_loop()
        until_s = loop.time() + self._waking_s
        while loop.time() < until_s:
            if await self._power() is Power.ON:
                return True
            await asyncio.sleep(ASK_AGAIN_S)
        return False

    async def _ask(self, *arguments: str) -> str | None:
        """Run the command; what it told, None where it failed or took too long."""
        process = await asyncio.create_subprocess_exec(
            self._command,
            "--device",
            str(self._device),
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(ANSWER_S):
                output, _ = await process.communicate()
        except TimeoutError:
            logger.warning("%s takes too long", self._command)
            return None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return output.decode(errors="replace") if process.returncode == 0 else None
