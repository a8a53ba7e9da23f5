"""Speaks, and notices who presses a button or speaks over it meanwhile."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from companion.ports import Ears, Mouth
from voice.hearing import Deaf, Expectation, Heard, Silence
from voice.prosody import SENTENCE_PAUSE_S, reading_s
from voice.speech import Speech

# A person who speaks over the device has begun already: no words within this, and
# it was a cough, or a chair.
WORDS_WITHIN_S = 2.0

# Commands and answers are shorter. What talks on like a television is not heard to
# its end, once where the device fell silent for it and once where it speaks on.
LONGEST_OVER_S = 10.0
LONGEST_BESIDE_S = 4.0

# So often in one conversation may the device fall silent for nothing.
SLIPS_AT_MOST = 2


@dataclass(frozen=True, slots=True)
class SpokenOver:
    """Somebody spoke over the device, which fell silent for it.

    Attributes:
        speech: What the device was saying.
        after_s: How long it had been saying that, in seconds.
        heard: What was understood, where it had to be understood first.
    """

    speech: Speech
    after_s: float
    heard: Heard | None = None

    def was_put(self, rate_wpm: int) -> bool:
        """Whether half of the last sentence was out: the question itself.

        Reckoned from the number of words: a bare "ja" to the "goedemorgen" before a
        question is no answer to it.

        Args:
            rate_wpm: At which it spoke, in words per minute.
        """
        *before, last = self.speech.sentences
        until_s = sum(reading_s(s, rate_wpm) + SENTENCE_PAUSE_S for s in before)
        return self.after_s >= until_s + reading_s(last, rate_wpm) / 2


@dataclass(frozen=True, slots=True)
class WordsOnly:
    """Only words that matter silence the device, and no noise.

    Attributes:
        expectation: What may be said.
        matters: Whether this was something to act on.
    """

    expectation: Expectation
    matters: Callable[[Heard], bool]


@dataclass(slots=True)
class Speaking:
    """Mouth and ears of one conversation.

    Attributes:
        slips: How often the device fell silent for nothing.
    """

    mouth: Mouth
    ears: Ears
    slips: int = 0

    @property
    def is_wary(self) -> bool:
        """Whether it was silent for nothing so often that only words may cut in now."""
        return self.slips >= SLIPS_AT_MOST

    async def say(
        self,
        speech: Speech,
        pressed: asyncio.Future[Any] | None = None,
        words_only: WordsOnly | None = None,
    ) -> SpokenOver | None:
        """Say it; silent within 150 ms of a press or of somebody who speaks over it.

        Args:
            speech: What to say.
            pressed: Done when a button makes the rest needless.
            words_only: Speak on until words are understood that matter.

        Returns:
            None when it was said to its end, or a button was pressed.
        """
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        speaking = asyncio.ensure_future(self.mouth.say(speech))
        try:
            while True:
                over = asyncio.ensure_future(self.ears.interrupted())
                await first_of(over, speaking, pressed)
                if over.cancelled() or is_done(pressed):
                    break
                after_s = loop.time() - began_s
                if words_only is None:
                    return SpokenOver(speech, after_s)
                heard = await self._words_over(words_only, pressed)
                if heard is not None:
                    return SpokenOver(speech, after_s, heard)
                if is_done(pressed):
                    break
        finally:
            await cancel(speaking)
        if not speaking.cancelled():
            speaking.result()
        return None

    async def _words_over(
        self, words_only: WordsOnly, pressed: asyncio.Future[Any] | None
    ) -> Heard | None:
        """What somebody says while the device speaks on; None if it does not matter."""
        listening = asyncio.ensure_future(self.ears.listen(words_only.expectation))
        await first_of(listening, pressed)
        if listening.cancelled():
            return None
        heard: Heard | Silence | Deaf = listening.result()
        if isinstance(heard, Heard) and words_only.matters(heard):
            return heard
        return None


async def first_of(
    work: asyncio.Future[Any], *others: asyncio.Future[Any] | None
) -> None:
    """Wait for the work, or for another that makes it needless and cancels it."""
    try:
        await asyncio.wait(
            {work, *(one for one in others if one is not None)},
            return_when=asyncio.FIRST_COMPLETED,
        )
    finally:
        await cancel(work)


async def cancel(work: asyncio.Future[Any]) -> None:
    """Cancel what still goes on, and wait until it has ended."""
    if not work.done():
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


def is_done(pressed: asyncio.Future[Any] | None) -> bool:
    """Whether a button was pressed."""
    return pressed is not None and pressed.done()
