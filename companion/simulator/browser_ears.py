"""Ears of the simulator: honest about a page that lends no microphone."""

from companion.ports import Ears
from companion.simulator.browser_sound import BrowserSound
from voice.hearing import Deaf, Expectation, Heard, Silence


class BrowserEars:
    """Hears through the page, and says so where the page lends no microphone."""

    def __init__(self, ears: Ears, sound: BrowserSound) -> None:
        self._ears = ears
        self._sound = sound

    async def listen(self, expectation: Expectation) -> Heard | Silence | Deaf:
        """Hear one turn; without a microphone, say that at once."""
        if not self._sound.has_microphone:
            return Deaf("no_microphone")
        return await self._ears.listen(expectation)

    async def interrupted(self) -> None:
        """Return when somebody speaks over the device; never without a microphone.

        The silence that a page without one sends is nobody.
        """
        await self._ears.interrupted()
