"""What goes on beside requests: jobs that fail, and tasks that do."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from calls.hub.jobs import Job, Jobs, Worker, enqueue, retry_after_s
from calls.hub.store import Store, open_store
from calls.hub.tasks import Tasks

NOW = 1_772_442_000.0


class Clock:
    """Moved by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Store]:
    store = await open_store(folder / "hub.db", datetime.fromtimestamp(NOW, UTC))
    try:
        yield store
    finally:
        await store.close()


async def put(store: Store, key: str, kind: str = "work", due_at: float = NOW) -> bool:
    async with store.writing() as connection:
        return await enqueue(connection, kind, key, {"key": key}, due_at)


async def test_a_job_that_fails_keeps_no_other_from_being_done(tmp_path: Path) -> None:
    clock, done = Clock(), asyncio.Event()
    finished: list[tuple[str, int]] = []
    async with opened(tmp_path) as store:
        jobs = Jobs(store, clock)

        async def work(job: Job) -> None:
            if job.key == "bad" and job.tries < 3:
                clock.now += 60
                raise ValueError("not yet")
            async with store.writing() as connection:
                assert await jobs.finish(connection, job)
            finished.append((job.key, job.tries))
            if len(finished) == 3:
                done.set()

        for key in ("bad", "good", "better"):
            assert await put(store, key)
        assert not await put(store, "good")
        worker = Worker(jobs, {"work": work}, clock)
        running = asyncio.create_task(worker.run())
        async with asyncio.timeout(20):
            while not done.is_set():
                clock.now += 1
                worker.wake()
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert sorted(finished) == [("bad", 3), ("better", 1), ("good", 1)]
        assert await jobs.next_at() is None


async def test_one_is_done_after_the_other_so_a_kill_doubles_one(
    tmp_path: Path,
) -> None:
    done = asyncio.Event()
    under_way, most, finished = 0, 0, 0
    async with opened(tmp_path) as store:
        jobs = Jobs(store, lambda: NOW)

        async def work(job: Job) -> None:
            nonlocal under_way, most, finished
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0.001)
            async with store.writing() as connection:
                await jobs.finish(connection, job)
            under_way -= 1
            finished += 1
            if finished == 20:
                done.set()

        for number in range(20):
            await put(store, f"{number}")
        worker = Worker(jobs, {"work": work}, lambda: NOW, patience_s=60.0)
        running = asyncio.create_task(worker.run())
        async with asyncio.timeout(20):
            await done.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert most == 1


async def test_a_job_that_hangs_keeps_no_other_waiting(tmp_path: Path) -> None:
    done, began = asyncio.Event(), []
    async with opened(tmp_path) as store:
        jobs = Jobs(store, lambda: NOW)

        async def work(job: Job) -> None:
            began.append(job.key)
            if job.key.startswith("hangs"):
                await asyncio.Event().wait()
            done.set()

        await put(store, "hangs/1", due_at=NOW - 3)
        await put(store, "hangs/2", due_at=NOW - 2)
        await put(store, "good", due_at=NOW - 1)
        worker = Worker(jobs, {"work": work}, lambda: NOW, patience_s=0.01)
        running = asyncio.create_task(worker.run())
        async with asyncio.timeout(30):
            await done.wait()
        assert began == ["hangs/1", "hangs/2", "good"]
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_fault_of_our_own_ends_no_worker(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    done = asyncio.Event()

    class Stumbles(Jobs):
        is_first = True

        async def claim(self, most: int = 1) -> list[Job]:
            if self.is_first:
                self.is_first = False
                raise RuntimeError("a fault of ours")
            return await super().claim(most)

    async with opened(tmp_path) as store:

        async def work(job: Job) -> None:
            done.set()

        await put(store, "good")
        worker = Worker(Stumbles(store, lambda: NOW), {"work": work}, lambda: NOW)
        running = asyncio.create_task(worker.run())
        async with asyncio.timeout(30):
            await done.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert "a fault of ours" in caplog.text


async def test_a_job_that_nobody_does_is_kept_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    postponed = asyncio.Event()

    class Watched(Jobs):
        async def postpone(self, job: Job, wait_s: float) -> None:
            await super().postpone(job, wait_s)
            postponed.set()

    async with opened(tmp_path) as store:
        jobs = Watched(store, lambda: NOW)
        await put(store, "odd", kind="of a newer hub")
        running = asyncio.create_task(Worker(jobs, {}, lambda: NOW).run())
        async with asyncio.timeout(30):
            await postponed.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert await jobs.next_at() == NOW + 5
        assert "of a newer hub" in caplog.text


async def test_the_oldest_is_done_first_and_not_before_it_is_due(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as store:
        jobs = Jobs(store, lambda: NOW)
        for number in range(15):
            await put(store, f"{number}", due_at=NOW - number)
        await put(store, "later", due_at=NOW + 0.1)
        first = await jobs.claim(10)
        assert [job.key for job in first] == [f"{n}" for n in range(14, 4, -1)]
        assert len(await jobs.claim(10)) == 5
        assert await jobs.claim() == []


def test_the_wait_after_failures_grows_and_has_an_end() -> None:
    waits = [retry_after_s(tries) for tries in range(1, 40)]
    assert waits[:4] == [5, 10, 20, 40]
    assert max(waits) == 600


async def test_tasks_end_with_the_hub_and_failures_are_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tasks = Tasks(most=2)

    async def fail() -> None:
        raise ValueError("broken")

    async def stay() -> None:
        await asyncio.sleep(3_600)

    assert tasks.start(fail(), "something that breaks")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert "something that breaks failed" in caplog.text
    assert tasks.start(stay(), "a") and tasks.start(stay(), "b")
    assert not tasks.start(stay(), "one too many")
    assert len(tasks) == 2
    await tasks.close()
    await tasks.close()
    assert len(tasks) == 0
    caplog.clear()
    with caplog.at_level(logging.ERROR):
        assert not tasks.start(stay(), "after the end")
    assert caplog.text == ""
