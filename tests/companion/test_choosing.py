"""Which recogniser listens, in each situation."""

import itertools
from typing import Literal, get_args

import pytest

from companion.choosing import choose, hears_people
from voice.models import Model
from voice.settings import EarsSettings

Kind = Literal["auto", "vosk", "whisper"]

OFFICIAL = Model("official", "vosk", "nl", "", "", "")
WHISPER = Model("whisper", "whisper", "nl", "", "", "")
OURS = Model("ours", "vosk", "nl", "", "", "", hears_people=False)
KOREAN = Model("ko", "vosk", "ko", "", "", "")
VOICE = Model("voice", "piper", "nl", "", "", "")
# In the order of the manifest.
ALL = (OFFICIAL, OURS, WHISPER, KOREAN, VOICE)
NEARLY_DEAF = (OURS, KOREAN, VOICE)


def names(
    sound: str,
    installed: tuple[Model, ...],
    recogniser: Kind = "auto",
    model: str = "",
) -> list[str]:
    ears = EarsSettings(recogniser=recogniser, model=model)
    return [it.name for it in choose(ears, sound, installed)]


@pytest.mark.parametrize("sound", ["soundcard", "browser", "files"])
@pytest.mark.parametrize(
    ("installed", "recogniser", "model", "chosen"),
    [
        (ALL, "auto", "", ["official", "whisper"]),
        ((OURS, WHISPER), "auto", "", ["whisper"]),
        ((OURS, WHISPER), "whisper", "", ["whisper"]),
        (ALL, "vosk", "", ["official"]),
        (ALL, "auto", "whisper", ["whisper"]),
        # Its name chooses it, and nothing beside it.
        (ALL, "auto", "ours", ["ours"]),
        (ALL, "vosk", "ours", ["ours"]),
        ((OURS,), "auto", "ours", ["ours"]),
        # What does not exist, is of another kind or of another language.
        (ALL, "whisper", "ours", []),
        (ALL, "auto", "praat", []),
        (ALL, "auto", "ko", []),
        (ALL, "auto", "voice", []),
        ((), "auto", "", []),
    ],
)
def test_the_same_with_every_kind_of_sound(
    sound: str,
    installed: tuple[Model, ...],
    recogniser: Kind,
    model: str,
    chosen: list[str],
) -> None:
    assert names(sound, installed, recogniser, model) == chosen


@pytest.mark.parametrize(
    ("sound", "installed", "recogniser", "chosen"),
    [
        ("soundcard", NEARLY_DEAF, "auto", []),
        ("soundcard", NEARLY_DEAF, "vosk", []),
        ("soundcard", (OURS, WHISPER), "vosk", []),
        ("browser", NEARLY_DEAF, "auto", ["ours"]),
        ("files", NEARLY_DEAF, "auto", ["ours"]),
        ("browser", (OURS, WHISPER), "vosk", ["ours"]),
        ("browser", NEARLY_DEAF, "whisper", []),
    ],
)
def test_without_a_model_for_people_only_the_simulator_takes_the_synthetic_one(
    sound: str, installed: tuple[Model, ...], recogniser: Kind, chosen: list[str]
) -> None:
    assert names(sound, installed, recogniser) == chosen


def test_a_synthetic_one_never_stands_in_for_one_that_hears_people() -> None:
    kinds: tuple[Kind, ...] = get_args(Kind)
    models = ("", "official", "ours", "whisper")
    sounds = ("soundcard", "browser", "files")
    for size in range(len(ALL) + 1):
        for installed in itertools.combinations(ALL, size):
            for kind, model, sound in itertools.product(kinds, models, sounds):
                chosen = names(sound, installed, kind, model)
                assert chosen == ["ours"] or "ours" not in chosen
                if sound == "soundcard" and model != "ours":
                    assert "ours" not in chosen


def test_whether_people_are_understood() -> None:
    assert hears_people([OFFICIAL, WHISPER])
    assert not hears_people([OURS])
    assert hears_people([])
