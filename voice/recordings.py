"""What a person recorded, said in place of the synthetic voice.

A folder holds one file for each sentence, named by that sentence: "Hoe gaat het met
u?" is `hoe-gaat-het-met-u.wav`. So nothing has to be looked up to make a recording,
and one of a sentence that is not said any more is seen at once. Each file is
converted once, in a process of its own, and kept; a flawed one is set aside with its
reason, and the synthetic voice speaks.
"""

import asyncio
import contextlib
import json
import logging
import os
import re
import sys
import unicodedata
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

from voice.audio import Samples
from voice.phrase_cache import PhraseCache, PhraseKey, RecentSounds
from voice.recorded_sound import KINDS, LARGEST_BYTES, Flaw

logger = logging.getLogger(__name__)

MOST_FILES = 3_000
"""Several times the sentences of a language; a folder with more is another one."""

MOST_BYTES = 300_000_000
"""Fifty minutes of sound: every sentence there is, twice."""

# A minute of compressed sound is decoded in some tenths; the child needs a second
# to start on a Pi with a worn card.
CONVERT_WITHIN_S = 20.0

# Notes and lists may lie beside the recordings.
_NO_RECORDINGS = frozenset({".txt", ".json", ".csv", ".md", ".pdf", ".docx", ".odt"})
_SOURCES = Path(__file__).parents[1]


def file_name(sentence: str) -> str:
    """What the recording of a sentence is called, without its kind.

    Capitals, accents and punctuation make no difference, so that a file that is
    named by hand fits too.
    """
    plain = unicodedata.normalize("NFKD", sentence).casefold()
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    # "zo'n" is one word.
    words = re.findall(r"[^\W_]+", re.sub(r"['’‘]", "", letters))
    return "-".join(words)


def key_of(digest: str) -> PhraseKey:
    """Where the sound of a file with this SHA-256 is kept."""
    return PhraseKey("recording", digest, 0, "")


@dataclass(frozen=True, slots=True)
class Recording:
    """A file in the folder.

    Attributes:
        path: The file.
        sentence: What it is said for; None when no sentence has its name.
        flaw: Why it is set aside; None when it is used.
    """

    path: Path
    sentence: str | None
    flaw: Flaw | None

    @property
    def is_used(self) -> bool:
        """Whether it is heard when its sentence is said."""
        return self.sentence is not None and self.flaw is None


class Recordings:
    """The recordings of one folder, which the device speaks with.

    What changes in the folder is noticed at the next `open`.
    """

    def __init__(
        self,
        folder: Path,
        keep: Path,
        sentences: Mapping[str, str],
        convert_within_s: float = CONVERT_WITHIN_S,
    ) -> None:
        """Choose the folder; nothing is read yet.

        Args:
            folder: Where the recordings are; need not be there.
            keep: Folder for the converted sounds; nothing else may live in it.
            sentences: What may be recorded: file names without their kind (see
                `file_name`), and the sentence exactly as it is said.
            convert_within_s: A file that takes longer is set aside.
        """
        self.folder = folder
        self._keep = keep
        self._sentences = dict(sentences)
        self._convert_within_s = convert_within_s
        self._cache = PhraseCache(keep, MOST_BYTES)
        self._recent = RecentSounds()
        self._ready: dict[str, PhraseKey] = {}
        self._found: list[Recording] = []

    @property
    def found(self) -> Sequence[Recording]:
        """Every file that was looked at since `open`, used or not."""
        return tuple(self._found)

    def has(self, sentence: str) -> bool:
        """Whether a usable recording of this sentence is there."""
        return sentence in self._ready

    async def sound(self, sentence: str) -> Samples | None:
        """Its sound, as a synthesiser would give it.

        None where there is none, or what was kept of it is gone or damaged.
        """
        key = self._ready.get(sentence)
        if key is None:
            return None
        sound = self._recent.get(key)
        if sound is None:
            sound = await asyncio.to_thread(self._cache.get, key)
            if sound is not None:
                self._recent.put(key, sound)
        return sound

    async def open(self) -> None:
        """Look through the folder and convert what is new.

        A sentence can be said as soon as its file was looked at. Nothing that lies in
        the folder raises an error.

        Raises:
            OSError: If no process can be started.
        """
        self._ready.clear()
        self._found.clear()
        self._recent.clear()
        todo: list[tuple[Path, str, str]] = []
        for path in await asyncio.to_thread(_files, self.folder):
            name = file_name(path.stem)
            sentence = self._sentences.get(name)
            if sentence is None:
                self._found.append(Recording(path, None, _flaw_by_name(path)))
                continue
            digest = await asyncio.to_thread(_digest, path)
            if isinstance(digest, Flaw):
                self._set_aside(path, sentence, digest)
            elif await asyncio.to_thread(self._cache.get, key_of(digest)) is not None:
                self._use(path, sentence, digest)
            else:
                todo.append((path, sentence, digest))
        await self._convert(todo)
        # Whoever takes a recording away takes all of it away.
        await asyncio.to_thread(self._cache.keep_only, list(self._ready.values()))
        if self._found:
            used = len(self._ready)
            aside = len(self._found) - used
            logger.info("recordings: %d are used, %d are set aside", used, aside)

    # -- how

    def _use(self, path: Path, sentence: str, digest: str) -> None:
        if sentence in self._ready:
            self._set_aside(path, sentence, Flaw.TWICE)
            return
        self._ready[sentence] = key_of(digest)
        self._found.append(Recording(path, sentence, None))

    def _set_aside(self, path: Path, sentence: str, flaw: Flaw) -> None:
        # The name of the file is what is said, which no log may hold.
        logger.warning("a recording is set aside: %s", flaw)
        self._found.append(Recording(path, sentence, flaw))

    async def _convert(self, todo: list[tuple[Path, str, str]]) -> None:
        """Have each file converted; a child that dies takes one file along."""
        while todo:
            async with _child(self._keep) as child:
                while todo:
                    path, sentence, digest = todo.pop(0)
                    flaw = await self._ask(child, path, digest)
                    if flaw is None:
                        self._use(path, sentence, digest)
                        continue
                    self._set_aside(path, sentence, flaw)
                    if flaw is Flaw.DAMAGED and child.returncode is not None:
                        break

    async def _ask(
        self, child: asyncio.subprocess.Process, path: Path, digest: str
    ) -> Flaw | None:
        """Have one file converted; its flaw, if it has one."""
        if child.stdin is None or child.stdout is None:
            raise ValueError("the process needs pipes")
        question = json.dumps({"path": str(path), "digest": digest}) + "\n"
        try:
            async with asyncio.timeout(self._convert_within_s):
                child.stdin.write(question.encode())
                await child.stdin.drain()
                answer = json.loads(await child.stdout.readline())
        except (TimeoutError, ConnectionError, ValueError):
            # It crashed over this file, or hangs.
            await _end(child)
            return Flaw.DAMAGED
        flaw = answer.get("flaw")
        return None if flaw is None else Flaw(flaw)


def _files(folder: Path) -> list[Path]:
    """What lies in the folder and may be meant as a recording, in order of name."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries)
    except OSError:
        # Without a folder nobody recorded anything.
        return []
    return [
        folder / name
        for name in names[:MOST_FILES]
        if not name.startswith(".")
        and Path(name).suffix.lower() not in _NO_RECORDINGS
        and name.lower() not in ("desktop.ini", "thumbs.db")
    ]


def _flaw_by_name(path: Path) -> Flaw | None:
    is_recording = path.suffix.lower() in KINDS and not path.is_dir()
    return None if is_recording else Flaw.OTHER_KIND


def _digest(path: Path) -> str | Flaw:
    """SHA-256 of a file, or why it need not be opened."""
    if path.suffix.lower() not in KINDS or path.is_dir():
        return Flaw.OTHER_KIND
    try:
        if not path.is_file():
            return Flaw.UNREADABLE
        if path.stat().st_size > LARGEST_BYTES:
            return Flaw.TOO_LONG
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError:
        return Flaw.UNREADABLE


@asynccontextmanager
async def _child(keep: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    paths: Iterable[str] = (str(_SOURCES), os.environ.get("PYTHONPATH", ""))
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "voice.recording_child", f"--keep={keep}"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
    )
    try:
        yield child
    finally:
        await _end(child)


async def _end(child: asyncio.subprocess.Process) -> None:
    """Kill it: it keeps nothing that needs a farewell."""
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
    if child.stdin is not None:
        child.stdin.close()
    await child.wait()
