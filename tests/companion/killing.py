"""Two processes, a device and its hub, that are killed again and again."""

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Mapping
from multiprocessing.context import ForkServerProcess
from types import TracebackType

LIFE_S = (0.03, 0.5)
"""The shortest and the longest from one kill to the next."""

Made = Mapping[str, tuple[Callable[..., None], tuple[object, ...]]]
"""What each process does, and with what, by its name: "hub" and "device"."""


class Killing:
    """Both; killed at the end as well.

    Args:
        made: What they do when they are started after so many kills.
        module: Loaded once, for all processes.
        seed: Decides who is killed when.
    """

    def __init__(self, made: Callable[[int], Made], module: str, seed: int) -> None:
        self._made = made
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([module])
        self._chance = random.Random(seed)
        self._running: dict[str, ForkServerProcess] = {}
        self.killed = 0

    def __enter__(self) -> "Killing":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for name in list(self._running):
            self.kill(name)

    def start(self, number: int) -> None:
        """Start what does not run."""
        for name, (target, args) in self._made(number).items():
            if name not in self._running:
                self._running[name] = self._context.Process(target=target, args=args)
                self._running[name].start()

    def kill(self, name: str) -> None:
        """Without a warning."""
        process = self._running.pop(name)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()

    def go_on(self, is_enough: Callable[[int], bool]) -> None:
        """Kill one or both, again and again, until so many kills are enough."""
        while not is_enough(self.killed):
            self.start(self.killed)
            time.sleep(self._chance.uniform(*LIFE_S))
            for name in self._chance.choice((("hub",), ("device",), ("hub", "device"))):
                self.kill(name)
                self.killed += 1
        self.start(self.killed)
