"""From espeak-ng's names of Dutch phonemes to the phones of the model."""

from collections.abc import Iterable, Sequence

from voice.model.errors import ForeignSounds
from voice.model.phones import SILENCE, SPEECH_PHONES

# What 12,000 frequent words gave with espeak-ng 1.51, apart from phones that keep
# their name. Differences that no pair of Dutch words rests on are given up.
_MERGED: dict[str, tuple[str, ...]] = {
    "Q": ("x",),
    "8": ("Y",),
    "Wy": ("WY",),
    "v#": ("w",),
    "W": ("w",),
    "E2": ("E",),
    "O:": ("o:",),
    "Z": ("S",),
    ";": ("j",),
    "*": ("r",),
    "a": ("a:",),
    "e": ("e:",),
    "@-": ("@",),
    "n^": ("n", "j"),
    "tS": ("t", "S"),
    "dZ": ("d", "S"),
    "eU": ("e:", "w"),
    "yU": ("y", "w"),
}

# A pause shorter than this is the closure or the glottal stop that the next phone
# begins with, and no silence.
SHORTEST_PAUSE_S = 0.05

Marks = Sequence[tuple[str, int]]
"""Names with the sample at which each begins, in order."""


def merge(marks: Marks, end: int, rate_hz: int) -> tuple[tuple[str, int], ...]:
    """Turn espeak-ng's phonemes into phones of the model.

    Args:
        marks: espeak-ng's names, each with the sample at which it begins.
        end: How many samples there are.
        rate_hz: Of those samples.

    Returns:
        Phones with the sample at which each begins, never earlier than the one
        before; the first begins at 0 and no silence follows another.

    Raises:
        ForeignSounds: If a part was spoken as another language, or nothing was.
    """
    phones = _without_short_pauses(_spread(marks, end), end, rate_hz)
    if all(phone == SILENCE for phone, _ in phones):
        raise ForeignSounds("espeak-ng spoke nothing")
    return phones


def phones_of_names(names: Iterable[str]) -> tuple[str, ...]:
    """The phones of espeak-ng's phonemes, without pauses.

    Raises:
        ForeignSounds: If one of them is no Dutch sound.
    """
    return tuple(
        phone for name in names if not _is_pause(name) for phone in _phones(name)
    )


def _is_pause(name: str) -> bool:
    """Pauses, glottal stops and stress marks; the end of a phrase is a pause."""
    return name[:1] in ("", "_", "!", "|")


def _phones(name: str) -> tuple[str, ...]:
    if name in SPEECH_PHONES:
        return (name,)
    try:
        return _MERGED[name]
    except KeyError:
        raise ForeignSounds(f"espeak-ng's phoneme {name!r} is no Dutch one") from None


def _spread(marks: Marks, end: int) -> list[tuple[str, int]]:
    """Give each phone a time of its own.

    espeak-ng makes some phones part of another: the l of "half" is a colour of its
    vowel, and begins where the f does. Phones that begin together share the time
    since the one before, the last of them keeps its own.
    """
    phones: list[tuple[str, int]] = []
    starts = [min(start, end) for _, start in marks]
    for index, (name, start) in enumerate(marks):
        until = starts[index + 1] if index + 1 < len(marks) else end
        if _is_pause(name):
            phones.append((SILENCE, starts[index]))
            continue
        parts = _phones(name)
        if until <= start and phones and phones[-1][0] != SILENCE:
            before = phones[-1][1]
            # A vowel lasts about twice as long as the l that colours it.
            phones.append((parts[0], before + 2 * (start - before) // 3))
            parts, start = parts[1:], until
        phones += [
            (part, start + place * max(until - start, 0) // len(parts))
            for place, part in enumerate(parts)
        ]
    return phones


def _without_short_pauses(
    phones: Marks, end: int, rate_hz: int
) -> tuple[tuple[str, int], ...]:
    """Let a phone begin where the short pause before it began; join pauses."""
    kept: list[tuple[str, int]] = [(SILENCE, 0)]
    for phone, start in phones:
        last, last_start = kept[-1]
        if last == SILENCE and phone != SILENCE:
            if start - last_start < SHORTEST_PAUSE_S * rate_hz:
                kept[-1] = (phone, last_start)
                continue
        elif last == SILENCE:
            continue
        kept.append((phone, max(start, last_start)))
    if len(kept) > 1 and kept[-1][0] == SILENCE and kept[-1][1] >= end:
        kept.pop()
    return tuple(kept)
