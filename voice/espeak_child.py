"""The process in which espeak-ng runs; started by EspeakSynthesiser.

pyttsx3 wants to be used from one thread, for one sentence and one file at a
time. All three hold here by construction: this process does nothing else. The
file is one of memory, which no disk ever sees.
"""

import argparse
import os
import threading
import time
import wave

import pyttsx3

from voice.render_process import Render, serve
from voice.synthesiser import EngineMissing, VoiceMissing

# pyttsx3 writes 22 050 Hz in each header, but MBROLA's Dutch voices, like all
# but a few of MBROLA's voices, are 16 kHz.
_RATE_HZ = 22_050
_MBROLA_RATE_HZ = 16_000

# A property takes effect at the first or second try, within a millisecond.
_TRIES = 200
_TRY_AGAIN_S = 0.005


class EspeakError(Exception):
    """espeak-ng does not do what it was asked."""


class Espeak:
    """espeak-ng with one voice, used the one way that works every time."""

    def __init__(self, voice: str, pitch: int) -> None:
        """Open espeak-ng.

        Args:
            voice: Its name, "nl", "nl+f2" or "mb-nl2".
            pitch: 0 to 99.

        Raises:
            EngineMissing: If espeak-ng is not installed.
            VoiceMissing: If the voice is not.
            EspeakError: If it does not take the pitch.
        """
        self._memory = os.memfd_create("speech")
        self._file = f"/proc/self/fd/{self._memory}"
        self._finished = threading.Event()
        is_mbrola = voice.removeprefix("mb/").startswith("mb-")
        self._rate_hz = _MBROLA_RATE_HZ if is_mbrola else _RATE_HZ
        try:
            self._engine = pyttsx3.init("espeak")
        except (RuntimeError, ImportError, OSError) as error:
            raise EngineMissing("the library of espeak-ng does not load") from error
        self._engine.connect("finished-utterance", lambda **_: self._finished.set())
        # Without this a voice that is missing becomes another one, silently.
        refused: list[object] = []
        self._engine.connect("error", lambda **what: refused.append(what))
        self._engine.setProperty("voice", voice)
        # What was set waits for the first sentence.
        self._save("a")
        if refused:
            raise VoiceMissing(f"espeak-ng has no voice {voice!r}")
        self._set("pitch", pitch)

    def render(self, text: str, rate_wpm: int) -> tuple[bytes, int]:
        """Make 16 bit samples; with them comes their rate in Hz.

        Raises:
            EspeakError: If espeak-ng cannot be brought to that rate.
        """
        self._set("rate", rate_wpm)
        self._save(text)
        with wave.open(self._file, "rb") as wav:
            return wav.readframes(wav.getnframes()), self._rate_hz

    def _save(self, text: str) -> None:
        os.ftruncate(self._memory, 0)
        self._finished.clear()
        self._engine.save_to_file(text, self._file)
        self._engine.runAndWait()
        # espeak-ng works in a thread of its own, and runAndWait may be early.
        # Whoever started this process kills it when this takes too long.
        self._finished.wait()

    def _set(self, name: str, value: int) -> None:
        """Set a property until it is so.

        pyttsx3 ends each sentence with a cancel, which drops what is set in
        the same moment: without this every other change of rate is lost.
        """
        for _ in range(_TRIES):
            if self._engine.getProperty(name) == value:
                return
            self._engine.setProperty(name, value)
            time.sleep(_TRY_AGAIN_S)
        raise EspeakError(f"espeak-ng does not take {name} {value}")


def main() -> None:
    """Serve one voice until the pipe closes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--voice", required=True)
    parser.add_argument("--pitch", type=int, required=True)
    parser.add_argument("--longest-s", type=int, required=True)
    options = parser.parse_args()

    def load() -> Render:
        return Espeak(options.voice, options.pitch).render

    serve(load, options.longest_s)


if __name__ == "__main__":
    main()
