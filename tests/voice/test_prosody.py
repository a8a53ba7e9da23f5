"""Pauses, rates and cutting up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.prosody import (
    LONGEST_PAUSE_S,
    articulation_wpm,
    clip_rate,
    digits_apart,
    has_words,
    phrases,
    plain,
    reading_s,
    split_phrases,
    split_sentences,
)
from voice.speech import Speech


@pytest.mark.parametrize(
    ("sentence", "parts"),
    [
        ("Nee, dank u.", ("Nee,", "dank u.")),
        ("Het kost 3,50 euro.", ("Het kost 3,50 euro.",)),
        ("Om 10:30 uur, dus straks.", ("Om 10:30 uur,", "dus straks.")),
        ("Op 3, 4 en 5 mei.", ("Op 3,", "4 en 5 mei.")),
        ("Ja - dat kan.", ("Ja", "dat kan.")),
        ("Een e-mail is er.", ("Een e-mail is er.",)),
        ("U zei: “goed,” en meer.", ("U zei:", "“goed,”", "en meer.")),
        ("Goed, ... !", ("Goed,... !",)),
        ("", ()),
        ("...", ()),
    ],
)
def test_sentences_are_cut_where_people_breathe(
    sentence: str, parts: tuple[str, ...]
) -> None:
    assert split_phrases(sentence) == parts


def test_pauses_are_longest_after_a_fact() -> None:
    speech = Speech(("Ja, dat is zo.", "Het is tien uur."), holds_fact=True)
    assert [one.pause_s for one in phrases(speech, 150)] == [0.4, 0.8, 1.2]


def test_slower_means_longer_pauses_and_never_slower_words() -> None:
    speech = Speech(("Goedemorgen, heeft u vannacht goed geslapen?",))
    ordinary, slow = phrases(speech, 150), phrases(speech, 120)
    assert articulation_wpm(120) == articulation_wpm(150) == 150
    assert articulation_wpm(180) == 180
    # A word takes 0.4 s at 150 words a minute and 0.5 s at 120.
    assert slow[0].pause_s == pytest.approx(ordinary[0].pause_s + 0.1)
    assert slow[1].pause_s == pytest.approx(ordinary[1].pause_s + 0.5)


def test_no_pause_seems_the_end_of_it() -> None:
    long = phrases(Speech((" ".join(["woord"] * 60),)), 120)
    assert long[0].pause_s == LONGEST_PAUSE_S


def test_rates_are_clipped() -> None:
    assert [clip_rate(rate) for rate in (0, 120, 155, 999)] == [120, 120, 155, 180]


@given(st.text(max_size=200), st.integers(0, 400))
def test_no_word_is_lost_and_no_phrase_is_empty(sentence: str, rate: int) -> None:
    found = phrases(Speech((sentence,)), rate)
    assert all(has_words(one.text) for one in found)
    kept = "".join(one.text for one in found)
    assert [c for c in kept if c.isalnum()] == [c for c in sentence if c.isalnum()]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Hallo. Hoe gaat het?", ("Hallo.", "Hoe gaat het?")),
        ("Dat is J. Jansen.", ("Dat is J. Jansen.",)),
        ("Het is 3.5 graden. Brr!", ("Het is 3.5 graden.", "Brr!")),
        ("Nou... ja.", ("Nou... ja.",)),
        ('Hij zei "ja." Toen niet.', ('Hij zei "ja."', "Toen niet.")),
        ("  ", ()),
    ],
)
def test_running_text_is_cut_into_sentences(
    text: str, sentences: tuple[str, ...]
) -> None:
    assert split_sentences(text) == sentences


def test_engines_get_plain_text() -> None:
    text = "“’s Ochtends”\n is\x00 het 3\N{NO-BREAK SPACE}°C – koud \N{SNOWFLAKE}…"
    assert plain(text) == '"\'s Ochtends" is het 3 °C - koud ...'
    assert plain("cafe\N{COMBINING ACUTE ACCENT}") == "café"
    assert plain("\ud800") == ""


def test_a_caption_without_a_voice_stays_long_enough_to_read() -> None:
    assert reading_s("Ja.", 150) == 1.0
    assert reading_s("een twee drie vier vijf", 150) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("number", "group", "spelt"),
    [
        ("0612345678", 2, "0 6, 1 2, 3 4, 5 6, 7 8"),
        ("112", 1, "1, 1, 2"),
        ("+31 (0)20-123", 3, "+ 3 1 0, 2 0 1, 2 3"),
    ],
)
def test_numbers_are_spelt_slowly(number: str, group: int, spelt: str) -> None:
    assert digits_apart(number, group) == spelt


def test_spelling_refuses_nonsense() -> None:
    with pytest.raises(ValueError, match="no digits"):
        digits_apart("-", 2)
    with pytest.raises(ValueError, match="one digit"):
        digits_apart("12", 0)
