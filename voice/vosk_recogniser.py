"""Vosk: words while they are spoken, held to the answers that are expected."""

import itertools
import json
import logging
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
    words: Sequence[Word],
    phrases: Iterable[str],
    unknown: str = UNKNOWN,
    hesitations: Collection[str] = (),
    joiners: Iterable[str] = (),
) -> tuple[str, float]:
    """Take the answer out of a grammar's result.

    Args:
        words: What the recogniser with a grammar found.
        phrases: What was expected.
        unknown: The word among them for sound that fits no other word.
        hesitations: Words that are left out wherever they stand.
        joiners: Phrases that may stand beside those expected, and are kept.

    Returns:
        The words and their confidence (that of the least certain word, because
        one wrong word turns "geen pijn" round), or ("", 0.0) when anything but a
        short hesitation before the answer lay outside the expected phrases.
    """
    known = [word for word in words if word.text not in hesitations]
    hesitation_s = 0.0
    while known and known[0].text == unknown:
        hesitation_s += known.pop(0).length_s
    texts = [word.text for word in known]
    expected = set(phrases)
    between = set(joiners) - expected
    if hesitation_s > _HESITATION_S or unknown in texts or fits(texts, between):
        return "", 0.0
    if not fits(texts, expected | between):
        return "", 0.0
    return " ".join(texts), min(word.confidence for word in known)


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A model of Vosk, and where it came from."""

    path: Path
    model: Any


class VoskRecogniser:
    """Vosk with one model, shared by the sessions.

    It gives one best row of words, so an expectation's senses change nothing
    here: no phrase is turned down for being close to another.

    Args:
        model_path: Folder of the model, or what finds it: asked in the engine's
            thread at the start and before each turn, so that a model that got more
            words is taken as soon as it is there.
        name: How reports and the log call it.
        unknown: The model's word for sound that fits no word of a grammar;
            `UNKNOWN` in the models that the Vosk project made for grammars.
        call_timeout_s: Longest wait for the engine within a turn, in seconds.
        marks: Folder in which is remembered that a model loads well; None: beside
            the model.
    """

    is_streaming = True

    def __init__(
        self,
        model_path: Path | Callable[[], Path],
        name: str = "vosk",
        unknown: str = UNKNOWN,
        call_timeout_s: float = _CALL_TIMEOUT_S,
        marks: Path | None = None,
    ) -> None:
        self.name = name
        self._model_path = model_path
        self._path: Path | None = None
        self._marks = marks
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
            loaded = await thread.run(lambda: self._load(None), _LOAD_TIMEOUT_S)
        except BaseException:
            await thread.close()
            raise
        self._thread = thread
        self._take(loaded)

    def _load(self, path_in_use: Path | None) -> "_Loaded | None":
        """Load the model, unless it is the one in use; in the engine's thread."""
        found = self._model_path
        path = found if isinstance(found, Path) else found()
        if path == path_in_use:
            return None
        return _Loaded(path, load_model(path, self._marks))

    def _take(self, loaded: "_Loaded | None") -> None:
        if loaded is None:
            return
        self._path, self._model = loaded.path, loaded.model
        self._told_missing.clear()
        self._takes_grammar = self._knows(self._unknown) and any(
            (loaded.path / folder / "HCLr.fst").exists() for folder in ("graph", ".")
        )
        if not self._takes_grammar:
            logger.warning(
                "the model has no grammars with %s in them; closed questions are"
                " heard with its whole vocabulary",
                self._unknown,
            )

    async def _take_newer(self, thread: EngineThread) -> None:
        """Take the model that took the place of the one in use, if it loads."""
        if isinstance(self._model_path, Path):
            return
        try:
            self._take(
                await thread.run(lambda: self._load(self._path), _LOAD_TIMEOUT_S)
            )
        except RecogniserError as error:
            if not thread.is_alive:
                raise
            logger.warning("the model in use goes on: %s", error)

    async def open(self, expectation: Expectation) -> "VoskSession":
        """Begin a turn; see `Recogniser.open`."""
        if self._thread is None or not self._thread.is_alive:
            raise RecogniserError(f"{self.name} is not running")
        await self._take_newer(self._thread)
        self._tell_missing(expectation.phrases)
        grammar = self._grammar(expectation.phrases)
        if grammar:
            fillers = (*expectation.hesitations, *expectation.joiners)
            grammar = self._grammar((*expectation.phrases, *fillers))
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
        """Log how many are new; which, the log never tells: some may be names."""
        news = set(self.missing_words(phrases)) - self._told_missing
        if news:
            self._told_missing |= news
            logger.warning("%d words are not in the model of %s", len(news), self.name)

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
        self._model = self._path = None
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
        """Have sound decoded; returns the words so far.

        Sound outside the grammar is among them, as the model's word for it: "goed
        [unk]" is not "goed". At the beginning it may be a breath, and is left out.
        """
        if self._is_over:
            raise RecogniserError("this turn is over")
        sound = samples.tobytes()
        return await self._thread.run(lambda: self._accept(sound), self._timeout_s)

    async def finish(self) -> Hypothesis:
        """End the turn and say what was heard."""
        if self._is_over:
            raise RecogniserError("this turn is over")
        self._is_over = True
        return await self._thread.run(self._conclude, self._timeout_s)

    async def close(self) -> None:
        """Give the turn up; may be called twice."""
        self._is_over = True
        self._closed = self._open = None

    def _accept(self, sound: bytes) -> str:
        started_s = time.thread_time()
        listeners = [it for it in (self._closed, self._open) if it is not None]
        for listener in listeners:
            listener.accept(sound)
        so_far = listeners[0].words_so_far() if listeners else []
        self._cpu_s += time.thread_time() - started_s
        while so_far and so_far[0] == self._unknown:
            so_far.pop(0)
        return " ".join(so_far)

    def _conclude(self) -> Hypothesis:
        started_s = time.thread_time()
        closed = self._closed.finish() if self._closed else None
        free = self._open.finish() if self._open else None
        self._cpu_s += time.thread_time() - started_s
        expected = self._expectation
        open_text = None if free is None else self._text(free)
        if expected.phrases:
            text, confidence = answer_in(
                (closed if closed is not None else free) or (),
                expected.phrases,
                self._unknown,
                expected.hesitations,
                expected.joiners,
            )
        else:
            text = open_text or ""
            confidence = min((word.confidence for word in free or ()), default=0.0)
        return Hypothesis(text, confidence, open_text, self._cpu_s)

    def _text(self, words: Iterable[Word]) -> str:
        return " ".join(word.text for word in words if word.text != self._unknown)


def load_model(path: Path, marks: Path | None = None) -> Any:
    """Load a model after making sure that this does not end the process.

    Vosk answers damage with an exception, an abort or a segmentation fault,
    depending on the file. So a model is loaded and used in a child process
    first; a marker remembers that this went well, with the sizes and times of the
    files. The marker is taken away during our own load:
    when that crashes, the next start tries in a child again.

    Args:
        path: The model's folder.
        marks: Where the marker is; None: beside the folder.

    Raises:
        RecogniserError: If the model is missing, damaged or does not load.
    """
    try:
        import vosk
    except (ImportError, OSError) as error:
        raise RecogniserError(f"the vosk library does not load: {error}") from error
    files = _files_of(path)
    state = "\n".join(
        f"{name} {file.stat().st_size} {file.stat().st_mtime_ns}"
        for name, file in sorted(files.items())
    )
    marker = (marks or path.parent) / f".{path.name}.loads"
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
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.write_text(state)
    except OSError as error:
        # A read-only folder only costs the try-out at each start.
        logger.debug("no marker beside the model: %s", error)
    return model


def try_model(path: Path) -> None:
    """Load and use a model in a child process, which may crash.

    Raises:
        RecogniserError: If the model is missing, damaged or does not load.
    """
    _files_of(path)
    _probe(path)


def _files_of(path: Path) -> dict[str, Path]:
    if not path.is_dir():
        raise RecogniserError(f"no Vosk model at {path}: not a folder")
    files = {str(p.relative_to(path)): p for p in path.rglob("*") if p.is_file()}
    if not any(Path(name).name == "final.mdl" for name in files):
        raise RecogniserError(f"no Vosk model at {path}: final.mdl is missing")
    if empty := sorted(name for name, file in files.items() if not file.stat().st_size):
        raise RecogniserError(f"the model at {path} is damaged: {empty[0]} is empty")
    return files


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
