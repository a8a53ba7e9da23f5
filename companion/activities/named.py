"""What people ask for by a name that says more than its kind: "zwemmen" (pure)."""

import re
from collections.abc import Collection
from typing import Final

from companion.activities.record import Activity

# By the name with which it is told that there is none; in lower case, whole words.
_WORDS: Final = {
    "zwemmen": r"zwem\w*|aquajog\w*",
    "yoga": r"\w*yoga",
    "gymnastiek": r"\w*gym\w*",
    "dansen": r"\w*dans\w*",
    "fietsen": r"\w*fiets\w*",
    "koersbal": r"koersbal\w*",
    "jeu de boules": r"jeu de boules\w*",
    "tai chi": r"tai chi",
    "zingen": r"zing\w*|gezongen|zang\w*|\w*koor|\w*koren",
    "klaverjassen": r"klaverjas\w*",
    "bridgen": r"bridge\w*",
    "bingo": r"\w*bingo\w*",
    "rummikub": r"rummikub\w*",
    "schaken": r"schaak\w*|schaken",
    "dammen": r"dammen|damclub\w*",
    "biljarten": r"biljart\w*",
    "sjoelen": r"sjoel\w*",
    "schilderen": r"schilder\w*|aquarel\w*",
    "tekenen": r"teken(?:en|les\w*|club\w*)",
    "breien": r"brei\w*",
    "haken": r"haken|haakclub\w*",
    "bloemschikken": r"bloemschik\w*",
    "koken": r"koken|kook\w*",
    "voorlezen": r"voorlees\w*|voorlezen",
    "film": r"film\w*",
    "theater": r"theater\w*|toneel\w*",
    "museum": r"museum\w*|musea",
}
_NAMED: Final = {
    name: re.compile(rf"\b(?:{words})\b") for name, words in _WORDS.items()
}


def find_names(said: str) -> tuple[str, ...]:
    """What is asked for by name.

    Args:
        said: In lower case, without signs.
    """
    return tuple(name for name, words in _NAMED.items() if words.search(said))


def is_named(activity: Activity, names: Collection[str]) -> bool:
    """Whether its title, or the source's word for its kind, has one of these."""
    text = f"{activity.title} {activity.subject}".casefold()
    return any(_NAMED[name].search(text) for name in names)
