"""espeak-ng through pyttsx3: always there, small, fast, and quite robotic."""

import asyncio
import shutil
from pathlib import Path

from voice.audio import Samples
from voice.render_process import RenderProcess
from voice.synthesiser import EngineMissing, SynthesisError

DEFAULT_VOICE = "nl+m3"
"""A recogniser gives it the best score of the variants of Dutch, by a little."""
DEFAULT_PITCH = 50
"""espeak-ng's own middle, 0 to 99."""

# Ten words take 0.03 s here; a Pi on a bad day some tenths.
RENDER_TIMEOUT_S = 10.0
# Mostly the interpreter, read from a slow card.
START_TIMEOUT_S = 20.0
# A table out of files that lie beside the program: 0.02 s here.
LIST_TIMEOUT_S = 10.0

# Where espeak-ng looks for the voices of MBROLA.
_MBROLA_FOLDERS = (Path("/usr/share/mbrola"), Path("/usr/share/mbrola/voices"))


class EspeakSynthesiser:
    """One espeak-ng voice in a process of its own."""

    name = "espeak"

    def __init__(self, voice: str = DEFAULT_VOICE, pitch: int = DEFAULT_PITCH) -> None:
        """Choose a voice; nothing is started yet.

        Args:
            voice: A language ("nl"), with a variant ("nl+f2"), or an MBROLA
                voice ("mb-nl2") where the installer added it.
            pitch: 0 to 99.

        Raises:
            ValueError: If the pitch is out of range.
        """
        if not 0 <= pitch <= 99:
            raise ValueError(f"pitch must be 0 to 99, not {pitch}")
        self._voice = voice
        self._pitch = pitch
        self._process = RenderProcess(
            f"espeak-ng {voice}",
            "voice.espeak_child",
            (
                f"--voice={voice}",
                f"--pitch={pitch}",
                f"--longest-s={2 * int(RENDER_TIMEOUT_S)}",
            ),
            start_timeout_s=START_TIMEOUT_S,
            render_timeout_s=RENDER_TIMEOUT_S,
        )

    @property
    def voice(self) -> str:
        """The voice with what changes its sound."""
        return f"{self._voice} pitch {self._pitch}"

    @property
    def pid(self) -> int | None:
        """The engine's process while it runs; for measuring."""
        return self._process.pid

    async def start(self) -> None:
        """Start espeak-ng; see Synthesiser."""
        await self._process.start()

    async def render(self, text: str, rate_wpm: int) -> Samples:
        """Render one sentence; see Synthesiser."""
        return await self._process.render_speech(text, rate_wpm)

    async def close(self) -> None:
        """Stop espeak-ng."""
        await self._process.close()


async def list_voices(language: str) -> tuple[str, ...]:
    """Names of the voices of a language ("nl") that EspeakSynthesiser takes.

    Variants ("nl+f2") are not listed; MBROLA voices only where both the
    program and the voice are installed.

    Raises:
        EngineMissing: If espeak-ng is not installed.
        SynthesisError: If it does not answer.
    """
    try:
        espeak = await asyncio.create_subprocess_exec(
            "espeak-ng",
            f"--voices={language}",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except FileNotFoundError as error:
        raise EngineMissing("espeak-ng is not installed") from error
    try:
        async with asyncio.timeout(LIST_TIMEOUT_S):
            table, _ = await espeak.communicate()
    except TimeoutError as error:
        raise SynthesisError("espeak-ng does not list its voices") from error
    finally:
        if espeak.returncode is None:
            espeak.kill()
            await espeak.wait()
    found: list[str] = []
    for line in table.decode().splitlines()[1:]:
        columns = line.split()
        file = next((column for column in columns if "/" in column[1:]), "")
        if file.startswith("mb/"):
            name = file.removeprefix("mb/")
            if _has_mbrola(name.removeprefix("mb-")):
                found.append(name)
        elif len(columns) > 1 and columns[1] not in found:
            found.append(columns[1])
    return tuple(found)


def _has_mbrola(voice: str) -> bool:
    if shutil.which("mbrola") is None:
        return False
    return any(
        (folder / voice).is_file() or (folder / voice / voice).is_file()
        for folder in _MBROLA_FOLDERS
    )
