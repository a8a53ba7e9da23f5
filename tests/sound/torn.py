"""Sound that a busy machine tore is no proof of anything: then the test runs again."""

import functools
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from tests.sound.virtual_card import VirtualCard
from voice.soundcard import SoundCard

TRIES = 3

Story = Callable[[VirtualCard], Awaitable[None]]


class Torn(Exception):
    """The machine was too busy to play without gaps."""


@contextmanager
def torn_if_it_has_gaps(card: SoundCard) -> Iterator[None]:
    """What is asserted of a sound with gaps proves nothing.

    Raises:
        Torn: If an assertion fails, and there were gaps.
    """
    try:
        yield
    except AssertionError as error:
        if card.gaps:
            raise Torn(f"{card.gaps} gaps in the sound") from error
        raise


def untorn(story: Story) -> Story:
    """Run a test, and again where the sound was torn."""

    @functools.wraps(story)
    async def run(virtual_card: VirtualCard) -> None:
        for left in reversed(range(TRIES)):
            try:
                return await story(virtual_card)
            except Torn:
                if not left:
                    raise

    return run
