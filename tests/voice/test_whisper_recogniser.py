"""Whisper: its rules as pure functions, and the engine for real, on Dutch."""

import asyncio
import shutil
import subprocess
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import pytest
import soxr

from tests.installed import installed_model
from tests.sound.handmade import let_tasks_run
from voice.audio import HEARING_BLOCK_SAMPLES, HEARING_RATE_HZ, Samples
from voice.engine_thread import EngineThread
from voice.hearing import Expectation
from voice.recogniser import Hypothesis, RecogniserError
from voice.whisper_recogniser import (
    Rule,
    Scored,
    WhisperRecogniser,
    WhisperSession,
    choose,
    likely_candidates,
    normalised,
    without_repeats,
)

ANSWERS = (
    "ja",
    "nee",
    "ja hoor",
    "nee dank u",
    "stop",
    "sla over",
    "het gaat goed",
    "ik heb goed geslapen",
    "ik heb slecht geslapen",
    "ik heb geen pijn",
    "mijn dochter komt op bezoek",
    "bel de luisterlijn",
)
OTHER = ("de koning opent de brug", "de trein naar utrecht vertrekt van spoor vijf")


def test_a_text_is_reduced_to_words() -> None:
    assert normalised(" Ja, hoor!  Zo'n  dag…") == "ja hoor zo'n dag"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("ik heb geen pijn ik heb geen pijn ik heb geen", "ik heb geen pijn"),
        ("rot rot rot rot", "rot"),
        ("nee nee", "nee nee"),
        ("heel heel goed", "heel heel goed"),
        ("ja nee ja", "ja nee ja"),
        ("", ""),
    ],
)
def test_going_round_in_circles_is_cut_to_one_round(text: str, kept: str) -> None:
    assert without_repeats(text) == kept


def test_short_lists_are_scored_whole_and_long_ones_by_likeness() -> None:
    assert likely_candidates("x", ANSWERS) == list(ANSWERS)
    many = [f"ik wil graag {number} broodjes" for number in range(150)]
    chosen = likely_candidates("ik heb slecht gesapen", [*many, *ANSWERS], most=12)
    assert len(chosen) == len(set(chosen)) == 12
    assert "ik heb slecht geslapen" in chosen
    assert {"ja", "nee", "stop"} <= set(chosen)


RULE = Rule(least_evidence=1.5, least_margin=1.5, least_own_evidence=0.5)


@pytest.mark.parametrize(
    ("ja", "nee", "free", "answer"),
    [
        (5.0, 0.0, "jan", "ja"),  # clear
        (1.0, -3.0, "jan", ""),  # silence explains it nearly as well
        (5.0, 4.0, "jan", ""),  # too close to another
        (0.8, 0.0, "ja", "ja"),  # heard twice: less is enough
        (0.3, 0.0, "ja", ""),  # the free text may be made up
        (5.0, 2.0, "nee", ""),  # the two ways of listening disagree
    ],
)
def test_when_an_answer_is_taken(ja: float, nee: float, free: str, answer: str) -> None:
    scored = [Scored("nee", nee, "no"), Scored("ja", ja, "yes")]
    text, confidence = choose(scored, free, RULE)
    assert text == answer
    assert (0.5 <= confidence <= 1.0) if answer else confidence == 0.0


def test_two_ways_to_say_the_same_do_not_compete() -> None:
    scored = [
        Scored("ja", 5.0, "yes"),
        Scored("ja hoor", 4.9, "yes"),
        Scored("nee", 0.0, "no"),
    ]
    text, confidence = choose(scored, "jan", RULE)
    assert text == "ja"
    assert confidence > 0.99


def test_without_candidates_there_is_no_answer() -> None:
    assert choose([], "ja", RULE) == ("", 0.0)


# ---- A turn that is given up


class SlowModel:
    """Takes its time between two steps, until the test lets it go on."""

    def __init__(self) -> None:
        self.is_between_steps = threading.Event()
        self.may_go_on = threading.Event()
        self.finished: list[str] = []

    def without_prior(self, phrases: Iterable[str]) -> list[str]:
        return []

    def add_priors(self, phrases: Sequence[str]) -> None:
        raise AssertionError("no phrase lacks its prior")

    def recognise(
        self, sound: Samples, expectation: Expectation, go_on: Callable[[], None]
    ) -> Hypothesis:
        self.is_between_steps.set()
        assert self.may_go_on.wait(10)
        go_on()
        [phrase] = expectation.phrases
        self.finished.append(phrase)
        return Hypothesis(phrase, 0.9, phrase, 0.1)


async def test_a_turn_given_up_lets_the_engine_go_at_its_next_step() -> None:
    thread, model = EngineThread("engine"), SlowModel()
    old = WhisperSession(thread, model, Expectation(("oud",)), 10)
    await old.feed(np.ones(320, np.int16))
    finishing = asyncio.create_task(old.finish())
    assert await asyncio.to_thread(model.is_between_steps.wait, 10)
    finishing.cancel()
    await asyncio.wait([finishing])
    await old.close()
    new = WhisperSession(thread, model, Expectation(("nieuw",)), 10)
    await new.feed(np.ones(320, np.int16))
    following = asyncio.create_task(new.finish())
    await let_tasks_run()
    assert not following.done()
    model.may_go_on.set()
    assert (await following).text == "nieuw"
    assert model.finished == ["nieuw"]
    await new.close()
    await thread.close()


# ---- The engine itself


@pytest.fixture(scope="module")
def model_path() -> Path:
    return installed_model("whisper-base")


@pytest.fixture
async def recogniser(model_path: Path) -> AsyncIterator[WhisperRecogniser]:
    engine = WhisperRecogniser(model_path, "nl")
    await engine.start()
    yield engine
    await engine.close()
    await engine.close()


def spoken(text: str) -> Samples:
    """Speech from espeak-ng, with silence around it, at 16 kHz."""
    if shutil.which("espeak-ng") is None:
        pytest.fail("espeak-ng is missing: install the Debian package espeak-ng")
    wav = subprocess.run(
        ["espeak-ng", "-v", "nl", "-s", "140", "--stdout", text],
        capture_output=True,
        check=True,
    ).stdout
    sound = np.frombuffer(wav[wav.index(b"data") + 8 :], np.int16)
    speech = soxr.resample(sound, 22_050, HEARING_RATE_HZ)
    quiet = np.zeros(6_400, np.int16)
    return np.concatenate([quiet, speech, quiet]).astype(np.int16)


async def hear(
    recogniser: WhisperRecogniser, sound: Samples, expectation: Expectation
) -> Hypothesis:
    session = await recogniser.open(expectation)
    try:
        for start in range(0, len(sound), HEARING_BLOCK_SAMPLES):
            block = sound[start : start + HEARING_BLOCK_SAMPLES]
            assert await session.feed(block) == ""
        return await session.finish()
    finally:
        await session.close()
        await session.close()


@pytest.mark.real
async def test_answers_are_heard_and_other_speech_is_refused(
    recogniser: WhisperRecogniser,
) -> None:
    expectation = Expectation(ANSWERS)
    results = {
        phrase: await hear(recogniser, spoken(phrase), expectation)
        for phrase in (*ANSWERS, *OTHER)
    }
    right = [phrase for phrase in ANSWERS if results[phrase].text == phrase]
    wrong = [phrase for phrase, it in results.items() if it.text not in ("", phrase)]
    assert wrong == []
    assert len(right) >= 9
    assert all(0.5 <= results[phrase].confidence <= 1 for phrase in right)
    assert all(it.open_text is not None and it.cpu_s > 0 for it in results.values())


@pytest.mark.real
async def test_noise_tones_and_silence_say_nothing(
    recogniser: WhisperRecogniser,
) -> None:
    moments = np.arange(2 * HEARING_RATE_HZ) / HEARING_RATE_HZ
    chord = sum(3_000 * np.sin(2 * np.pi * hz * moments) for hz in (220, 277, 330))
    noise = np.random.default_rng(1).normal(0, 3_000, len(moments))
    for sound in (chord, noise, np.zeros(len(moments))):
        for expectation in (Expectation(ANSWERS), Expectation(hints=("pijn",))):
            result = await hear(
                recogniser, np.asarray(sound).astype(np.int16), expectation
            )
            assert (result.text, result.confidence) == ("", 0.0)
            assert result.open_text == ""


@pytest.mark.real
async def test_a_turn_without_sound_or_after_its_end(
    recogniser: WhisperRecogniser,
) -> None:
    session = await recogniser.open(Expectation(ANSWERS))
    assert await session.finish() == Hypothesis("", 0.0, "", 0.0)
    with pytest.raises(RecogniserError, match="over"):
        await session.feed(np.zeros(320, np.int16))
    await session.close()


@pytest.mark.real
async def test_a_closed_recogniser_fails_the_turn_and_starts_again(
    recogniser: WhisperRecogniser,
) -> None:
    session = await recogniser.open(Expectation(("ja", "nee")))
    await session.feed(spoken("ja"))
    await recogniser.close()
    with pytest.raises(RecogniserError):
        await session.finish()
    await session.close()
    with pytest.raises(RecogniserError, match="not running"):
        await recogniser.open(Expectation())
    await recogniser.start()
    result = await hear(recogniser, spoken("stop"), Expectation(("stop", "ja")))
    assert result.text == "stop"


@pytest.mark.real
async def test_a_turn_given_up_while_it_is_recognised_leaves_nothing_behind(
    recogniser: WhisperRecogniser,
) -> None:
    given_up = await recogniser.open(Expectation(ANSWERS))
    await given_up.feed(spoken("mijn dochter komt op bezoek"))
    finishing = asyncio.create_task(given_up.finish())
    await let_tasks_run()
    finishing.cancel()
    await asyncio.wait([finishing])
    await given_up.close()
    result = await hear(recogniser, spoken("stop"), Expectation(("stop", "ja")))
    assert result.text == "stop"


# ---- Folders that are no model


async def test_what_is_not_a_model_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    for name in ("missing", "empty", "file"):
        with pytest.raises(RecogniserError, match=r"model\.bin is missing"):
            await WhisperRecogniser(tmp_path / name, "nl").start()


@pytest.mark.real
@pytest.mark.parametrize("damaged", ["model.bin", "tokenizer.json"])
async def test_damage_is_said(model_path: Path, tmp_path: Path, damaged: str) -> None:
    for name in ("model.bin", "config.json", "tokenizer.json", "vocabulary.txt"):
        (tmp_path / name).symlink_to(model_path / name)
    content = (model_path / damaged).read_bytes()
    (tmp_path / damaged).unlink()
    (tmp_path / damaged).write_bytes(content[: len(content) // 2])
    with pytest.raises(RecogniserError, match="damaged"):
        await WhisperRecogniser(tmp_path, "nl").start()
