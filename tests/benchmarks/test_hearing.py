"""How the answers of recognisers are judged."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from benchmarks.measuring.hearing import (
    HearingError,
    Job,
    Prepared,
    hear,
    make,
    outcome_of_phrase,
    outcome_of_question,
    paced,
    question_of,
    read_job,
)
from companion.topics.questions import ALL_QUESTIONS
from companion.understanding.intents import Intent
from companion.understanding.meaning import Understanding
from voice.audio import (
    BLOCK_S,
    HEARING_BLOCK_SAMPLES,
    HEARING_RATE_HZ,
    RATE_HZ,
    Samples,
)
from voice.espeak_synthesiser import EspeakSynthesiser
from voice.files import resample, write_wav
from voice.hearing import Expectation, Heard, Silence
from voice.recogniser import Hypothesis

UNDERSTANDING = Understanding()
YES_OR_NO = ALL_QUESTIONS["ja_of_nee"]


@pytest.mark.parametrize(
    ("said", "text", "open_text", "outcome"),
    [
        ("ja", "ja", "ja", "right"),
        # Another way to say the same is right too.
        ("ja", "jazeker", "", "right"),
        ("ja", "nee", "ja", "wrong"),
        ("ja", "", "", "rejected"),
        ("ja", "", "jazeker", "asked"),
        ("ja", "", "appel taart", "rejected"),
        # A cry is heard with the grammar and without it.
        ("help mij", "help mij", "", "right"),
        ("help mij", "", "help mij", "right"),
        ("help mij", "ja", "", "wrong"),
        ("ja", "ja", "help mij", "wrong"),
    ],
)
def test_answers_to_a_question(
    said: str, text: str, open_text: str, outcome: str
) -> None:
    heard = Heard(text, 0.9 if text else 0.0, open_text)
    judged = outcome_of_question(YES_OR_NO, said, heard, UNDERSTANDING)
    assert judged == (outcome, True)


@pytest.mark.parametrize(
    ("text", "open_text", "outcome"),
    [("", "", "right"), ("ja", "", "wrong"), ("", "jazeker", "asked")],
)
def test_talk_that_answers_nothing(text: str, open_text: str, outcome: str) -> None:
    heard = Heard(text, 0.9 if text else 0.0, open_text)
    said = "het regent de hele dag al"
    judged = outcome_of_question(YES_OR_NO, said, heard, UNDERSTANDING)
    assert judged == (outcome, False)


def test_silence_is_a_rejection() -> None:
    judged = outcome_of_question(YES_OR_NO, "ja", Silence(), UNDERSTANDING)
    assert judged == ("rejected", True)
    assert outcome_of_phrase("een", ("een", "twee"), Silence()) == ("rejected", True)


@pytest.mark.parametrize(
    ("said", "text", "judged"),
    [
        ("een", "een", ("right", True)),
        ("een", "twee", ("wrong", True)),
        ("een", "", ("rejected", True)),
        ("een", "een twee", ("rejected", True)),
        ("drie", "", ("right", False)),
        ("drie", "een", ("wrong", False)),
        ("drie", "drie", ("right", False)),
    ],
)
def test_one_of_some_phrases(said: str, text: str, judged: tuple[str, bool]) -> None:
    assert outcome_of_phrase(said, ("een", "twee"), Heard(text, 0.9)) == judged


def test_a_question_by_name_or_by_what_may_be_meant() -> None:
    assert question_of("ja_of_nee") is YES_OR_NO
    assert question_of("yes+later").answers == {Intent.YES, Intent.LATER}


@pytest.mark.parametrize("name", ["ja of nee", "yes+maybe", "+"])
def test_a_question_that_nobody_knows(name: str) -> None:
    with pytest.raises(HearingError, match="no question"):
        question_of(name)


def test_a_recogniser_that_nobody_knows(tmp_path: Path) -> None:
    with pytest.raises(HearingError, match="no recogniser of the kind 'kaldi'"):
        make("kaldi", tmp_path)


def test_a_job_is_read_as_it_was_written(tmp_path: Path) -> None:
    clip = Prepared("a.wav", "ja", phrases=("ja", "nee"), is_paced=True)
    job = Job("vosk", "model", True, {"a": [clip], "b": []})
    file = tmp_path / "job.json"
    file.write_text(json.dumps(asdict(job)), "utf-8")
    assert read_job(file) == job


async def test_paced_blocks_take_their_time() -> None:
    async def blocks() -> AsyncIterator[Samples]:
        for _ in range(5):
            yield np.zeros(HEARING_BLOCK_SAMPLES, np.int16)

    begun_s = time.monotonic()
    assert len([block async for block in paced(blocks())]) == 5
    assert time.monotonic() - begun_s >= 5 * BLOCK_S


class Parrot:
    """A recogniser that always hears the same, and keeps what it was asked."""

    name = "parrot"
    is_streaming = False

    def __init__(self) -> None:
        self.asked: list[Expectation] = []
        self.fed = 0

    async def start(self) -> None:
        pass

    async def open(self, expectation: Expectation) -> "Parrot":
        self.asked.append(expectation)
        return self

    async def feed(self, samples: Samples) -> str:
        self.fed += samples.size
        return ""

    async def finish(self) -> Hypothesis:
        return Hypothesis("ja", 0.9, "ja", 0.25)

    async def close(self) -> None:
        pass


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody says yes."""

    async def render() -> Samples:
        voice = EspeakSynthesiser()
        await voice.start()
        try:
            return await voice.render("ja, dat is goed", 140)
        finally:
            await voice.close()

    file = tmp_path_factory.mktemp("spoken") / "ja.wav"
    sound = resample(asyncio.run(render()), RATE_HZ, HEARING_RATE_HZ)
    write_wav(file, sound, HEARING_RATE_HZ)
    return file


@pytest.mark.real
async def test_a_clip_is_heard_as_the_product_hears(spoken: Path) -> None:
    parrot = Parrot()
    clip = Prepared(str(spoken), "ja", "ja_of_nee")
    told = await hear(clip, parrot, UNDERSTANDING, is_told=True)
    assert (told.outcome, told.open_text, told.cpu_s) == ("right", "ja", 0.25)
    assert told.end_of_turn_s is None
    assert parrot.fed > 0
    assert "nee" in parrot.asked[0].phrases
    await hear(clip, parrot, UNDERSTANDING, is_told=False)
    assert parrot.asked[1].phrases == ()


@pytest.mark.real
async def test_silence_costs_nothing_and_has_no_words(tmp_path: Path) -> None:
    file = tmp_path / "stil.wav"
    write_wav(file, np.zeros(HEARING_RATE_HZ, np.int16), HEARING_RATE_HZ)
    clip = Prepared(str(file), "ja", phrases=("ja", "nee"))
    result = await hear(clip, Parrot(), UNDERSTANDING, is_told=True)
    assert (result.outcome, result.open_text, result.cpu_s) == ("rejected", "", 0.0)
    assert result.audio_s == 1.0
