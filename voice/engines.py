"""Keeps recognisers running: in order of preference, started again when they die."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from voice.recogniser import Recogniser, RecogniserError

logger = logging.getLogger(__name__)

LOADING = "loading"
"""The fault of an engine that was not tried yet."""

BACK_OFF_S = (1.0, 5.0, 30.0, 120.0)
"""Waits before an engine is started again; the last one for ever."""

# Whisper on a Pi 4 with a worn card; a hung load is tried again after it.
START_WITHIN_S = 90.0
CLOSE_WITHIN_S = 5.0


class _Engine:
    """One recogniser and how it fares."""

    def __init__(self, recogniser: Recogniser) -> None:
        self.recogniser = recogniser
        self.fault = LOADING
        self.was_tried = asyncio.Event()
        self.broke = asyncio.Event()


class Engines:
    """All recognisers, best first.

    Each is loaded in a task of its own, so that the first one that is ready can
    be used while another still loads, or is broken.
    """

    def __init__(
        self,
        recognisers: Sequence[Recogniser],
        *,
        back_off_s: Sequence[float] = BACK_OFF_S,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Take the recognisers; nothing is loaded yet."""
        self._engines = [_Engine(recogniser) for recogniser in recognisers]
        self._back_off_s = tuple(back_off_s)
        self._sleep = sleep
        self._tasks: list[asyncio.Task[None]] = []
        self._news = asyncio.Event()

    @property
    def ready(self) -> tuple[Recogniser, ...]:
        """Those that can be used now, best first."""
        return tuple(e.recogniser for e in self._engines if not e.fault)

    @property
    def faults(self) -> dict[str, str]:
        """What is wrong with each engine that cannot be used, by its name."""
        return {e.recogniser.name: e.fault for e in self._engines if e.fault}

    async def open(self) -> None:
        """Load them all; returns when one is ready, or each was tried once."""
        if not self._tasks:
            self._tasks = [
                asyncio.create_task(self._keep(engine), name=engine.recogniser.name)
                for engine in self._engines
            ]
        while not self.ready and not all(e.was_tried.is_set() for e in self._engines):
            self._news.clear()
            await self._news.wait()

    async def close(self) -> None:
        """Stop them all; may be called twice."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def report_broken(self, recogniser: Recogniser, error: Exception) -> None:
        """An engine broke off during a turn: start it again."""
        logger.error("recogniser %s broke: %s", recogniser.name, error)
        for engine in self._engines:
            if engine.recogniser is recogniser:
                engine.fault = str(error) or type(error).__name__
                engine.broke.set()

    async def _keep(self, engine: _Engine) -> None:
        attempt = 0
        told = ""
        name = engine.recogniser.name
        try:
            while True:
                engine.broke.clear()
                engine.fault = await self._try_to_start(engine) or ""
                engine.was_tried.set()
                self._news.set()
                if not engine.fault:
                    logger.info("recogniser %s is ready", name)
                    attempt, told = 0, ""
                    await engine.broke.wait()
                elif engine.fault != told:
                    # Once: a missing model is tried again every two minutes.
                    told = engine.fault
                    logger.error("recogniser %s: %s", name, told)
                await self._close(engine)
                await self._sleep(self._back_off_s[attempt])
                attempt = min(attempt + 1, len(self._back_off_s) - 1)
        finally:
            engine.fault = "closed"
            await self._close(engine)

    async def _try_to_start(self, engine: _Engine) -> str | None:
        """Start it; returns what is wrong."""
        try:
            async with asyncio.timeout(START_WITHIN_S):
                await engine.recogniser.start()
        except RecogniserError as error:
            return str(error) or "does not start"
        except TimeoutError:
            return f"does not start within {START_WITHIN_S:.0f} s"
        except Exception as error:
            logger.exception("recogniser %s broke at its start", engine.recogniser.name)
            return f"breaks at its start: {type(error).__name__}"
        return None

    async def _close(self, engine: _Engine) -> None:
        try:
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await engine.recogniser.close()
        except Exception:
            logger.exception("recogniser %s did not close", engine.recogniser.name)
