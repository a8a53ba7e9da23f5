"""Sounds that were rendered before: on disk for fixed phrases, else in memory.

What a person told, names and numbers never go to disk; the caller says which
phrases are fixed. The disk is a convenience: when it is full, read-only or
worn out, phrases are rendered again and nobody notices but by speed.
"""

import contextlib
import hashlib
import logging
import os
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from voice.audio import Samples

logger = logging.getLogger(__name__)

VERSION = 1
"""Raise it when rendering changes, so that old sounds are not used."""

MOST_BYTES = 100_000_000
"""A thousand seconds, several hundred phrases; small on any SD card."""

MOST_MEMORY_BYTES = 12_000_000
"""Two minutes of speech."""

_MAGIC = b"praatpaal sound\n"
_SUFFIX = ".sound"
_DIGEST_BYTES = hashlib.sha256().digest_size
# A used sound is marked as such once a day, which spares the SD card.
_MARK_AGAIN_S = 86_400.0


@dataclass(frozen=True, slots=True)
class PhraseKey:
    """What a sound depends on."""

    engine: str
    voice: str
    rate_wpm: int
    text: str

    @property
    def digest(self) -> str:
        """Name of the sound, from which the text cannot be read."""
        parts = (self.engine, self.voice, str(self.rate_wpm), self.text, str(VERSION))
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


class RecentSounds:
    """Sounds in memory, the least recently used thrown out first."""

    def __init__(self, most_bytes: int = MOST_MEMORY_BYTES) -> None:
        """Start empty, to hold at most `most_bytes` of samples."""
        self._most_bytes = most_bytes
        self._bytes = 0
        self._sounds: OrderedDict[PhraseKey, Samples] = OrderedDict()

    def __contains__(self, key: PhraseKey) -> bool:
        """Whether it is there; does not count as use."""
        return key in self._sounds

    def get(self, key: PhraseKey) -> Samples | None:
        """The sound, or None."""
        if key not in self._sounds:
            return None
        self._sounds.move_to_end(key)
        return self._sounds[key]

    def put(self, key: PhraseKey, samples: Samples) -> None:
        """Keep it, unless it is larger than everything allowed."""
        self._drop(key)
        if samples.nbytes > self._most_bytes:
            return
        self._sounds[key] = samples
        self._bytes += samples.nbytes
        while self._bytes > self._most_bytes:
            self._drop(next(iter(self._sounds)))

    def clear(self) -> None:
        """Forget everything."""
        self._sounds.clear()
        self._bytes = 0

    def _drop(self, key: PhraseKey) -> None:
        dropped = self._sounds.pop(key, None)
        if dropped is not None:
            self._bytes -= dropped.nbytes


class PhraseCache:
    """Sounds of fixed phrases in a folder; safe to use from several threads.

    A file holds a heading, the SHA-256 of its samples, and the samples: a
    torn write or a worn card is noticed, and the sound rendered again. That
    is why nothing needs to be flushed to disk.
    """

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        """Use a folder, which is made at the first `put`.

        Args:
            folder: Nothing else may live in it.
            most_bytes: The least recently used are deleted beyond this.
        """
        self._folder = folder
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._bytes: int | None = None
        self._has_warned = False

    def has(self, key: PhraseKey) -> bool:
        """Whether a sound is there; it may still turn out damaged."""
        try:
            return self._path(key).is_file()
        except OSError:
            return False

    def get(self, key: PhraseKey) -> Samples | None:
        """Read a sound; None where it is missing, damaged or unreadable."""
        path = self._path(key)
        try:
            data = path.read_bytes()
            if time.time() - path.stat().st_mtime > _MARK_AGAIN_S:
                with contextlib.suppress(OSError):
                    os.utime(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._warn("read", error)
            return None
        samples = _unpack(data)
        if samples is None:
            logger.warning("a kept sound is damaged; it will be made again")
            with self._lock, contextlib.suppress(OSError):
                self._delete(path)
        return samples

    def put(self, key: PhraseKey, samples: Samples) -> bool:
        """Keep a sound, replacing the one that was there.

        Returns:
            Whether it is on disk now.
        """
        data = _pack(samples)
        if len(data) > self._most_bytes:
            return False
        with self._lock:
            try:
                self._tidy()
                self._write(self._path(key), data)
                self._make_room()
            except OSError as error:
                self._warn("write", error)
                return False
        return True

    def keep_only(self, keys: Iterable[PhraseKey]) -> None:
        """Delete every other sound."""
        kept = {self._path(key) for key in keys}
        with self._lock:
            for _, _, path in self._sounds():
                if path not in kept:
                    with contextlib.suppress(OSError):
                        self._delete(path)

    def _path(self, key: PhraseKey) -> Path:
        return self._folder / f"{key.digest}{_SUFFIX}"

    def _tidy(self) -> None:
        """The first time: make the folder, and drop what a power cut left."""
        if self._bytes is not None:
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in self._folder.glob("*.new"):
            left.unlink(missing_ok=True)
        self._bytes = sum(size for _, size, _ in self._sounds())

    def _write(self, path: Path, data: bytes) -> None:
        number, name = tempfile.mkstemp(suffix=".new", dir=self._folder)
        try:
            with os.fdopen(number, "wb") as file:
                file.write(data)
            with contextlib.suppress(FileNotFoundError):
                self._bytes = (self._bytes or 0) - path.stat().st_size
            os.replace(name, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise
        self._bytes = (self._bytes or 0) + len(data)

    def _make_room(self) -> None:
        """Delete the least recently used; to nine tenths, not to do it often."""
        if (self._bytes or 0) <= self._most_bytes:
            return
        sounds = sorted(self._sounds())
        self._bytes = sum(size for _, size, _ in sounds)
        for _, _, path in sounds[:-1]:
            if self._bytes <= self._most_bytes * 9 // 10:
                break
            self._delete(path)

    def _delete(self, path: Path) -> None:
        size = path.stat().st_size
        path.unlink()
        if self._bytes is not None:
            self._bytes -= size

    def _sounds(self) -> list[tuple[float, int, Path]]:
        """Time of last use, size and path of each sound."""
        found = []
        for path in self._folder.glob(f"*{_SUFFIX}"):
            with contextlib.suppress(FileNotFoundError):
                state = path.stat()
                found.append((state.st_mtime, state.st_size, path))
        return found

    def _warn(self, verb: str, error: OSError) -> None:
        """Once is enough: a read-only disk would fill the log."""
        if not self._has_warned:
            self._has_warned = True
            logger.warning("cannot %s kept sounds: %s", verb, error.strerror)


def _pack(samples: Samples) -> bytes:
    data = samples.astype("<i2").tobytes()
    return _MAGIC + hashlib.sha256(data).digest() + data


def _unpack(data: bytes) -> Samples | None:
    start = len(_MAGIC) + _DIGEST_BYTES
    samples = data[start:]
    digest = data[len(_MAGIC) : start]
    if data[: len(_MAGIC)] != _MAGIC or hashlib.sha256(samples).digest() != digest:
        return None
    return np.frombuffer(samples, dtype="<i2").astype(np.int16)
