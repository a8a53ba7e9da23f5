"""Whisper: after the turn, asked which of the expected answers fits the sound.

Free decoding by the `base` model finds few short answers in a language it knows
badly. The same model is good at comparing: how likely is each expected phrase,
given this sound, against how likely it is given silence? The second figure takes
away the phrase's own commonness (a weighted likelihood ratio).
"""

import asyncio
import functools
import logging
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from voice.audio import HEARING_RATE_HZ, Samples
from voice.engine_thread import EngineThread
from voice.hearing import Expectation
from voice.recogniser import Hypothesis, RecogniserError

logger = logging.getLogger(__name__)

Features = NDArray[np.float32]

# Whisper's features: 100 frames a second, at most 30 s.
_FRAMES_PER_S = 100
_MOST_FRAMES = 3_000
# Padding to 30 s, as Whisper was trained, costs 0.85 s per turn; 6 s costs 0.16 s
# and scores as well. Sound of more than 4 s keeps 2 s of silence behind it.
_LEAST_FRAMES = 600
_SILENT_FRAMES = 200

# A turn may give up to 20 tokens; answers have fewer than 12.
_MOST_TOKENS = 24
_PROMPT_TOKENS = 120

# Scoring a phrase costs 0.04 s on two x86 cores. The right one of 66 phrases was
# among the 20 chosen in 97 of 100 turns, among 34 in 98.
_MOST_CANDIDATES = 20
_BATCH = 8

_LOAD_TIMEOUT_S = 60.0
# 2 s here; a Pi 4 takes five times as long, and may be busy.
_TURN_TIMEOUT_S = 30.0

_NOT_A_WORD = re.compile(r"[^\w' ]+")


@dataclass(frozen=True, slots=True)
class Rule:
    """When a phrase is taken for heard; figures in natural logarithms.

    Tuned on five espeak voices, 66 answers and 24 sentences that were none: of 198
    answers 166 right, 32 rejected, 0 wrong; of 60 other sentences none accepted.
    On two voices it was not tuned on: 52 of 66 right, at most 2 wrong; 0 of 24
    accepted. Noise, tones and silence give nothing.

    Attributes:
        prior_weight: How much of a phrase's likelihood on silence is taken off.
        least_evidence: Lowest score of an answer.
        least_margin: Lowest distance to the best phrase of another sense.
        least_own_evidence: Lowest score of words that free decoding found by
            itself; these need no margin, and no other answer goes over them.
        least_open_evidence: Lowest score of words that nobody expected; noise
            makes up a word like "de" out of nothing.
    """

    prior_weight: float = 0.85
    least_evidence: float = 1.5
    least_margin: float = 1.5
    least_own_evidence: float = 0.5
    least_open_evidence: float = 4.0


@dataclass(frozen=True, slots=True)
class Scored:
    """A phrase and its evidence: log-likelihood on this sound, less the prior's.

    Attributes:
        text: The phrase.
        evidence: In natural logarithms.
        sense: What it means; phrases of one sense do not compete.
    """

    text: str
    evidence: float
    sense: str


def normalised(text: str) -> str:
    """Reduce a text to lower-case words."""
    return " ".join(_NOT_A_WORD.sub(" ", text.lower()).split())


def without_repeats(text: str) -> str:
    """Cut a text that goes round in circles to its first round.

    On noise and unclear speech Whisper repeats itself until the cap. "Nee nee"
    and "heel heel goed" stay: a third round must have begun.
    """
    words = text.split()
    for length in range(1, len(words) // 2 + 1):
        turn = words[:length]
        rounds = [words[at : at + length] for at in range(0, len(words), length)]
        last = " ".join(rounds[-1])
        is_same = all(it == turn for it in rounds[:-1])
        if len(rounds) > 2 and is_same and " ".join(turn).startswith(last):
            return " ".join(turn)
    return text


def likely_candidates(
    free_text: str, phrases: Sequence[str], most: int = _MOST_CANDIDATES
) -> list[str]:
    """Choose the phrases worth scoring, by how they look like the free text.

    Single words stay in whatever they look like: "ja", "nee" and "stop" matter
    most, and free decoding finds them least.
    """
    if len(phrases) <= most:
        return list(phrases)
    ranked = sorted(
        phrases,
        key=lambda it: (
            fuzz.ratio(it, free_text) + 0.5 * fuzz.token_set_ratio(it, free_text)
        ),
        reverse=True,
    )
    short = [it for it in ranked if " " not in it][: most // 2]
    long = [it for it in ranked if it not in short]
    return [*short, *long[: most - len(short)]]


def choose(scored: Iterable[Scored], free_text: str, rule: Rule) -> tuple[str, float]:
    """Decide which expected phrase was said, if any.

    Args:
        scored: The expected phrases with their evidence.
        free_text: What free decoding made of the sound, normalised.
        rule: The limits.

    Returns:
        The phrase and a confidence from 0.5 to 1, or ("", 0.0).
    """
    ranked = sorted(scored, key=lambda it: it.evidence, reverse=True)
    if not ranked:
        return "", 0.0
    best = ranked[0]
    other = next((it for it in ranked if it.sense != best.sense), None)
    margin = best.evidence - other.evidence if other is not None else np.inf
    own = next((it for it in ranked if it.text == free_text), None)
    if own is not None and own.evidence >= rule.least_own_evidence:
        # Two ways of listening that name different answers: "niet zo goed" must
        # not become "het gaat goed".
        if own.sense != best.sense:
            return "", 0.0
    elif best.evidence < rule.least_evidence or margin < rule.least_margin:
        return "", 0.0
    # Likelihood against the next sense, as a probability.
    return best.text, float(1 / (1 + np.exp(-min(max(margin, 0.0), 20.0))))


class WhisperRecogniser:
    """faster-whisper's `base` model on the processor, in 8 bit.

    A thread is enough: CTranslate2 raises exceptions on damaged files, lets
    other threads run, and a call that hangs all the same is left behind after
    its time-out.

    Args:
        model_path: Folder with model.bin, config.json, tokenizer.json and
            vocabulary.txt.
        language: Two letters, as Whisper names languages.
        threads: Processor cores to use.
        rule: When a phrase is taken for heard.
        turn_timeout_s: Longest wait for a turn's result, in seconds.
    """

    is_streaming = False

    def __init__(
        self,
        model_path: Path,
        language: str,
        name: str = "whisper",
        threads: int = 2,
        rule: Rule | None = None,
        turn_timeout_s: float = _TURN_TIMEOUT_S,
    ) -> None:
        self.name = name
        self._path = model_path
        self._language = language
        self._threads = threads
        self._rule = rule or Rule()
        self._turn_timeout_s = turn_timeout_s
        self._thread: EngineThread | None = None
        self._engine: _Engine | None = None

    async def start(self) -> None:
        """Load the model.

        Raises:
            RecogniserError: If it is missing, damaged or does not load.
        """
        await self.close()
        thread = EngineThread(self.name)
        try:
            self._engine = await thread.run(
                lambda: _Engine(self._path, self._language, self._threads, self._rule),
                _LOAD_TIMEOUT_S,
            )
        except BaseException:
            await thread.close()
            raise
        self._thread = thread

    async def open(self, expectation: Expectation) -> "WhisperSession":
        """Begin a turn; see `Recogniser.open`."""
        if self._thread is None or self._engine is None or not self._thread.is_alive:
            raise RecogniserError(f"{self.name} is not running")
        return WhisperSession(
            self._thread, self._engine, expectation, self._turn_timeout_s
        )

    async def close(self) -> None:
        """Stop the engine and free its model; may be called twice."""
        thread, self._thread = self._thread, None
        self._engine = None
        if thread is not None:
            await thread.close()


class LoadedModel(Protocol):
    """What a session asks of the model, in the engine's thread."""

    def without_prior(self, phrases: Iterable[str]) -> list[str]:
        """List the phrases whose likelihood on silence is not known yet."""

    def add_priors(self, phrases: Sequence[str]) -> None:
        """Work out the phrases' likelihood on silence."""

    def recognise(
        self, sound: Samples, expectation: Expectation, go_on: Callable[[], None]
    ) -> Hypothesis:
        """Find the words of one turn.

        Args:
            sound: All of the turn, at HEARING_RATE_HZ.
            expectation: What may be said.
            go_on: Called between the steps; raises when the turn was given up.
        """


class WhisperSession:
    """One turn; made by `WhisperRecogniser.open`."""

    def __init__(
        self,
        thread: EngineThread,
        engine: LoadedModel,
        expectation: Expectation,
        timeout_s: float,
    ) -> None:
        self._thread = thread
        self._engine = engine
        self._expectation = expectation
        self._timeout_s = timeout_s
        self._sound: list[Samples] = []
        self._is_over = False
        self._is_given_up = False
        # While the person listens and thinks there is time for the priors.
        self._preparing = asyncio.create_task(self._prepare())

    async def feed(self, samples: Samples) -> str:
        """Keep the sound; the words come at the end."""
        if self._is_over:
            raise RecogniserError("this turn is over")
        if self._preparing.done() and not self._preparing.cancelled():
            self._preparing.result()
        self._sound.append(samples)
        return ""

    async def finish(self) -> Hypothesis:
        """Recognise the turn."""
        if self._is_over:
            raise RecogniserError("this turn is over")
        self._is_over = True
        await self._stop_preparing()
        if not self._sound:
            return Hypothesis("", 0.0, "", 0.0)
        sound = np.concatenate(self._sound)
        self._sound.clear()
        return await self._thread.run(
            lambda: self._engine.recognise(sound, self._expectation, self._go_on),
            self._timeout_s,
        )

    async def close(self) -> None:
        """Give the turn up; may be called twice."""
        self._is_over = True
        self._is_given_up = True
        self._sound.clear()
        await self._stop_preparing()

    def _go_on(self) -> None:
        """Stop the engine at its next step, so that the next turn gets it."""
        if self._is_given_up:
            raise RecogniserError("the turn was given up")

    async def _prepare(self) -> None:
        """Work out how likely each phrase is on silence, a few at a time."""
        phrases = self._engine.without_prior(map(normalised, self._expectation.phrases))
        for start in range(0, len(phrases), _BATCH):
            part = phrases[start : start + _BATCH]
            await self._thread.run(
                functools.partial(self._engine.add_priors, part), self._timeout_s
            )

    async def _stop_preparing(self) -> None:
        self._preparing.cancel()
        await asyncio.gather(self._preparing, return_exceptions=True)


class _Engine:
    """The loaded model; used in the engine's thread only."""

    def __init__(self, path: Path, language: str, threads: int, rule: Rule) -> None:
        for name in ("model.bin", "config.json", "tokenizer.json", "vocabulary.txt"):
            # Without tokenizer.json the library would go and fetch one.
            if not (path / name).is_file():
                raise RecogniserError(f"no Whisper model at {path}: {name} is missing")
        try:
            from faster_whisper import WhisperModel
            from faster_whisper.tokenizer import Tokenizer
        except (ImportError, OSError) as error:
            raise RecogniserError(f"faster-whisper does not load: {error}") from error
        try:
            self._whisper = WhisperModel(
                str(path),
                device="cpu",
                compute_type="int8",
                cpu_threads=threads,
                local_files_only=True,
            )
            self._tokens = Tokenizer(
                self._whisper.hf_tokenizer, True, task="transcribe", language=language
            )
        except Exception as error:
            raise RecogniserError(
                f"the model at {path} is damaged; install it again ({error})"
            ) from error
        self._rule = rule
        self._start = [*self._tokens.sot_sequence, self._tokens.no_timestamps]
        self._priors: dict[str, float] = {}
        # Silence with the faint noise that every microphone has.
        noise = np.random.default_rng(0).normal(0, 1e-4, 2 * HEARING_RATE_HZ)
        self._silence = self._encode(noise.astype(np.float32))

    def without_prior(self, phrases: Iterable[str]) -> list[str]:
        """List the phrases whose likelihood on silence is not known yet."""
        return [it for it in dict.fromkeys(phrases) if it not in self._priors]

    def add_priors(self, phrases: Sequence[str]) -> None:
        """Work out the phrases' likelihood on silence."""
        self._priors.update(self._on_silence(phrases))

    def recognise(
        self, sound: Samples, expectation: Expectation, go_on: Callable[[], None]
    ) -> Hypothesis:
        """Find the words of one turn; see `LoadedModel`."""
        started_s = time.process_time()
        encoded = self._encode(sound.astype(np.float32) / np.float32(32_768))
        phrases = [normalised(it) for it in expectation.phrases]
        go_on()
        free = self._decode(encoded, [*expectation.hints, *phrases])
        candidates = likely_candidates(free, phrases)
        tried = [*candidates, free] if free and free not in candidates else candidates
        go_on()
        # Only of expected phrases: what was said is not kept.
        self.add_priors(self.without_prior(candidates))
        priors = self._priors | self._on_silence(self.without_prior(tried))
        go_on()
        evidence = {
            text: value - self._rule.prior_weight * priors[text]
            for text, value in self._likelihoods(encoded, tried).items()
        }
        least = self._rule.least_open_evidence
        if free in phrases:
            least = self._rule.least_own_evidence
        # Words that silence explains nearly as well were made up.
        open_text = free if free and evidence[free] >= least else ""
        if phrases:
            senses = dict(zip(phrases, expectation.senses or phrases, strict=True))
            scored = [Scored(it, evidence[it], senses[it]) for it in candidates]
            text, confidence = choose(scored, free, self._rule)
        else:
            text = open_text
            confidence = 0.5 if open_text else 0.0
        cpu_s = time.process_time() - started_s
        return Hypothesis(text, confidence, open_text, cpu_s)

    def _on_silence(self, texts: Sequence[str]) -> dict[str, float]:
        return self._likelihoods(self._silence, texts)

    def _encode(self, sound: Features) -> "_Encoded":
        features = self._whisper.feature_extractor(sound, padding=0)
        spoken = min(features.shape[-1], _MOST_FRAMES)
        length = min(max(_LEAST_FRAMES, spoken + _SILENT_FRAMES), _MOST_FRAMES)
        padded = np.zeros((features.shape[0], length), np.float32)
        padded[:, :spoken] = features[:, :spoken]
        return _Encoded(self._whisper.encode(padded), spoken)

    def _decode(self, encoded: "_Encoded", words: Sequence[str]) -> str:
        """Decode freely, with the expected words as what was said before."""
        prompt = []
        if words:
            hint = self._tokens.encode(" " + ", ".join(words))[:_PROMPT_TOKENS]
            prompt = [self._tokens.sot_prev, *hint]
        result = self._whisper.model.generate(
            encoded.output,
            [[*prompt, *self._start]],
            beam_size=1,
            max_length=len(prompt) + len(self._start) + _MOST_TOKENS,
            sampling_topk=1,
        )[0]
        tokens = [it for it in result.sequences_ids[0] if it < self._tokens.eot]
        return without_repeats(normalised(self._tokens.decode(tokens)))

    def _likelihoods(
        self, encoded: "_Encoded", texts: Sequence[str]
    ) -> dict[str, float]:
        """Log-likelihood of each text on the sound."""
        import ctranslate2

        values: list[float] = []
        output = np.asarray(encoded.output).astype(np.float32)
        for start in range(0, len(texts), _MOST_CANDIDATES):
            part = texts[start : start + _MOST_CANDIDATES]
            tokens = [
                self._tokens.encode(f" {text[:1].upper()}{text[1:]}.") for text in part
            ]
            repeated = np.ascontiguousarray(np.repeat(output, len(part), axis=0))
            results = self._whisper.model.align(
                ctranslate2.StorageView.from_array(repeated),
                self._start,
                tokens,
                [max(1, encoded.frames // 2)] * len(part),
            )
            values += [
                float(np.log(np.asarray(it.text_token_probs) + 1e-10).sum())
                for it in results
            ]
        return dict(zip(texts, values, strict=True))


@dataclass(frozen=True, slots=True)
class _Encoded:
    """A sound as the encoder gives it, and its length in frames of 10 ms."""

    output: Any
    frames: int
