"""How words sound: espeak-ng's word for it, and what people make of that."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from voice.model.errors import DamagedModel, NotPronounced
from voice.model.phones import SPEECH_PHONES
from voice.model.pronouncing import pronunciations

Phones = tuple[str, ...]
Lexicon = Mapping[str, tuple[Phones, ...]]
"""Each word's pronunciations, the usual one first."""

# North of the great rivers v and z are mostly said as f and s.
_DEVOICED = {"v": "f", "z": "s"}
_SCHWA, _N = "@", "n"

# How words sound that have no stress; espeak-ng says single words with stress.
_UNSTRESSED: Mapping[str, Phones] = {"een": ("@", "n"), "het": ("@", "t")}

# Words that espeak-ng says as English, spelled so that it says them as Dutch do.
_RESPELLED = {
    "weekend": "wiekent", "website": "wepsajt", "websites": "wepsajts",
    "online": "onlajn", "offline": "oflajn", "laptop": "leptop",
    "race": "rees", "software": "softweer", "genre": "zjanre",
    "enquête": "ankette", "crash": "kresj", "site": "sajt", "sites": "sajts",
    "tablet": "teblet", "computer": "kompjoeter", "ups": "upps", "downs": "dauns",
    "research": "riesurtsj", "home": "hoom", "time": "tajm",
}  # fmt: skip


def pronounce(words: Iterable[str]) -> Lexicon:
    """Let espeak-ng pronounce words, in child processes.

    Args:
        words: Lower case. Which it cannot say as Dutch are left out.

    Raises:
        EspeakMissing: If espeak-ng is not installed.
    """
    wanted = tuple(dict.fromkeys(words))
    as_spelled = {word: _RESPELLED.get(word, word) for word in wanted}
    spoken = pronunciations(tuple(dict.fromkeys(as_spelled.values())))
    return MappingProxyType(
        {
            word: (*variants(spoken[spelling]), *_unstressed(word))
            for word, spelling in as_spelled.items()
            if spelling in spoken
        }
    )


def pronounce_all(words: Iterable[str]) -> Lexicon:
    """As `pronounce`, for words that must not be missing.

    Raises:
        EspeakMissing: If espeak-ng is not installed.
        NotPronounced: If it cannot say one of them as Dutch.
    """
    wanted = tuple(dict.fromkeys(words))
    lexicon = pronounce(wanted)
    if lost := [word for word in wanted if word not in lexicon]:
        raise NotPronounced(
            f"espeak-ng does not say {', '.join(map(repr, lost))} as Dutch;"
            " write it as it sounds, with letters only"
        )
    return lexicon


def variants(phones: Phones) -> tuple[Phones, ...]:
    """The pronunciation and those that people use for it as well."""
    forms = [phones]
    if len(phones) > 2 and phones[-2:] == (_SCHWA, _N):
        forms.append(phones[:-1])
    forms += [tuple(_DEVOICED.get(phone, phone) for phone in form) for form in forms]
    return tuple(dict.fromkeys(forms))


def _unstressed(word: str) -> tuple[Phones, ...]:
    return (_UNSTRESSED[word],) if word in _UNSTRESSED else ()


def to_text(lexicon: Lexicon) -> str:
    """One pronunciation a line: the word, then its phones."""
    return "".join(
        f"{word} {' '.join(form)}\n"
        for word, forms in lexicon.items()
        for form in forms
    )


def from_text(text: str) -> Lexicon:
    """Read what `to_text` wrote.

    Raises:
        DamagedModel: If a line is not a word with phones of this model.
    """
    lexicon: dict[str, tuple[Phones, ...]] = {}
    known = frozenset(SPEECH_PHONES)
    for number, line in enumerate(text.splitlines(), start=1):
        word, *phones = line.split() or [""]
        if not phones or not known.issuperset(phones):
            raise DamagedModel(f"line {number} of the lexicon is damaged")
        lexicon[word] = (*lexicon.get(word, ()), tuple(phones))
    return MappingProxyType(lexicon)
