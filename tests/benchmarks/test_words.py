"""Word error rate."""

import pytest

from benchmarks.measuring.words import WordErrors, total, word_errors, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" ... ", []),
        ("Ja, het gaat wel!", ["ja", "het", "gaat", "wel"]),
        ("'t Is zo’n dag", ["'t", "is", "zo'n", "dag"]),
        ("Zei hij 'nee'?", ["zei", "hij", "nee"]),
        ("Eén café — twee", ["eén", "café", "twee"]),
        ("niet-rokers", ["niet", "rokers"]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("said", "heard", "errors"),
    [
        ("het gaat goed", "Het gaat goed.", 0),
        ("het gaat goed", "", 3),
        ("het gaat goed", "het goed", 1),
        ("het gaat goed", "het gaat niet goed", 1),
        ("het gaat goed", "het gaat boed", 1),
        ("het gaat goed", "gaat het goed", 2),
        ("ja", "ja ja ja ja", 3),
        ("", "iets", 1),
    ],
)
def test_errors_are_the_fewest_changes(said: str, heard: str, errors: int) -> None:
    assert word_errors(said, heard) == WordErrors(len(words_of(said)), errors)


def test_a_rate_is_over_all_words_and_may_pass_one() -> None:
    parts = [word_errors("ja", "ja ja ja ja"), word_errors("het gaat goed", "")]
    assert total(parts).rate == 6 / 4


def test_there_is_no_rate_without_words() -> None:
    assert total([]).rate is None
