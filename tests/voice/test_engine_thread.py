"""A thread that owns an engine: errors, time-outs, cancelling, leftovers."""

import asyncio
import threading
import weakref
from collections.abc import AsyncIterator

import numpy as np
import pytest

from tests.sound.handmade import let_tasks_run
from voice.audio import Samples
from voice.engine_thread import EngineThread
from voice.recogniser import RecogniserError

LONG_S = 10.0


class Gate:
    """A call that lasts until the test lets it end."""

    def __init__(self) -> None:
        self.has_begun = threading.Event()
        self.may_end = threading.Event()

    def __call__(self) -> str:
        self.has_begun.set()
        assert self.may_end.wait(LONG_S)
        return "gate"

    async def begun(self) -> None:
        assert await asyncio.to_thread(self.has_begun.wait, LONG_S)


@pytest.fixture
async def thread() -> AsyncIterator[EngineThread]:
    thread = EngineThread("engine")
    yield thread
    await thread.close()
    await thread.close()


async def test_a_call_that_hangs_is_left_behind_and_said(thread: EngineThread) -> None:
    gate = Gate()
    with pytest.raises(RecogniserError, match="did not answer within"):
        await thread.run(gate, timeout_s=0.05)
    assert not thread.is_alive
    with pytest.raises(RecogniserError, match="not running"):
        await thread.run(lambda: None, timeout_s=LONG_S)
    gate.may_end.set()


async def test_a_thread_left_behind_ends_when_its_call_does() -> None:
    gate = Gate()
    before = set(threading.enumerate())
    thread = EngineThread("engine")
    [ours] = set(threading.enumerate()) - before
    with pytest.raises(RecogniserError):
        await thread.run(gate, timeout_s=0.05)
    gate.may_end.set()
    # Nobody closes it: its owner may have given it up too.
    await asyncio.to_thread(ours.join, LONG_S)
    assert not ours.is_alive()


async def test_what_an_engine_raises_becomes_one_kind_of_error(
    thread: EngineThread,
) -> None:
    def fail() -> None:
        raise KeyError("what was said")

    with pytest.raises(RecogniserError, match="engine failed with KeyError") as raised:
        await thread.run(fail, timeout_s=LONG_S)
    assert "said" not in str(raised.value)
    assert await thread.run(lambda: 7, timeout_s=LONG_S) == 7


async def test_a_call_whose_caller_went_away_is_not_made(thread: EngineThread) -> None:
    gate, made = Gate(), list[str]()
    first = asyncio.create_task(thread.run(gate, LONG_S))
    await gate.begun()
    given_up = asyncio.create_task(thread.run(lambda: made.append("given up"), LONG_S))
    kept = asyncio.create_task(thread.run(lambda: made.append("kept"), LONG_S))
    await let_tasks_run()
    given_up.cancel()
    await asyncio.wait([given_up])
    gate.may_end.set()
    await kept
    assert await first == "gate"
    assert made == ["kept"]


async def test_the_result_of_a_call_given_up_reaches_nobody(
    thread: EngineThread,
) -> None:
    gate = Gate()
    given_up = asyncio.create_task(thread.run(gate, LONG_S))
    await gate.begun()
    given_up.cancel()
    await asyncio.wait([given_up])
    following = asyncio.create_task(thread.run(lambda: "following", LONG_S))
    gate.may_end.set()
    assert await following == "following"
    assert given_up.cancelled()


async def test_the_sound_of_a_call_is_gone_after_it(thread: EngineThread) -> None:
    is_gone = threading.Event()

    async def ask() -> int:
        sound: Samples = np.ones(16_000, np.int16)
        weakref.finalize(sound, is_gone.set)
        return await thread.run(lambda: sound.size, LONG_S)

    assert await ask() == 16_000
    assert await asyncio.to_thread(is_gone.wait, LONG_S)


async def test_calls_that_pile_up_are_said(thread: EngineThread) -> None:
    gate = Gate()
    calls = [asyncio.create_task(thread.run(gate, LONG_S)) for _ in range(20)]
    await asyncio.wait(calls, return_when=asyncio.FIRST_EXCEPTION)
    behind = [call for call in calls if call.done()]
    assert behind
    for call in behind:
        with pytest.raises(RecogniserError, match=r"too far behind|not running"):
            call.result()
    gate.may_end.set()
    for call in calls:
        call.cancel()
    await asyncio.wait(calls)


async def test_a_cancel_in_the_moment_of_the_answer_is_not_lost(
    thread: EngineThread,
) -> None:
    loop = asyncio.get_running_loop()
    is_answered = threading.Event()

    def wait_for_the_answer() -> None:
        # Calls are made one by one: the answer of the first waits for the loop now.
        assert is_answered.wait(LONG_S)
        loop.call_soon(caller.cancel)

    async def call() -> None:
        await thread.run(lambda: loop.call_soon_threadsafe(wait_for_the_answer), LONG_S)
        await asyncio.Event().wait()

    caller = asyncio.create_task(call())
    following = asyncio.create_task(thread.run(is_answered.set, LONG_S))
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(LONG_S):
            await caller
    await following
