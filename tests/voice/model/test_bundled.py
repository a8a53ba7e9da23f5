"""The model that comes with Praatpaal, heard through the product's recogniser.

Voices that it was not trained on speak; the floors are below what was measured
(see the model's card), for these are few utterances.
"""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from voice.model import trials
from voice.model.augment import Chances
from voice.model.evaluate import Outcome, hear
from voice.model.trials import SHORT_WORDS, Trial
from voice.model.voices import HELD_OUT_VOICES
from voice.model.words import add_words, known_words, missing_words
from voice.model_folder import damage_in
from voice.vosk_recogniser import VoskRecogniser

FOLDER = Path("voice/bundled/praatpaal-nl-synthetic")
MOST_BYTES = 12_000_000

pytestmark = pytest.mark.real

PHRASES = (
    "ja", "nee", "ja hoor", "nee dank u", "goed geslapen", "het gaat wel",
    "ik heb pijn in mijn knie", "niet zo goed", "mijn dochter komt vanmiddag",
    "hoe laat is het", "wat zegt u", "stop", "ik ben gevallen", "help mij",
    "ik ben niet gevallen", "geen pijn", "over een half uur", "drie kopjes thee",
    "ik ga boodschappen doen", "harder",
)  # fmt: skip
OTHERS = (
    "morgen wordt het weer droog in het noorden", "de trein naar utrecht",
    "paardebloemen", "zeventien kilo aardbeien", "mijn fiets staat nog buiten",
    "waarom is de krant er niet", "tafelkleed", "een brief van de gemeente",
    "gisteren speelde ajax gelijk", "de verwarming tikt",
)  # fmt: skip
NAMES = ("wilhelmientje", "oosterdijk", "fokkelien", "zwanenburg", "brechtje")


@pytest.fixture(scope="module")
def marks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where it is remembered that the model loads, once for all tests."""
    return tmp_path_factory.mktemp("marks")


@pytest.fixture
async def recogniser(marks: Path) -> AsyncIterator[VoskRecogniser]:
    made = VoskRecogniser(FOLDER, marks=marks)
    await made.start()
    yield made
    await made.close()


def spoken_by_all(
    texts: Sequence[str],
    grammar: tuple[str, ...],
    chances: Chances = trials.CLEAN,
    is_expected: bool = True,
    times: int = 1,
) -> list[Trial]:
    """Each text `times` times, by held-out voices in turn."""
    return [
        Trial("", text, grammar, HELD_OUT_VOICES[place % len(HELD_OUT_VOICES)],
              chances, place, is_expected)
        for place, text in enumerate(list(texts) * times)
    ]  # fmt: skip


def share_right(outcomes: Sequence[Outcome]) -> float:
    return sum(outcome.kind == "right" for outcome in outcomes) / len(outcomes)


def test_it_is_small_whole_and_says_what_it_is() -> None:
    files = [path for path in FOLDER.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= MOST_BYTES
    assert damage_in(FOLDER) == ()
    assert "does not understand people" in (FOLDER / "README.md").read_text("utf-8")


def test_it_knows_the_words_that_it_was_asked_for() -> None:
    words = {word for phrase in PHRASES for word in phrase.split()}
    assert (
        missing_words(FOLDER, [*words, "truus", "tweeëntwintig", "kleindochter"]) == ()
    )
    assert len(known_words(FOLDER)) > 8000


async def test_it_hears_voices_that_it_was_not_trained_on(
    recogniser: VoskRecogniser,
) -> None:
    said = trials.speak(spoken_by_all(PHRASES, PHRASES, times=2))
    heard = await hear(recogniser, said)
    assert len(heard) == 40
    assert share_right(heard) >= 0.95


async def test_it_hears_short_words_in_noise(recogniser: VoskRecogniser) -> None:
    grammar = tuple(dict.fromkeys((*SHORT_WORDS, *PHRASES)))
    said = trials.speak(spoken_by_all(SHORT_WORDS, grammar, trials.NOISY, times=6))
    assert share_right(await hear(recogniser, said)) >= 0.85


async def test_it_rejects_speech_that_is_no_answer(recogniser: VoskRecogniser) -> None:
    said = trials.speak(spoken_by_all(OTHERS, PHRASES, is_expected=False, times=2))
    outcomes = await hear(recogniser, said)
    assert len(outcomes) == 20
    assert share_right(outcomes) >= 0.95


async def test_it_hears_a_name_after_it_was_added(tmp_path: Path) -> None:
    grammar = (*PHRASES, *(f"bel {name}" for name in NAMES))
    said = trials.speak(spoken_by_all([f"bel {name}" for name in NAMES], grammar))
    assert missing_words(FOLDER, NAMES) == NAMES
    assert add_words(FOLDER, NAMES, tmp_path / "own") == NAMES
    knowing = VoskRecogniser(tmp_path / "own")
    await knowing.start()
    try:
        assert knowing.missing_words(NAMES) == ()
        heard = await hear(knowing, said)
    finally:
        await knowing.close()
    assert share_right(heard) >= 0.8
