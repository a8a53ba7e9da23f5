"""Bring the many ways of writing and saying a Dutch word to one form.

A recogniser writes "het", a keyboard "'t", a Fleming says "da's goe". Templates
and heard words go through the same `normalise`, so that both meet in the middle.
"""

import re
import unicodedata
from typing import Final

# Contractions, and words of the dialects and of Flanders, in their plain form.
_PLAIN = {
    "'t": "het", "'k": "ik", "'n": "een", "'m": "hem", "'r": "er", "'s": "s",
    "z'n": "zijn", "m'n": "mijn", "d'r": "haar", "da's": "dat is", "'ns": "eens",
    "zo'n": "zo een", "wa's": "wat is", "'kheb": "ik heb", "kheb": "ik heb",
    "k": "ik", "t": "het", "zn": "zijn", "mn": "mijn", "das": "dat is",
    "m": "mijn", "ikke": "ik",
    "nie": "niet", "nit": "niet", "goe": "goed", "goei": "goede", "goeie": "goede",
    "efkes": "even", "effe": "even", "effen": "even", "eventjes": "even",
    "evenkes": "even", "ff": "even", "bietje": "beetje", "beetke": "beetje",
    "bitje": "beetje", "niks": "niets", "nix": "niets", "da": "dat", "wa": "wat",
    "mijne": "mijn", "munne": "mijn", "mien": "mijn", "nen": "een", "ne": "een",
    "gene": "geen", "gin": "geen", "ginne": "geen", "ginnen": "geen",
    "heur": "hoor", "neu": "nee", "nei": "nee", "jao": "ja",
    "neen": "nee", "neeje": "nee", "joa": "ja", "joh": "",
    "jaja": "ja ja", "neenee": "nee nee", "vanochtend": "vanmorgen",
    "vandemorgen": "vanmorgen", "vandaag-de-dag": "vandaag", "gister": "gisteren",
    "gij": "u", "ge": "u", "je": "u", "jij": "u", "jullie": "u", "jou": "u",
    "jouw": "uw", "hebt": "heeft", "oke": "ok", "okee": "ok", "okay": "ok",
    "zeer": "heel", "ontzettend": "heel", "enorm": "heel", "hartstikke": "heel",
    "bijzonder": "heel", "buitengewoon": "heel", "ongelooflijk": "heel",
    "mekaar": "elkaar", "nog's": "nog eens", "alsjeblieft": "alstublieft",
    "dankje": "dank u", "dankjewel": "dank u wel", "bedankt": "dank u",
    "dankuwel": "dank u wel", "merci": "dank u", "eten's": "eten",
    "zometeen": "zo meteen", "zodadelijk": "zo dadelijk", "sebiet": "straks",
    "subiet": "straks", "seffens": "straks", "smorgens": "s morgens",
    "sochtends": "s ochtends", "smiddags": "s middags", "savonds": "s avonds",
    "snachts": "s nachts", "halfuur": "half uur", "halfuurtje": "half uurtje",
}  # fmt: skip

# Said to think, to soften or to be friendly; they carry no meaning of their own.
NOISE = frozenset(
    "e eh ehm uh uhm um hm hmm mm mmm nou nah och ach oh o ah tja hoor zeg he "
    "eigenlijk gewoon ha goh ho gut jeetje tjonge".split()
)  # fmt: skip

# Before another word these only colour it.
_STRONGER = frozenset(
    "heel behoorlijk nogal flink echt gelukkig al ook zojuist weer".split()
)
_HURTS = (["doet"], ["doen"])
# Said beside something else these add nothing to an answer about today.
_TODAY = frozenset(["vandaag", "vannacht"])

_REWRITES = tuple(
    (re.compile(rf"\b{old}\b"), new)
    for old, new in (
        # "Nou ja" weighs things up, it is no yes; "nou, ja hoor" is one.
        (r"nou ja(?! (hoor|graag|doe|goed|dat|best|zeker|ja|natuurlijk))", "nouja"),
        (r"(kun|kan) u", "kunt u"),
        (r"(ben|zijt) u", "bent u"),
        (r"u (kan|kun)", "u kunt"),
        (r"heb u", "heeft u"),
        (r"zeg u", "zegt u"),
        (r"doe u", "doet u"),
        (r"wil u", "wilt u"),
        (r"bewaar u", "bewaart u"),
        (r"onthoud u", "onthoudt u"),
        (r"heel erg", "heel"),
        (r"hele (goed|best)", r"heel \1"),
    )
)
_MAY_NEED_REWRITING = re.compile("|".join(old.pattern for old, _ in _REWRITES))
_NOT_A_WORD = re.compile(r"[^\w':.]+|(?<!\d)[:.]|[:.](?!\d)|_")


def plain(text: str) -> str:
    """Lower case words without punctuation and accents, in their usual form."""
    text = text.lower().replace("’", "'")
    if not text.isascii():
        text = unicodedata.normalize("NFD", text)
        text = "".join(c for c in text if not unicodedata.combining(c))
    # Most texts are letters and spaces; tens of thousands are read at the start.
    if not text.replace(" ", "").isalpha():
        text = _NOT_A_WORD.sub(" ", text)
    text = " ".join([_PLAIN.get(word, word) for word in text.split()])
    text = " ".join(text.replace("'", "").split())
    # Most need no rewriting either.
    if _MAY_NEED_REWRITING.search(text):
        for pattern, new in _REWRITES:
            text = pattern.sub(new, text)
    return text


# Without any of these, and without stammering, words stay as they are.
_CHANGED: Final = frozenset(
    {*_PLAIN, *NOISE, *_STRONGER, *_TODAY, "nouja", "u", "hele", "heel"}
)


def split(text: str) -> list[str]:
    """The words that carry meaning: plain, without noise and stammering.

    A text of nothing but noise has no words. "Nou ja" stays one word,
    "nouja", for it means something when it is all that is said. Words that only
    make the next one stronger, and "vandaag" beside an answer, are left out too.
    """
    words = text.split()
    if (
        _CHANGED.isdisjoint(words)
        and len(set(words)) == len(words)
        and text.isascii()
        and text.islower()
        and "".join(words).isalpha()
    ):
        # Tens of thousands are read at the start, and most are like this.
        return words
    words = []
    for word in plain(text).split():
        if word in NOISE or (words and words[-1] == word):
            continue
        words.append(word)
    if len(words) > 1:
        words = [word for word in words if word != "nouja"]
    words = [
        word
        for place, word in enumerate(words, start=1)
        if place == len(words)
        or word not in _STRONGER
        # "Zeer" in "het doet zeer bij het lopen" colours nothing.
        or (
            word == "heel"
            and words[place - 2 : place - 1] in _HURTS
            and words[place] != "pijn"
        )
    ]
    if not _TODAY.issuperset(words):
        words = [word for word in words if word not in _TODAY]
    return words


def normalise(text: str) -> str:
    """The words that carry meaning, joined by spaces; see `split`."""
    return " ".join(split(text))
