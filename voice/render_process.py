"""A speech engine in a process of its own: both ends of the pipe.

Speech engines are C libraries. One that hangs is killed, one that crashes
takes nothing along, and what it prints stays out of our own output.

Over the engine's standard input goes one JSON object a line, with a text and
a rate. Back come a line with the rate and length of a sound and the sound
itself, or a line with an error. The first line back says it is ready.
"""

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from voice.audio import RATE_HZ, Samples
from voice.files import resample
from voice.prosody import has_words, plain
from voice.synthesiser import (
    EngineMissing,
    SynthesisError,
    VoiceMissing,
    normalise,
    trim,
)

logger = logging.getLogger(__name__)

# A third of the processor time where somebody else wants it, all of it otherwise.
NICENESS = 5
# Ten minutes at 48 kHz; more than that is a broken answer.
_LONGEST_BYTES = 60_000_000
_HEADER_BYTES = 4096
# The engine's process finds our modules wherever ours did.
_SOURCES = Path(__file__).resolve().parent.parent
# How long a killed process may take to be gone; SIGKILL takes milliseconds.
_DEATH_S = 2.0


@dataclass(frozen=True, slots=True)
class RawSound:
    """What an engine makes: 16 bit mono at its own rate."""

    samples: Samples
    rate_hz: int


class RenderProcess:
    """Our end: one engine process, one sentence at a time."""

    def __init__(
        self,
        name: str,
        module: str,
        arguments: Sequence[str],
        *,
        start_timeout_s: float,
        render_timeout_s: float,
    ) -> None:
        """Prepare; nothing is started yet.

        Args:
            name: Of the engine, for errors and the log.
            module: Python module which calls `serve`.
            arguments: Its command line.
            start_timeout_s: Within which it must be ready.
            render_timeout_s: Within which it must answer a sentence.
        """
        self._name = name
        self._command = (sys.executable, "-m", module, *arguments)
        self._start_timeout_s = start_timeout_s
        self._render_timeout_s = render_timeout_s
        self._process: asyncio.subprocess.Process | None = None
        self._exchange: asyncio.Task[RawSound] | None = None
        self._turn = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """The running engine's process, or None."""
        process = self._process
        return (
            None if process is None or process.returncode is not None else process.pid
        )

    async def start(self) -> None:
        """Start the engine, or kill it and start a new one.

        Raises:
            SynthesisError: If it does not get ready in time.
        """
        async with self._turn:
            await self._kill()
            paths = [str(_SOURCES), os.environ.get("PYTHONPATH", "")]
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *self._command,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.DEVNULL,
                    env={
                        **os.environ,
                        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
                    },
                    # A group of its own, so that helpers it started die too.
                    start_new_session=True,
                )
                async with asyncio.timeout(self._start_timeout_s):
                    await _read_answer(self._process, self._name)
            except (OSError, TimeoutError) as error:
                await self._kill()
                raise SynthesisError(
                    f"{self._name} did not get ready within "
                    f"{self._start_timeout_s:g} s: {type(error).__name__}"
                ) from error
            except BaseException:
                await self._kill()
                raise

    async def render(self, text: str, rate_wpm: int) -> RawSound:
        """Have a text made into sound.

        Cancelling leaves the engine alive: it ends its sentence, which is
        thrown away, before it gets the next.

        Raises:
            SynthesisError: If it is not running, died, or took too long; it
                has been killed then.
        """
        async with self._turn:
            if self._exchange is not None:
                await asyncio.wait({self._exchange})
            self._exchange = asyncio.create_task(self._ask(text, rate_wpm))
            self._exchange.add_done_callback(_look_at)
            return await asyncio.shield(self._exchange)

    async def render_speech(self, text: str, rate_wpm: int) -> Samples:
        """Have a sentence made into sound, as `Synthesiser.render` promises it.

        Raises:
            SynthesisError: As `render`.
        """
        text = plain(text)
        if not has_words(text):
            return np.zeros(0, np.int16)
        raw = await self.render(text, rate_wpm)
        # 10 ms for a long sentence here, several times that on a Pi: on the event
        # loop that would leave a gap in the sentence that is being heard.
        return await asyncio.to_thread(_finished, raw)

    async def close(self) -> None:
        """Kill the engine; it keeps nothing that needs a farewell."""
        await self._kill()

    async def _ask(self, text: str, rate_wpm: int) -> RawSound:
        process = self._process
        if process is None or process.stdin is None:
            raise SynthesisError(f"{self._name} is not running")
        question = json.dumps({"text": text, "rate_wpm": rate_wpm}) + "\n"
        try:
            async with asyncio.timeout(self._render_timeout_s):
                process.stdin.write(question.encode())
                await process.stdin.drain()
                return await _read_answer(process, self._name)
        except TimeoutError as error:
            raise SynthesisError(
                f"{self._name} took longer than {self._render_timeout_s:g} s"
            ) from error
        except ConnectionError as error:
            raise SynthesisError(f"{self._name} died") from error
        finally:
            # After an error the two ends may disagree about what comes next.
            if sys.exception() is not None:
                await self._kill_process(process)

    async def _kill(self) -> None:
        exchange, self._exchange = self._exchange, None
        process, self._process = self._process, None
        if process is not None:
            await self._kill_process(process)
        if exchange is not None:
            exchange.cancel()
            await asyncio.wait({exchange})

    async def _kill_process(self, process: asyncio.subprocess.Process) -> None:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(_DEATH_S):
                await process.wait()
        except TimeoutError:
            logger.error("%s does not die; it is left behind", self._name)


def _finished(raw: RawSound) -> Samples:
    """An engine's sound at our rate and level, without silence around it."""
    return normalise(trim(resample(raw.samples, raw.rate_hz, RATE_HZ)))


def _look_at(exchange: asyncio.Task[RawSound]) -> None:
    """Take note of the outcome of an exchange whose caller went away."""
    if not exchange.cancelled():
        exchange.exception()


_MISSING = {"engine": EngineMissing, "voice": VoiceMissing}
"""What an engine may lack, as its process tells it."""


def what_is_missing(error: Exception) -> str:
    """Name of what is not installed; empty where something else is wrong."""
    names = (name for name, kind in _MISSING.items() if isinstance(error, kind))
    return next(names, "")


async def _read_answer(process: asyncio.subprocess.Process, name: str) -> RawSound:
    """Read one answer.

    Raises:
        SynthesisError: If it is an error, is no answer, or breaks off.
    """
    if process.stdout is None:
        raise SynthesisError(f"{name} has no output")
    try:
        line = await process.stdout.readline()
        answer = json.loads(line)
        if "error" in answer:
            kind = _MISSING.get(answer.get("missing"), SynthesisError)
            raise kind(f"{name}: {answer['error']}")
        rate_hz, size = int(answer["rate_hz"]), int(answer["bytes"])
        if not 8_000 <= rate_hz <= 192_000 or not 0 <= size <= _LONGEST_BYTES:
            raise SynthesisError(f"{name} answered {size} bytes at {rate_hz} Hz")
        data = await process.stdout.readexactly(size)
    except (ValueError, KeyError, TypeError, asyncio.IncompleteReadError) as error:
        raise SynthesisError(f"{name} died") from error
    return RawSound(np.frombuffer(data[: size // 2 * 2], dtype="<i2"), rate_hz)


Render = Callable[[str, int], tuple[bytes, int]]
"""Text and words per minute to 16 bit mono samples and their rate in Hz."""


def serve(load: Callable[[], Render], longest_s: int) -> None:
    """The engine's end: load it and answer until the pipe closes.

    Args:
        load: Loads the engine; its error is told and ends the process.
        longest_s: A sentence that takes longer ends the process, also where
            our end is gone and nobody kills it.
    """
    # What is made ahead must not slow down the recogniser, which listens meanwhile.
    os.nice(NICENESS)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Engines print; only answers may go through the pipe.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    try:
        render = load()
    except Exception as error:
        message = f"{type(error).__name__}: {error}"[:_HEADER_BYTES]
        _answer_error(answers, message, what_is_missing(error))
        return
    _answer(answers, b"", 48_000)
    for line in sys.stdin.buffer:
        question = json.loads(line)
        # SIGALRM's default action works inside a C library that hangs.
        signal.alarm(longest_s)
        try:
            data, rate_hz = render(question["text"], question["rate_wpm"])
        except Exception as error:
            # No more than its kind: its message may quote what was to be said.
            _answer_error(answers, type(error).__name__)
        else:
            _answer(answers, data, rate_hz)
        signal.alarm(0)


def _answer(answers: BinaryIO, data: bytes, rate_hz: int) -> None:
    head = json.dumps({"rate_hz": rate_hz, "bytes": len(data)})
    answers.write(head.encode() + b"\n" + data)
    answers.flush()


def _answer_error(answers: BinaryIO, message: str, missing: str = "") -> None:
    answer = {"error": message, "missing": missing}
    answers.write(json.dumps(answer).encode() + b"\n")
    answers.flush()
