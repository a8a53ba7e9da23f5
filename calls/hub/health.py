"""What of the hub does not work, for who watches it (`GET /api/health`)."""

import asyncio
import shutil

import sqlalchemy as sa

from calls.hub.state import HubState

LEAST_FREE_BYTES = 64 * 2**20
"""Enough for a year of a hub with a hundred homes, so that somebody can act in time."""


async def trouble(state: HubState) -> str:
    """The code of the worst there is; empty: all works.

    Raises:
        StoreError: If the database cannot be read.
    """
    async with state.store.reading() as connection:
        await connection.execute(sa.select(1))
    if await state.jobs_are_late():
        return "alarms_wait"
    if state.store.was_full_lately:
        return "disk_full"
    usage = await asyncio.to_thread(shutil.disk_usage, state.store.path.parent)
    return "disk_full" if usage.free < LEAST_FREE_BYTES else ""
