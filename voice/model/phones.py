"""The sounds that the model tells apart, and the numbers of its outputs."""

SILENCE = "SIL"

# What espeak-ng's Dutch phonemes become after merging; see `merge` in
# `voice.model.espeak_phonemes` for how.
SPEECH_PHONES = (
    "@", "A", "E", "I", "O", "Y",
    "a:", "e:", "i", "o:", "u", "y", "Y:", "EI", "VU", "WY",
    "b", "d", "f", "g", "h", "j", "k", "l", "m", "n", "N", "p", "r", "s", "S",
    "t", "v", "w", "x", "z",
)  # fmt: skip

PHONES = (SILENCE, *SPEECH_PHONES)
"""In the order of their numbers; Kaldi keeps 0 for epsilon, so these begin at 1."""


def phone_id(phone: str) -> int:
    """Kaldi's number of a phone, from 1.

    Raises:
        ValueError: If there is no such phone.
    """
    return PHONES.index(phone) + 1


def first_pdf(phone: str) -> int:
    """Output of the network for the first 30 ms of a phone."""
    return 2 * PHONES.index(phone)


def rest_pdf(phone: str) -> int:
    """Output of the network for the rest of a phone (the self-loop)."""
    return first_pdf(phone) + 1


PDFS = 2 * len(PHONES)
"""How many outputs the network has."""
