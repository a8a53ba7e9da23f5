"""How speech is cut up and paced for old ears. Knows no language.

Ageing hears speech slower than it arrives, and stretched sounds are harder to
understand, not easier. So a slower rate lengthens the pauses between groups
of words, and the words themselves are never slower than the ordinary rate.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from voice.speech import Speech

DEFAULT_RATE_WPM = 150
SLOWEST_WPM = 120
FASTEST_WPM = 180

COMMA_PAUSE_S = 0.4
SENTENCE_PAUSE_S = 0.8
FACT_PAUSE_S = 1.2

# Long phrases without a comma would get one very long pause at a low rate.
LONGEST_PAUSE_S = 2.0

# A comma inside a number ("3,50") or a time ("10:30") has no space after it.
_PHRASE_END = re.compile(r"(?<=[,;:…])\s+|(?<=[,;:…][\"'”’»)])\s+|\s+[–—-]\s+")
_SENTENCE_END = re.compile(r"(?<=[.!?…])(?<!\b\w\.)([\"'”’»)]*)\s+(?=[\"'“‘«(]?[^a-z])")
_REPLACED = str.maketrans(
    {
        "“": '"',
        "”": '"',
        "„": '"',
        "«": '"',
        "»": '"',
        "‘": "'",
        "’": "'",
        "–": " - ",
        "—": " - ",
        "…": "...",
    }
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words spoken in one go, and the silence after them."""

    text: str
    pause_s: float


def clip_rate(rate_wpm: int) -> int:
    """Bring a rate into SLOWEST_WPM..FASTEST_WPM."""
    return max(SLOWEST_WPM, min(FASTEST_WPM, rate_wpm))


def articulation_wpm(rate_wpm: int) -> int:
    """Rate of the words themselves: never slower than ordinary."""
    return max(DEFAULT_RATE_WPM, clip_rate(rate_wpm))


def never(sentence: str) -> bool:
    """No sentence is left whole."""
    return False


def phrases(
    speech: Speech, rate_wpm: int, is_whole: Callable[[str], bool] = never
) -> tuple[Phrase, ...]:
    """Cut a speech up into what is rendered one by one, with its pauses.

    The pause after the last phrase is what has to pass before anything else
    is said; a fact's pause belongs to the fact.

    Args:
        speech: What is said.
        rate_wpm: 120 to 180 words per minute.
        is_whole: Whether a sentence is not cut, since somebody recorded it.
    """
    found: list[Phrase] = []
    for sentence in speech.sentences:
        parts = (sentence,) if is_whole(sentence) else split_phrases(sentence)
        for number, part in enumerate(parts, start=1):
            pause_s = SENTENCE_PAUSE_S if number == len(parts) else COMMA_PAUSE_S
            found.append(Phrase(part, _paced(pause_s, part, rate_wpm)))
    if found and speech.holds_fact:
        last = found[-1].text
        found[-1] = Phrase(last, _paced(FACT_PAUSE_S, last, rate_wpm))
    return tuple(found)


def _paced(pause_s: float, text: str, rate_wpm: int) -> float:
    """Lengthen a pause by what the words before it should have taken longer."""
    slower_s = 60 / clip_rate(rate_wpm) - 60 / articulation_wpm(rate_wpm)
    return min(LONGEST_PAUSE_S, pause_s + len(text.split()) * slower_s)


def split_phrases(sentence: str) -> tuple[str, ...]:
    """Cut a sentence at its commas, semicolons, colons and dashes.

    The comma stays: it makes the engine's voice go on instead of falling.
    """
    parts: list[str] = []
    for part in _PHRASE_END.split(sentence):
        if has_words(part):
            parts.append(part.strip())
        elif parts and part.strip():
            parts[-1] += part.strip()
    return tuple(parts)


def split_sentences(text: str) -> tuple[str, ...]:
    """Cut running text after . ! ? before a word that starts no lower case."""
    marked = _SENTENCE_END.sub(lambda end: f"{end.group(1)}\n", text.strip())
    return tuple(line.strip() for line in marked.splitlines() if line.strip())


def reading_s(text: str, rate_wpm: int) -> float:
    """How long a caption stays when no voice can say it; at least 1 s."""
    return max(1.0, len(text.split()) * 60 / clip_rate(rate_wpm))


def has_words(text: str) -> bool:
    """Whether there is anything to pronounce."""
    return any(character.isalnum() for character in text)


def plain(text: str) -> str:
    """Take out what engines stumble over or read aloud.

    Typographic quotes and dashes become plain ones; control characters,
    emoji and other symbols become spaces. Letters, marks, digits, currency
    signs and ordinary punctuation stay.
    """
    text = unicodedata.normalize("NFC", text).translate(_REPLACED)
    kept = "".join(
        character
        if unicodedata.category(character)[0] in "LMNP" or character in "€$£%°+=<>"
        else " "
        for character in text
    )
    return " ".join(kept.split())


def digits_apart(number: str, group: int = 1) -> str:
    """Spell a number digit by digit, in groups with a comma: a short pause.

    "0612345678" in groups of 2 becomes "0 6, 1 2, 3 4, 5 6, 7 8". A plus sign
    stays in front; spaces and hyphens are dropped.

    Raises:
        ValueError: If there is no digit in it, or the group is not positive.
    """
    if group < 1:
        raise ValueError(f"groups need at least one digit, not {group}")
    digits = [character for character in number if character.isdecimal()]
    if not digits:
        raise ValueError("there are no digits to spell")
    groups = [digits[at : at + group] for at in range(0, len(digits), group)]
    spelt = ", ".join(" ".join(one) for one in groups)
    return f"+ {spelt}" if number.strip().startswith("+") else spelt
