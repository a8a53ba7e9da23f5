"""Piper: a neural voice, much clearer than espeak-ng, where it is installed."""

import asyncio
from pathlib import Path

from voice.audio import Samples
from voice.render_process import RenderProcess
from voice.synthesiser import SynthesisError, VoiceMissing

NATURAL_WPM = 210.0
"""Rate of Piper's "medium" voices as they were trained, between pauses.

Measured at 6 syllables a second, which is this many ordinary Dutch words.
"""

# A "medium" voice takes a tenth of its sound's length on a laptop, and about
# as long as its sound on a Pi 4; sentences last up to ten seconds.
RENDER_TIMEOUT_S = 30.0
# 60 MB from a slow card, and the interpreter with its libraries.
START_TIMEOUT_S = 60.0


class VoiceFilesMissing(VoiceMissing):
    """A folder holds no Piper voice."""


def find_model(folder: Path) -> Path:
    """Find the .onnx file, with its .onnx.json, in a voice's folder.

    Raises:
        VoiceFilesMissing: If there is not exactly one.
    """
    models = sorted(folder.glob("*.onnx"))
    whole = [model for model in models if Path(f"{model}.json").is_file()]
    if len(whole) != 1:
        raise VoiceFilesMissing(
            f"{folder} must hold one Piper voice (.onnx with .onnx.json); "
            f"it holds {len(whole)}. Install the voice {folder.name!r}"
        )
    return whole[0]


class PiperSynthesiser:
    """One Piper voice in a process of its own (about 300 MB)."""

    name = "piper"

    def __init__(self, folder: Path, natural_wpm: float = NATURAL_WPM) -> None:
        """Choose a voice; nothing is started yet.

        Args:
            folder: Holds the voice's .onnx and .onnx.json.
            natural_wpm: Its words per minute when nothing is stretched.
        """
        self._folder = folder
        self._natural_wpm = natural_wpm
        self._process: RenderProcess | None = None

    @property
    def voice(self) -> str:
        """Name of the voice's folder, which is that of the voice."""
        return self._folder.name

    @property
    def pid(self) -> int | None:
        """The engine's process while it runs; for measuring."""
        return self._process.pid if self._process is not None else None

    async def start(self) -> None:
        """Load the voice; see Synthesiser.

        Looks for its files each time: a damaged voice may have been fetched again.

        Raises:
            VoiceFilesMissing: If the folder holds no voice.
        """
        await self.close()
        model = await asyncio.to_thread(find_model, self._folder)
        self._process = RenderProcess(
            f"piper {self.voice}",
            "voice.piper_child",
            (
                f"--model={model}",
                f"--natural-wpm={self._natural_wpm:g}",
                f"--longest-s={2 * int(RENDER_TIMEOUT_S)}",
            ),
            start_timeout_s=START_TIMEOUT_S,
            render_timeout_s=RENDER_TIMEOUT_S,
        )
        await self._process.start()

    async def render(self, text: str, rate_wpm: int) -> Samples:
        """Render one sentence; see Synthesiser."""
        if self._process is None:
            raise SynthesisError(f"piper {self.voice} is not running")
        return await self._process.render_speech(text, rate_wpm)

    async def close(self) -> None:
        """Stop Piper."""
        process, self._process = self._process, None
        if process is not None:
            await process.close()
