"""Whether somebody is to be asked along: who stands in it, and to what.

As with the agenda: the words around it are known, the rest stays in the person's own
words, and is read back before anybody is asked.
"""

import re
from typing import Final

from companion.understanding.intents import Intent
from companion.understanding.words import plain

# A story in which somebody comes along is no wish.
_MOST_WORDS: Final = 25

ALONG: Final = (Intent.COME_ALONG,)

_POLITE: Final = (
    r"^(?:(?:ja|nee|en|goed|oke|ok|hallo|goedemorgen|goedemiddag|dag|zeg|ach|nou|"
    r"alstublieft) )*(?:(?:kunt|wilt|zou) u )?"
)
_COME: Final = r"mee(?:gaan|gaat|komen|komt| gaan| gaat| wil(?: gaan)?| kan)?"
_TO: Final = r"(?: (?:naar|om)\b|$)"
_FORMS: Final = tuple(
    re.compile(source)
    for source in (
        rf"{_POLITE}vraag (?:.+ )?{_COME}{_TO}",
        rf"{_POLITE}.+ mee ?vragen{_TO}",
        rf"{_POLITE}(?:kan|wil|gaat|zou|komt) (?:er )?(?:iemand|mijn \w+|\w+) "
        rf"(?:ook )?(?:met (?:mij|me) )?{_COME}{_TO}",
        rf"{_POLITE}wie (?:kan|wil|gaat|zou|komt) (?:er )?"
        rf"(?:met (?:mij|me) )?{_COME}{_TO}",
        r"\bik (?:wil|durf|kan|ga) (?:liever |dan |eigenlijk )?niet alleen naar\b",
    )
)
_TO_WHAT = re.compile(r".*\bnaar (.+)$")
_AFTER_IT = re.compile(rf"(?: (?:te gaan|gaan|toe|{_COME}|met mij|met me))+$")


def find_along(text: str) -> Intent | None:
    """COME_ALONG if somebody is to be asked along; None if it is something else."""
    said = plain(text)
    if not said or said.count(" ") >= _MOST_WORDS:
        return None
    return Intent.COME_ALONG if any(form.search(said) for form in _FORMS) else None


def to_what(text: str) -> str:
    """What they should come along to, as it was said; empty if it was not."""
    found = _TO_WHAT.match(plain(text))
    return _AFTER_IT.sub("", found[1]).strip() if found else ""
