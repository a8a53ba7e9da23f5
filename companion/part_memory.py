"""How conversations use one part of what is kept: a broken card stops none of them."""

import asyncio
import logging
from collections.abc import Callable
from typing import ClassVar

from companion.store import StoreError

logger = logging.getLogger(__name__)


class PartMemory:
    """Remembers here what the card refuses, and as it was last what it does not tell.

    Attributes:
        WHAT: What it keeps, for the log.
    """

    WHAT: ClassVar[str]

    async def _write(self, call: Callable[[], object]) -> bool:
        """Write it to the card; False, and logged, where that fails."""
        try:
            await asyncio.to_thread(call)
        except StoreError as error:
            self._complain(error)
            return False
        return True

    def _complain(self, error: StoreError) -> None:
        logger.error("%s on the card: %s", self.WHAT, type(error).__name__)
