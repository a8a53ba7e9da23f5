"""Runs work in child processes that may crash: what crashes them is left out."""

import logging
import multiprocessing
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

logger = logging.getLogger(__name__)

Item = TypeVar("Item")
Made = TypeVar("Made")

# A part is at most some tens of seconds of work; a child that is still busy after
# this hangs, on whatever machine.
TIMEOUT_S = 600.0


def map_in_children(
    work: Callable[[Sequence[Item]], Made],
    parts: Iterable[Sequence[Item]],
    workers: int = 1,
    timeout_s: float = TIMEOUT_S,
) -> Iterator[Made]:
    """Do `work` on each part in a child process of its own.

    A part whose child dies or hangs is done again in halves; an item that kills
    its child alone is left out.

    Args:
        work: A function of a module; what it raises is raised here.
        parts: Must be picklable, and so must the results.
        workers: How many children there are at a time.
        timeout_s: When a child counts as hanging.

    Yields:
        The results, in the order in which they are ready.
    """
    waiting = deque(parts)
    running: dict[Connection, _Child[Item]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                child = _start(work, waiting.popleft())
                running[child.results] = child
            ready = wait(list(running), timeout=1.0)
            for connection in list(running):
                child = running[connection]
                if connection in ready:
                    del running[connection]
                    yield from _take(child, waiting)
                elif time.monotonic() - child.started_s > timeout_s:
                    del running[connection]
                    child.process.kill()
                    _do_again(child, waiting)
    finally:
        for child in running.values():
            child.process.kill()
            child.end()


def in_parts(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Cut a sequence in parts of `size`; the last may be shorter."""
    return (items[at : at + size] for at in range(0, len(items), size))


def cores() -> int:
    """How many children this machine can keep busy."""
    return len(os.sched_getaffinity(0))


@dataclass(frozen=True, slots=True, eq=False)
class _Child(Generic[Item]):
    process: BaseProcess
    results: Connection
    part: Sequence[Item]
    started_s: float

    def end(self) -> None:
        self.process.join()
        self.results.close()


def _start(work: Callable[[Sequence[Item]], Any], part: Sequence[Item]) -> _Child[Item]:
    # "spawn", as a copy of a process that has threads (PyTorch) may hang.
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(sending, work, part), daemon=True)
    process.start()
    # The child has its own end; with ours closed, its death is the end of the pipe.
    sending.close()
    return _Child(process, receiving, part, time.monotonic())


def _run(
    results: Connection, work: Callable[[Sequence[Item]], Any], part: Sequence[Item]
) -> None:
    """What the child does."""
    try:
        made = work(part)
    except Exception as error:
        results.send((False, error))
    else:
        results.send((True, made))


def _take(child: _Child[Item], waiting: deque[Sequence[Item]]) -> Iterator[Any]:
    """Receive what a child made, or plan its work again if it died."""
    try:
        is_made, made = child.results.recv()
    except EOFError:
        _do_again(child, waiting)
        return
    child.end()
    if not is_made:
        raise made
    yield made


def _do_again(child: _Child[Item], waiting: deque[Sequence[Item]]) -> None:
    child.end()
    part = child.part
    if len(part) == 1:
        logger.warning("left one text out: espeak-ng crashes on it")
        return
    middle = len(part) // 2
    waiting.extendleft((part[middle:], part[:middle]))
