"""Vosk: words while they are spoken, held to the answers that are expected."""

import asyncio
import functools
import itertools
import json
import logging
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from voice.audio import HEARING_RATE_HZ, Samples
from voice.engine_thread import EngineThread
from voice.hearing import Expectation
from voice.recogniser import Hypothesis, RecogniserError

logger = logging.getLogger(__name__)

UNKNOWN = "[unk]"
"""Vosk's word for sound that fits no word of the grammar."""

# "Eh, ja": a hesitation before the answer is not part of it. Longer than this
# it may be a word that turns the meaning round.
_HESITATION_S = 0.6

# Loading took 4 s here (the 260 MB Korean model); a Pi 4 with a slow card
# needs several times that, and the first load is done twice.
_LOAD_TIMEOUT_S = 90.0
_CALL_TIMEOUT_S = 10.0

# Sound that waits to be decoded; more means the engine is hopelessly behind.
_MOST_PENDING_S = 30.0

_PROBE = """
import json, sys, vosk
vosk.SetLogLevel(-1)
model = vosk.Model(model_path=sys.argv[1])
for more in ((), (json.dumps(["[unk]"]),)):
    recogniser = vosk.KaldiRecognizer(model, 16000, *more)
    recogniser.AcceptWaveform(bytes(range(256)) * 125)
    recogniser.FinalResult()
"""


def balanced_cover(phrases: Iterable[str]) -> tuple[str, ...]:
    """Choose phrases that hold each pair of neighbouring words, once if it can be.

    Vosk makes a bigram model with counts out of a grammar list. All sentences
    of a template together would drown "ja"; this cover allows every phrase, yet
    counts each step about once.

    Args:
        phrases: Expected phrases; the shortest are chosen first.

    Returns:
        A part of the phrases, without doubles, in the order chosen.
    """
    seen: set[tuple[str, str]] = set()
    chosen = []
    for phrase in sorted(dict.fromkeys(phrases), key=lambda p: len(p.split())):
        words = ["<s>", *phrase.split(), "</s>"]
        steps = set(itertools.pairwise(words))
        if phrase.strip() and not steps <= seen:
            seen |= steps
            chosen.append(phrase)
    return tuple(chosen)


def fits(words: Sequence[str], phrases: Iterable[str]) -> bool:
    """Say whether the words are one expected phrase or a row of several.

    "Ja, het gaat goed" is a row; "ja het gaat" is a bigram model's invention.
    """
    wanted = {tuple(phrase.split()) for phrase in phrases}
    lengths = sorted({len(phrase) for phrase in wanted if phrase})
    reached = [True] + [False] * len(words)
    for end in range(1, len(words) + 1):
        reached[end] = any(
            reached[end - length] and tuple(words[end - length : end]) in wanted
            for length in lengths
            if length <= end
        )
    return bool(words) and reached[-1]


@dataclass(frozen=True, slots=True)
class Word:
    """A word of Vosk's result: text, confidence 0 to 1, length in seconds."""

    text: str
    confidence: float
    length_s: float


def answer_in(
    words: Sequence[Word], phrases: Iterable[str], unknown: str = UNKNOWN
) -> tuple[str, float]:
    """Take the answer out of a grammar's result.

    Args:
        words: What the recogniser with a grammar found.
        phrases: What was expected.
        unknown: The word among them for sound that fits no other word.

    Returns:
        The words and their confidence (that of the least certain word, because
        one wrong word turns "geen pijn" round), or ("", 0.0) when anything but a
        short hesitation before the answer lay outside the expected phrases.
    """
    known = list(words)
    hesitation_s = 0.0
    while known and known[0].text == unknown:
        hesitation_s += known.pop(0).length_s
    texts = [word.text for word in known]
    if hesitation_s > _HESITATION_S or unknown in texts or not fits(texts, phrases):
        return "", 0.0
    return " ".join(texts), min(word.confidence for word in known)


class VoskRecogniser:
    """Vosk with one model, shared by the sessions.

    It gives one best row of words, so an expectation's senses change nothing
    here: no phrase is turned down for being close to another.

    Args:
        model_path: Folder of the model.
        name: How reports and the log call it.
        unknown: The model's word for sound that fits no word of a grammar;
            `UNKNOWN` in the models that the Vosk project made for grammars.
        call_timeout_s: Longest wait for the engine within a turn, in seconds.
    """

    is_streaming = True

    def __init__(
        self,
        model_path: Path,
        name: str = "vosk",
        unknown: str = UNKNOWN,
        call_timeout_s: float = _CALL_TIMEOUT_S,
    ) -> None:
        self.name = name
        self._path = model_path
        self._unknown = unknown
        self._call_timeout_s = call_timeout_s
        self._thread: EngineThread | None = None
        self._model: Any = None
        self._takes_grammar = False
        self._told_missing: set[str] = set()

    async def start(self) -> None:
        """Load the model, in a child process first when it is new here.

        Raises:
            RecogniserError: If the model is missing, damaged or does not load.
        """
        await self.close()
        thread = EngineThread(self.name)
        try:
            self._model = await thread.run(
                lambda: load_model(self._path), _LOAD_TIMEOUT_S
            )
        except BaseException:
            await thread.close()
            raise
        self._thread = thread
        self._takes_grammar = self._knows(self._unknown) and any(
            (self._path / folder / "HCLr.fst").exists() for folder in ("graph", ".")
        )
        if not self._takes_grammar:
            logger.warning(
                "the model has no grammars with %s in them; closed questions are"
                " heard with its whole vocabulary",
                self._unknown,
            )

    async def open(self, expectation: Expectation) -> "VoskSession":
        """Begin a turn; see `Recogniser.open`."""
        if self._thread is None or not self._thread.is_alive:
            raise RecogniserError(f"{self.name} is not running")
        self._tell_missing(expectation.phrases)
        grammar = self._grammar(expectation.phrases)
        if grammar:
            grammar = (*grammar, self._unknown)
        session = VoskSession(
            self._thread, expectation, self._unknown, self._call_timeout_s
        )
        await self._thread.run(
            lambda: session.prepare(self._model, grammar), self._call_timeout_s
        )
        return session

    def missing_words(self, phrases: Iterable[str]) -> tuple[str, ...]:
        """List the words that the model cannot hear, in the order met.

        Raises:
            RecogniserError: If the engine is not started.
        """
        if self._model is None:
            raise RecogniserError(f"{self.name} is not running")
        words = dict.fromkeys(word for phrase in phrases for word in phrase.split())
        return tuple(word for word in words if not self._knows(word))

    def _tell_missing(self, phrases: Sequence[str]) -> None:
        """Log each word once; a grammar's words are ours, nobody said them."""
        news = set(self.missing_words(phrases)) - self._told_missing
        if news:
            self._told_missing |= news
            logger.warning("not in the model of %s: %s", self.name, sorted(news))

    def _grammar(self, phrases: Sequence[str]) -> tuple[str, ...]:
        """Choose the grammar's phrases; empty means hear the whole vocabulary."""
        if not self._takes_grammar:
            return ()
        missing = set(self.missing_words(phrases))
        return balanced_cover(p for p in phrases if not missing & set(p.split()))

    def _knows(self, word: str) -> bool:
        # A look-up in a table of the model that nobody changes.
        return bool(self._model.vosk_model_find_word(word) >= 0)

    async def close(self) -> None:
        """Stop the engine and free its model; may be called twice."""
        thread, self._thread = self._thread, None
        self._model = None
        if thread is not None:
            await thread.close()


@dataclass(slots=True)
class _Listener:
    """One Vosk recogniser and the words it has settled on."""

    engine: Any
    words: list[Word] = field(default_factory=list)

    def accept(self, sound: bytes) -> None:
        if self.engine.AcceptWaveform(sound):
            self._keep(self.engine.Result())

    def words_so_far(self) -> list[str]:
        partial = json.loads(self.engine.PartialResult()).get("partial", "")
        return [*(word.text for word in self.words), *partial.split()]

    def finish(self) -> list[Word]:
        self._keep(self.engine.FinalResult())
        return self.words

    def _keep(self, result: str) -> None:
        for word in json.loads(result).get("result", ()):
            length_s = float(word["end"]) - float(word["start"])
            self.words.append(Word(word["word"], float(word["conf"]), length_s))


class VoskSession:
    """One turn heard by Vosk; made by `VoskRecogniser.open`."""

    def __init__(
        self,
        thread: EngineThread,
        expectation: Expectation,
        unknown: str,
        timeout_s: float,
    ) -> None:
        self._thread = thread
        self._unknown = unknown
        self._expectation = expectation
        self._timeout_s = timeout_s
        self._closed: _Listener | None = None
        self._open: _Listener | None = None
        self._pending: list[Samples] = []
        self._decoding: asyncio.Task[None] | None = None
        self._so_far = ""
        self._cpu_s = 0.0
        self._is_over = False

    def prepare(self, model: Any, grammar: Sequence[str]) -> None:
        """Make the recognisers; called in the engine's thread."""
        import vosk

        started_s = time.thread_time()
        if grammar:
            text = json.dumps(grammar, ensure_ascii=False)
            self._closed = _Listener(vosk.KaldiRecognizer(model, HEARING_RATE_HZ, text))
            self._closed.engine.SetWords(True)
        if not grammar or self._expectation.with_open_vocabulary:
            self._open = _Listener(vosk.KaldiRecognizer(model, HEARING_RATE_HZ))
            self._open.engine.SetWords(True)
        self._cpu_s += time.thread_time() - started_s

    async def feed(self, samples: Samples) -> str:
        """Hand sound over and return at once with the words known by now.

        The engine works behind; it may be a few tenths of a second late.
        """
        if self._is_over:
            raise RecogniserError("this turn is over")
        await self._raise_failure()
        self._pending.append(samples)
        if sum(map(len, self._pending)) > _MOST_PENDING_S * HEARING_RATE_HZ:
            raise RecogniserError("vosk is too far behind the speaker")
        if self._decoding is None:
            self._decoding = asyncio.create_task(self._decode())
        return self._so_far

    async def finish(self) -> Hypothesis:
        """End the turn and say what was heard."""
        if self._is_over:
            raise RecogniserError("this turn is over")
        self._is_over = True
        if self._decoding is not None:
            await self._decoding
        return await self._thread.run(self._conclude, self._timeout_s)

    async def close(self) -> None:
        """Give the turn up; may be called twice."""
        self._is_over = True
        self._pending.clear()
        decoding, self._decoding = self._decoding, None
        if decoding is not None:
            decoding.cancel()
            await asyncio.gather(decoding, return_exceptions=True)
        self._closed = self._open = None

    async def _raise_failure(self) -> None:
        decoding = self._decoding
        if decoding is not None and decoding.done():
            self._decoding = None
            await decoding

    async def _decode(self) -> None:
        """Decode what is pending, in larger pieces the later the engine is."""
        while self._pending:
            sound = np.concatenate(self._pending).tobytes()
            self._pending.clear()
            self._so_far = await self._thread.run(
                functools.partial(self._accept, sound), self._timeout_s
            )

    def _accept(self, sound: bytes) -> str:
        started_s = time.thread_time()
        listeners = [it for it in (self._closed, self._open) if it is not None]
        for listener in listeners:
            listener.accept(sound)
        so_far = listeners[0].words_so_far() if listeners else []
        self._cpu_s += time.thread_time() - started_s
        return " ".join(word for word in so_far if word != self._unknown)

    def _conclude(self) -> Hypothesis:
        started_s = time.thread_time()
        closed = self._closed.finish() if self._closed else None
        free = self._open.finish() if self._open else None
        self._cpu_s += time.thread_time() - started_s
        phrases = self._expectation.phrases
        open_text = None if free is None else self._text(free)
        if closed is not None:
            text, confidence = answer_in(closed, phrases, self._unknown)
        elif phrases:
            text, confidence = answer_in(free or (), phrases, self._unknown)
        else:
            text = open_text or ""
            confidence = min((word.confidence for word in free or ()), default=0.0)
        return Hypothesis(text, confidence, open_text, self._cpu_s)

    def _text(self, words: Iterable[Word]) -> str:
        return " ".join(word.text for word in words if word.text != self._unknown)


def load_model(path: Path) -> Any:
    """Load a model after making sure that this does not end the process.

    Vosk answers damage with an exception, an abort or a segmentation fault,
    depending on the file. So a model is loaded and used in a child process
    first; a marker beside the folder remembers that this went well, with the
    sizes and times of the files. The marker is taken away during our own load:
    when that crashes, the next start tries in a child again.

    Raises:
        RecogniserError: If the model is missing, damaged or does not load.
    """
    try:
        import vosk
    except (ImportError, OSError) as error:
        raise RecogniserError(f"the vosk library does not load: {error}") from error
    if not path.is_dir():
        raise RecogniserError(f"no Vosk model at {path}: not a folder")
    files = {str(p.relative_to(path)): p for p in path.rglob("*") if p.is_file()}
    if not any(Path(name).name == "final.mdl" for name in files):
        raise RecogniserError(f"no Vosk model at {path}: final.mdl is missing")
    if empty := sorted(name for name, file in files.items() if not file.stat().st_size):
        raise RecogniserError(f"the model at {path} is damaged: {empty[0]} is empty")
    state = "\n".join(
        f"{name} {file.stat().st_size} {file.stat().st_mtime_ns}"
        for name, file in sorted(files.items())
    )
    marker = path.parent / f".{path.name}.loads"
    if not marker.is_file() or marker.read_text() != state:
        _probe(path)
    vosk.SetLogLevel(-1)
    try:
        marker.unlink(missing_ok=True)
    except OSError as error:
        logger.debug("no marker beside the model: %s", error)
    try:
        model = vosk.Model(model_path=str(path))
    except Exception as error:
        raise RecogniserError(
            f"the model at {path} does not load; install it again"
        ) from error
    try:
        marker.write_text(state)
    except OSError as error:
        # A read-only folder only costs the try-out at each start.
        logger.debug("no marker beside the model: %s", error)
    return model


def _probe(path: Path) -> None:
    try:
        outcome = subprocess.run(
            [sys.executable, "-c", _PROBE, str(path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_LOAD_TIMEOUT_S / 2,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise RecogniserError(f"the model at {path} takes too long to load") from None
    if outcome.returncode:
        raise RecogniserError(
            f"the model at {path} is damaged (trying it ended with"
            f" {outcome.returncode}); install it again"
        )
