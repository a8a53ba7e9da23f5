"""Speaks through espeak-ng's library, which tells where each phone begins.

The library crashes now and then in a long run, and with it the process: all of this
is for child processes (see `voice.model.children` and `voice.model.pronouncing`).
"""

import ctypes
from ctypes.util import find_library
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from voice.audio import Samples
from voice.model.errors import EspeakMissing, ForeignSounds
from voice.model.espeak_phonemes import merge, phones_of_names

DEBIAN_PACKAGE = "libespeak-ng1"
STOCK_VOICE = "nl"

# From espeak-ng/speak_lib.h.
_SYNCHRONOUS, _PHONEME_EVENTS = 2, 1
_RATE, _PITCH = 1, 3
_UTF8 = 1
_NO_EVENT, _PHONEME_EVENT = 0, 7


@dataclass(frozen=True, slots=True, eq=False)
class Spoken:
    """What was said.

    Attributes:
        samples: Shape (n,), at `rate_hz`.
        rate_hz: 22050 in every espeak-ng so far.
        phones: Each phone with the sample at which it begins.
    """

    samples: Samples
    rate_hz: int
    phones: tuple[tuple[str, int], ...]


def speak(text: str, voice: str, rate_wpm: int, pitch: int) -> Spoken:
    """Speak a text.

    Args:
        text: One sentence.
        voice: "nl", or with a variant: "nl+f2".
        rate_wpm: Words a minute, 80 to 450.
        pitch: 0 to 99.

    Raises:
        EspeakMissing: If the library or the voice is not there.
        ForeignSounds: If it was not spoken as Dutch.
    """
    library = _library()
    library.choose(voice, rate_wpm, pitch)
    samples, marks = library.synthesise(text)
    phones = merge(marks, len(samples), library.rate_hz)
    return Spoken(samples, library.rate_hz, phones)


def phones_of(word: str) -> tuple[str, ...]:
    """The stock voice's phones of a single word, without silence.

    Raises:
        EspeakMissing: If the library or the voice is not there.
        ForeignSounds: If it is not spoken as Dutch.
    """
    library = _library()
    library.choose(STOCK_VOICE, rate_wpm=300, pitch=50)
    _, marks = library.synthesise(word)
    phones = phones_of_names(name for name, _ in marks)
    if not phones:
        raise ForeignSounds(f"espeak-ng is silent at {word!r}")
    return phones


class _EventId(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    """espeak_EVENT of espeak-ng/speak_lib.h."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


class _Library:
    """libespeak-ng, which there is once in a process."""

    def __init__(self) -> None:
        name = find_library("espeak-ng") or "libespeak-ng.so.1"
        try:
            self._library = ctypes.CDLL(name)
        except OSError:
            raise EspeakMissing(
                "libespeak-ng is not installed; the Debian package is"
                f" {DEBIAN_PACKAGE}: sudo apt-get install {DEBIAN_PACKAGE}"
            ) from None
        self.rate_hz: int = self._library.espeak_Initialize(
            _SYNCHRONOUS, 0, None, _PHONEME_EVENTS
        )
        if self.rate_hz <= 0:
            raise EspeakMissing(
                "espeak-ng finds no voices; the Debian package is espeak-ng-data"
            )
        folder = ctypes.c_char_p()
        self._library.espeak_Info.restype = ctypes.c_char_p
        self._library.espeak_Info(ctypes.byref(folder))
        self._variants = Path((folder.value or b"").decode()) / "voices" / "!v"
        self._pieces: list[Samples] = []
        self._marks: list[tuple[str, int]] = []
        # ctypes keeps no reference of its own to a callback.
        self._callback = _Callback(self._take)
        self._library.espeak_SetSynthCallback(self._callback)

    def choose(self, voice: str, rate_wpm: int, pitch: int) -> None:
        """Set how the next text is spoken."""
        _, _, variant = voice.partition("+")
        # espeak-ng takes a variant that it does not have for the stock voice.
        is_there = not variant or (self._variants / variant).is_file()
        if not is_there or self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise EspeakMissing(f"espeak-ng has no voice {voice!r}")
        self._library.espeak_SetParameter(_RATE, rate_wpm, 0)
        self._library.espeak_SetParameter(_PITCH, pitch, 0)

    def synthesise(self, text: str) -> tuple[Samples, list[tuple[str, int]]]:
        """The sound of a text, and its phonemes with the sample of each."""
        self._pieces, self._marks = [], []
        encoded = text.encode()
        status = self._library.espeak_Synth(
            encoded, ctypes.c_size_t(len(encoded) + 1), 0, 1, 0, _UTF8, None, None
        )
        if status != 0 or not self._pieces:
            raise ForeignSounds(f"espeak-ng spoke nothing (status {status})")
        return np.concatenate(self._pieces), self._marks

    def _take(self, wave: Any, count: int, events: Any) -> int:
        """Called by the library with each piece of sound; 0 asks for more."""
        if wave and count > 0:
            self._pieces.append(np.ctypeslib.as_array(wave, (count,)).copy())
        index = 0
        while events[index].type != _NO_EVENT:
            event = events[index]
            if event.type == _PHONEME_EVENT:
                name = event.id.string.decode("utf-8", "replace")
                self._marks.append((name, event.sample))
            index += 1
        return 0


@cache
def _library() -> _Library:
    return _Library()
