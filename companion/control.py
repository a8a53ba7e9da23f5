"""How the command line asks the Praatpaal that runs on this machine to do something.

A Unix socket in its folder of state, which only its own user may open: one line of
JSON asks, one line answers.
"""

import asyncio
import json
import logging
import socket
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)

SOCKET_FILE = "control.sock"

# Names and mail addresses of one person; an invitation with its address.
LINE_BYTES = 4_096

# An invitation waits 20 s for the hub.
ANSWER_WITHIN_S = 25.0
ASK_WITHIN_S = 2.0

Handler = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]


class NotRunning(Exception):
    """No Praatpaal runs on this machine with this folder of state."""


class Refused(Exception):
    """It cannot be done.

    Attributes:
        reason: Name of the sentence that explains it.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Control:
    """Answers the command line while the device runs."""

    def __init__(self, state: Path, handlers: Mapping[str, Handler]) -> None:
        """Take what can be asked for; nothing is opened yet.

        Args:
            state: The folder of state.
            handlers: By name; each gets what was asked, returns plain values, and
                raises Refused where it cannot be done.
        """
        self._path = state / SOCKET_FILE
        self._handlers = handlers

    async def run(self) -> None:
        """Answer, until cancelled; a device without it works all the same."""
        try:
            server = await asyncio.start_unix_server(
                self._serve,
                sock=_bound(self._path),
                limit=LINE_BYTES,
                start_serving=False,
            )
        except OSError as error:
            # A full card, or a folder whose name is too long for a socket.
            logger.warning("the command line cannot reach this device: %s", error)
            return
        try:
            await server.start_serving()
            await asyncio.Event().wait()
        finally:
            server.close()
            with suppress(OSError):
                self._path.unlink(missing_ok=True)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            async with asyncio.timeout(ASK_WITHIN_S):
                line = await reader.readline()
            answer = await self._answer(line)
            writer.write(json.dumps(answer).encode() + b"\n")
            async with asyncio.timeout(ASK_WITHIN_S):
                await writer.drain()
        except (OSError, ValueError):
            # TimeoutError is an OSError; too long a line is a ValueError.
            logger.debug("a question of the command line broke off")
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> Mapping[str, Any]:
        try:
            asked = json.loads(line)
            handler = self._handlers[asked["do"]]
        except (ValueError, KeyError, TypeError):
            return {"error": "not_understood"}
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                return {"answer": await handler(asked)}
        except Refused as refused:
            return {"error": refused.reason}
        except Exception:
            logger.exception("what the command line asked for failed")
            return {"error": "failed"}


def _bound(path: Path) -> socket.socket:
    """A socket of that name, which was never open to others.

    Raises:
        OSError: If there is no room, or the name is too long.
    """
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    bound = socket.socket(socket.AF_UNIX)
    try:
        bound.bind(str(part))
        part.chmod(0o600)
        # In place of one that a device left that was killed.
        part.replace(path)
    except OSError:
        bound.close()
        raise
    return bound


async def ask(state: Path, do: str, **values: Any) -> Mapping[str, Any]:
    """Have the Praatpaal that runs do something; returns what it answers.

    Args:
        state: Its folder of state.
        do: Name of a handler.
        values: What it needs.

    Raises:
        NotRunning: If none runs here, or not as this user.
        Refused: If it cannot be done.
    """
    try:
        reader, writer = await asyncio.open_unix_connection(state / SOCKET_FILE)
    except OSError as error:
        raise NotRunning from error
    try:
        writer.write(json.dumps({"do": do, **values}).encode() + b"\n")
        async with asyncio.timeout(ANSWER_WITHIN_S + ASK_WITHIN_S):
            line = await reader.readline()
        answer = json.loads(line)
    except (OSError, ValueError) as error:
        raise NotRunning from error
    finally:
        writer.close()
    if "error" in answer:
        raise Refused(str(answer["error"]))
    found: Mapping[str, Any] = answer["answer"]
    return found
