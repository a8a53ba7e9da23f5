"""Kaldi's numbers for phones and for steps from one to the next.

A phone has another number at the beginning (_B), in the middle (_I), at the end
(_E) of a word, and when it is a word by itself (_S); Vosk finds with that where
words begin and end. The network does not know the difference.

Each phone has one state: a step into it gives 30 ms the output for its beginning,
staying in it gives each further 30 ms the output for the rest.
"""

from collections.abc import Iterator

from voice.model.phones import PHONES, SILENCE, SPEECH_PHONES, first_pdf, rest_pdf

POSITIONS = ("B", "E", "I", "S")
"""In the order that word_boundary.int has in Kaldi's own recipes."""

_KINDS = {"B": "begin", "E": "end", "I": "internal", "S": "singleton"}

SILENCE_ID = 1


def phone_id(phone: str, position: str) -> int:
    """Kaldi's number of a phone at a place in a word; from 1.

    Raises:
        ValueError: If there is no such phone or position.
    """
    if phone == SILENCE:
        return SILENCE_ID
    place = SPEECH_PHONES.index(phone)
    return 2 + len(POSITIONS) * place + POSITIONS.index(position)


def numbered_phones() -> Iterator[tuple[int, str, str, str]]:
    """Number, name, phone without position, and kind of each, by number."""
    yield SILENCE_ID, SILENCE, SILENCE, "nonword"
    for phone in SPEECH_PHONES:
        for position in POSITIONS:
            number = phone_id(phone, position)
            yield number, f"{phone}_{position}", phone, _KINDS[position]


def tuples() -> list[tuple[int, int, int, int]]:
    """Phone, state, output on entering and on staying, sorted as Kaldi wants."""
    return [
        (number, 0, first_pdf(phone), rest_pdf(phone))
        for number, _, phone, _ in numbered_phones()
    ]


def staying(phone_number: int) -> int:
    """Kaldi's number of the step by which a phone lasts another 30 ms."""
    return 2 * phone_number - 1


def entering(phone_number: int) -> int:
    """Kaldi's number of the step into a phone."""
    return 2 * phone_number


STEPS = 2 * (1 + len(POSITIONS) * len(SPEECH_PHONES))
"""How many steps there are; they count from 1."""


def positions_of(count: int) -> tuple[str, ...]:
    """The position of each of the phones of a word."""
    return ("S",) if count == 1 else ("B", *("I" * (count - 2)), "E")


assert len(PHONES) == 1 + len(SPEECH_PHONES)
