"""A short check-in, spoken and heard, through a sound card.

The device is the real command with a real recogniser; the person is espeak-ng,
whose Dutch is the clearest voice that Debian has. It is a hard voice to
understand: what was rejected is asked again, and answered again.

Told by `script/test-long`: the spoken stories are whole check-ins with another
recogniser, and with this one shorter conversations are told by `test_device_life.py`
and `tests/peers/test_simulator_device.py`.
"""

import sqlite3
from pathlib import Path

import pytest

from companion.understanding.intents import Intent
from tests.installed import installed_model
from tests.peers.device import Page, ready_device
from tests.sound.virtual_card import VirtualCard, speak_into
from tests.stories.person import key_of
from voice.audio import Samples
from voice.espeak_synthesiser import EspeakSynthesiser

# By a word of what is asked, the first that fits: what the person says.
ANSWERS = (
    ("bedoelt u", "ja"),
    ("klopt dat", "nee"),
    ("last", "nee geen pijn"),
    ("pijn", "nee geen pijn"),
    ("geslapen", "slecht geslapen"),
    ("nacht", "slecht geslapen"),
    ("sliep", "slecht geslapen"),
    ("wilt u nog kwijt", "nee dank u"),
    ("doorgeven", "nee dank u"),
    ("hoe gaat", "prima"),
    ("hoe voelt", "prima"),
)
OTHERWISE = "ja"
TURNS_AT_MOST = 40


def answer_to(said: str) -> str:
    """What the person answers to these words."""
    if key_of(said) == "checkin.more.ask":
        # Three questions are enough here: a large recogniser takes its time.
        return "nee"
    return next((a for word, a in ANSWERS if word in said.lower()), OTHERWISE)


async def converse(
    page: Page, card: VirtualCard, voice: EspeakSynthesiser
) -> list[tuple[str, str]]:
    """Answer until the device is silent again; returns who said what."""
    sounds: dict[str, Samples] = {}
    turns: list[tuple[str, str]] = []
    while len(turns) < TURNS_AT_MOST:
        await page.until(lambda page: page.view["state"] in ("Ik luister", ""))
        if not page.view["state"]:
            return turns
        words = answer_to(page.view["said"])
        turns.append((page.view["said"], words))
        if words not in sounds:
            sounds[words] = await voice.render(words, 150)
        await speak_into(card, sounds[words])
        await page.until(lambda page: page.view["state"] != "Ik luister")
    raise AssertionError(f"no end after {TURNS_AT_MOST} turns")


@pytest.mark.real
@pytest.mark.long
async def test_a_check_in_is_spoken_heard_and_remembered(
    virtual_card: VirtualCard, tmp_path: Path
) -> None:
    models = installed_model("whisper-base").parent
    voice = EspeakSynthesiser()
    await voice.start()
    try:
        async with ready_device(
            tmp_path,
            virtual_card.environment,
            device={"sound": "soundcard"},
            ears={
                "recogniser": "whisper",
                "patience_s": 10.0,
                "end_of_turn_closed_s": 0.8,
                "end_of_turn_open_s": 0.8,
            },
            folders={"models": str(models)},
        ) as (_, page):
            await page.press("talk")
            await page.until(lambda page: page.view["state"])
            turns = await converse(page, virtual_card, voice)
    finally:
        await voice.close()
    with sqlite3.connect(tmp_path / "state" / "journal.db") as journal:
        kept = dict(journal.execute("select question, intent from answer"))
        words = list(journal.execute("select words from answer where words not null"))
        outcomes = list(journal.execute("select outcome from check_in"))
    assert outcomes == [("done",)], turns
    assert kept["checkin.mood"] == Intent.MOOD_GOOD, turns
    assert kept["checkin.sleep"] == Intent.SLEPT_BADLY, turns
    assert kept["checkin.pain"] == Intent.NO_PAIN, turns
    assert words == [], "words are kept only if the settings say so"
