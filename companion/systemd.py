"""Tells systemd that Praatpaal is ready and alive (sd_notify(3))."""

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Mapping

logger = logging.getLogger(__name__)


class ServiceManager:
    """The notify socket; does nothing where systemd did not start us."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        """Read $NOTIFY_SOCKET and $WATCHDOG_USEC, as sd_notify(3) describes."""
        self._address = environ.get("NOTIFY_SOCKET", "")
        watchdog_us = environ.get("WATCHDOG_USEC", "")
        # Half the time-out, as sd_watchdog_enabled(3) recommends.
        self._beat_s = int(watchdog_us) / 2e6 if watchdog_us.isdigit() else None

    def ready(self) -> None:
        """Everything was started."""
        self._send("READY=1")

    def stopping(self) -> None:
        """The end has begun."""
        self._send("STOPPING=1")

    def status(self, text: str) -> None:
        """One line for `systemctl status`; no names, no words of a person."""
        self._send(f"STATUS={text}")

    async def keep_alive(self, is_alive: Callable[[], bool]) -> None:
        """Ping the watchdog as long as the check says that all is well.

        Args:
            is_alive: A real check; a False lets the watchdog restart us.
        """
        if self._beat_s is None:
            return
        while True:
            if is_alive():
                self._send("WATCHDOG=1")
            else:
                logger.error("not alive; the watchdog is not pinged")
            await asyncio.sleep(self._beat_s)

    def _send(self, message: str) -> None:
        if not self._address:
            return
        # A leading @ stands for the abstract namespace (unix(7)).
        address = self._address
        if address.startswith("@"):
            address = "\0" + address[1:]
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
                notify.connect(address)
                notify.sendall(message.encode())
        except OSError as error:
            logger.warning("systemd could not be told: %s", error)
