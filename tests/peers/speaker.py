"""A person for the fake microphone: espeak-ng, whose Dutch is the clearest here."""

import asyncio
import shutil
import wave
from pathlib import Path

SILENCE_AFTER_S = 3.0


async def say_into(path: Path, words: str, after_s: float, times: int = 1) -> Path:
    """Write a WAV file in which somebody says this.

    Args:
        path: The file.
        words: What is said.
        after_s: Silence before it, in seconds.
        times: How often it is said.

    Raises:
        FileNotFoundError: If espeak-ng is not installed.
    """
    if shutil.which("espeak-ng") is None:
        raise FileNotFoundError("espeak-ng is missing; install Debian's espeak-ng")
    speaking = await asyncio.create_subprocess_exec(
        *("espeak-ng", "-v", "nl", "-s", "140", "-w", str(path), words)
    )
    if await speaking.wait() != 0:
        raise RuntimeError("espeak-ng could not say it")
    with wave.open(str(path), "rb") as file:
        rate_hz = file.getframerate()
        frames = file.readframes(file.getnframes())
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        for _ in range(times):
            file.writeframes(bytes(2 * round(after_s * rate_hz)))
            file.writeframes(frames)
            file.writeframes(bytes(2 * round(SILENCE_AFTER_S * rate_hz)))
    return path
