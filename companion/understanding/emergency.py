"""Find words of danger in what was said freely; the words are in `danger_signs`.

Pure, on text from a recogniser that makes errors. The answer to a danger is only
spoken advice with a number, so a doubtful medical sentence counts; a denied one
never does.

The text is cut into clauses (at punctuation, "maar", "want", "en" ...), and each
clause is held against those signs. A sign counts unless one of these rules
about the same clause speaks against it:

| rule       | example that is no danger            | does not apply to          |
|------------|--------------------------------------|----------------------------|
| denied     | ik ben niet gevallen; pijn op de     | words that are part of the |
|            | borst heb ik niet                    | sign: ik krijg geen lucht  |
| long ago   | ik ben vorig jaar gevallen; vroeger  | net, zojuist, vannacht,    |
|            |                                      | vandaag, gisteren          |
|            |                                      | abuse and suicide: only    |
|            |                                      | childhood and years ago    |
| supposed   | als ik val; ik ben bang dat ik val;  | suicide, abuse; als ik zit |
|            | stel dat ik val                      | heb ik pijn op de borst    |
| seen, read | op tv was brand; in de krant         |                            |
| figure of  | in slaap gevallen; ik ga dood van de |                            |
| speech     | hitte; ik stik van het lachen        |                            |
| usual      | ik heb 's ochtends hulp nodig bij    | all but getting up; today, |
|            | het opstaan                          | now, again                 |
| over       | er is brand geweest; ik heb een      | suicide, abuse             |
|            | beroerte gehad                       |                            |

Somebody else who is in danger now counts too: "mijn man is gevallen", "mijn
buurvrouw ligt op de grond". Things do not: "mijn bril is gevallen".

Where several dangers are named, the one for which 112 is called goes first.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import Levenshtein

from companion.understanding.danger_signs import (
    FIGURES,
    NEARLY,
    NEGATIVES,
    PERSON,
    SIGNS,
    USUALLY,
    Sign,
)
from companion.understanding.intents import Danger
from companion.understanding.words import NOISE, plain

# A recogniser or a keyboard may be one letter off: "gevalen", "gefallen".
_CORE: Final = (
    "gevallen", "gestruikeld", "uitgegleden", "benauwd", "hartaanval", "hartinfarct",
    "beroerte", "bewusteloos", "ambulance", "ademhalen", "bloeding", "flauwgevallen",
    "kortademig", "ademen",
)  # fmt: skip
_SHORTEST_CORE: Final = 6
# Words of their own, one letter from those.
_OTHER_WORDS: Final = frozenset(
    "bevallen vervallen beroerde ambulante benauwde bloedig ademden".split()
)

_BOUNDARY = re.compile(
    r"[.,;:!?]+|\b(?:maar|want|en|omdat|doordat|dus|terwijl|waardoor)\b"
)
_SUBJECT = re.compile(
    rf"^(?:ik|{PERSON}|er|het|we|wij|u|dat|dit|daar|hier|nu|mijn)\b|\b(?:ik|er)\b"
)
_GOES_ON = re.compile(
    r"^(?:(?:ik|nu|hij|zij|ze|dan) )*(?:kom|komt|kan) (?:ik |hij |zij |ze )?er "
    r"(?:\w+ )*(?:uit|af|vanaf|eruit|eraf)\b"
)
_STARTS_OWN_SUBJECT = re.compile(
    rf"^(?:ik|er (?:is|wordt|staat|loopt|zit|komt|hangt|ligt)|{PERSON})\b"
)
# These deny something else than the danger: "niet lekker", "ik ben niet hard
# gevallen", "niet alleen".
_DEGREE = frozenset(
    "goed lekker best fit fijn alleen te zo erg ernstig hard heel ver hoog diep lang "
    "gewond opstaan overeind omhoog op lopen bewegen leuk prettig eens zomaar "
    "voor".split()
)
# Where the words carry on with something new: "ik ben gevallen | ik kan niet ..."
_NEW_SUBJECT = frozenset("ik hij zij ze we wij u iemand".split())
_NEW_CLAUSE = frozenset(
    "en maar want dat omdat dus toen kan kon kom lukt weet durf wat waarom hoe waar "
    "mijn help".split()
)
_IMPERSONAL = frozenset("er het".split())
_VERBS = frozenset(
    "ben heb is was word wordt werd heeft zit ruik zie krijg voel voelt had doet zijn "
    "hoor wil ga gaat kan moet komt staat bloedt blijft loopt hangt stopt lukt wou "
    "denk vind geloof".split()
)
_DENIED_BEFORE = re.compile(
    r"\b(?:niet|geen sprake van|geen kwestie van|nooit)"
    r"(?: (?:zo|waar|gezegd|beweerd|gemeld|verteld))? dat"
    r"(?: ik| het| er| hij| ze| zij| mijn \w+)?$"
)
_RECENT = re.compile(
    r"\b(?:net|zojuist|zonet|daarnet|nu|vannacht|vanmorgen|vanmiddag|vanavond|vandaag|"
    r"gisteren|gisteravond|gisternacht|weer|sinds|(?:minuten|minuut|minuutje|kwartier|"
    r"uur|uurtje|half uur) (?:geleden|terug))\b"
)
_PAST = re.compile(
    r"\b(?:vorige?|vroeger|ooit|destijds|indertijd|eens|wel eens|geleden|"
    r"toen ik (?:nog )?(?:jong|klein|kind|een kind|een meisje|een jongen|nog)|"
    r"toentertijd|in de oorlog|jaren terug|weken terug|maanden terug|"
    r"afgelopen (?:jaar|winter|zomer|herfst|lente|voorjaar|maand|week)|"
    r"in (?:19|20)\d\d|in negentien\w*|laatst|als kind|in mijn jeugd|"
    r"van de (?:winter|zomer)|in (?:januari|februari|maart|april|mei|juni|juli|"
    r"augustus|september|oktober|november|december))\b"
)
_LONG_AGO = re.compile(
    r"\b(?:vroeger|destijds|indertijd|jaren geleden|jaar geleden|jaren terug|als kind|"
    r"toen ik (?:nog )?(?:jong|klein|kind|een kind|een meisje|een jongen)"
    r"|in mijn jeugd|"
    r"in de oorlog|op school|wijlen)\b"
)
# What happened to somebody else before today is told as news.
_PAST_OF_OTHERS = re.compile(
    r"\b(?:gisteren|gisteravond|gisternacht|eergisteren|(?:van|deze|vorige|afgelopen) "
    r"(?:de )?(?:week|maand|jaar|weekend)|pas geleden|laatst|ook eens|wel eens|"
    r"(?:op|afgelopen|vorige) (?:maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag"
    r"|zondag)|dagen geleden|een paar dagen|in het ziekenhuis|had (?:altijd|vaak|een)|"
    r"was (?:vaak|altijd)|van (?:zijn|haar|de) (?:fiets|paard|brommer|scooter)|"
    r"op school|"
    r"op het ijs|"
    r"naar het ziekenhuis|opgenomen|in het gips|weer thuis)\b"
)
_OTHER = re.compile(rf"\b{PERSON}\b")
_SELF = re.compile(r"\b(?:ik|mij|me)\b")
_OVER = re.compile(
    r"\b(?:geweest|gehad|overleden|gestorven|weer beter|is weer over|al over|"
    r"is over|is weg|"
    r"is gezakt|geoefend|oefening)\b"
)
_SEEN = re.compile(
    r"\b(?:op (?:de |het )?(?:tv|televisie|teevee|radio|journaal|nieuws|beeldbuis|"
    r"internet)|in (?:de|het|een|mijn) (?:krant|film|serie|soap|nieuws|journaal|boek|"
    r"verhaal|detective|droom)|gelezen|gedroomd|droomde|naar (?:een|de) (?:film|serie)|"
    r"(?:film|serie|boek|verhaal|programma)(?: \w+){0,2} over"
    r"|in de politieserie|toneelstuk|op het toneel)\b"
)
_SUPPOSED = re.compile(
    r"\b(?:stel|stel dat|stel je voor|stel u voor|mocht|indien|zou|zouden|"
    r"(?:bang|angst|angstig|zorgen|bezorgd|vrees|voorkomen|oppassen|opletten|"
    r"pas op|uitkijken|uitkijk)"
    r"(?: \w+){0,3} (?:dat|om|voor|te)|bang|straks|voor het geval|"
    r"wat (?:moet|doe|doet|gebeurt)(?: \w+){0,4} (?:als|bij)|"
    r"alarm voor|in geval van|(?:als|wanneer|indien|voordat|of|zodat) "
    r"(?:ik|u|er|iemand|mijn|men|hij|ze|zij|we|het))\b"
)
_WHEN = re.compile(r"^(?:als|wanneer|telkens|elke keer)\b")
_MAIN_VERB = re.compile(
    r"\b(?:heb|krijg|voel|is|doet|ben|ruik|zie|val) (?:ik|er|het|mijn)\b|^(?:het|ik)\b"
)
_CRY = re.compile(r"\b(?:help|hulp|112|honderdtwaalf|een een twee)\b")


def find_danger(text: str) -> Danger | None:
    """The danger that the words speak of; None if there is none.

    See the rules at the head of this module.
    """
    found = [
        (sign.danger, match[0])
        for clause, before in _clauses(text)
        for sign in SIGNS
        for match in sign.pattern.finditer(clause)
        if not _is_harmless(sign, clause, before, match)
    ]
    dangers = {danger for danger, _ in found}
    if Danger.FIRE in dangers and all(
        _CRY.search(words) for danger, words in found if danger is Danger.MEDICAL
    ):
        # "Help, er is brand": the cry itself names nothing.
        return Danger.FIRE
    return next((danger for danger in Danger if danger in dangers), None)


@lru_cache(maxsize=4096)
def find_danger_in_phrase(phrase: str) -> Danger | None:
    """As `find_danger`, for phrases of our own: what people say is not kept."""
    return find_danger(phrase)


def _clauses(text: str) -> list[tuple[str, str]]:
    """Clauses with the words before them; a clause without subject joins the last."""
    cleaned = _BOUNDARY.sub(lambda found: f"\n{found[0]} ", text.lower())
    clauses: list[str] = []
    for raw in cleaned.split("\n"):
        words = _without_noise(plain(raw).split())
        joined = " ".join(words)
        bare = re.sub(
            r"^(?:maar|want|en|omdat|doordat|dus|terwijl|waardoor) ", "", joined
        )
        if bare != joined and clauses and not _SUBJECT.search(bare):
            clauses[-1] = f"{clauses[-1]} {joined}"
        elif clauses and _GOES_ON.match(bare):
            # "Ik zit in bad, en ik kom er niet uit."
            clauses[-1] = f"{clauses[-1]} {bare}"
        elif clauses and re.match(r"^nee\b", bare) and not _SUBJECT.search(bare):
            # "Gevallen? Nee."
            clauses[-1] = f"{clauses[-1]} {bare}"
        elif bare and bare not in ("en", "maar", "want", "dus"):
            clauses.append(bare)
    return [(c, clauses[n - 1] if n else "") for n, c in enumerate(clauses)]


def _without_noise(words: Sequence[str]) -> list[str]:
    return [
        _respelled(word)
        for place, word in enumerate(words)
        # "Ik hoor iemand" is no "ja hoor".
        if word not in NOISE or (word == "hoor" and words[place - 1 : place] == ["ik"])
    ]


@lru_cache(maxsize=2048)
def _respelled(word: str) -> str:
    if len(word) < _SHORTEST_CORE - 1 or word in _OTHER_WORDS or word in _CORE:
        return word
    return next((c for c in _CORE if Levenshtein.distance(word, c) == 1), word)


def _is_harmless(sign: Sign, clause: str, before: str, match: re.Match[str]) -> bool:
    danger = sign.danger
    head = clause[: match.start()].strip()
    if _is_denied(clause, match) or _SEEN.search(clause):
        return True
    if any(
        f.start() < match.end() and match.start() < f.end()
        for figures in (FIGURES, NEARLY)
        for f in figures.finditer(clause)
    ):
        return True
    if danger in (Danger.SUICIDE, Danger.ABUSE):
        is_of_another = danger is Danger.SUICIDE and (
            _OTHER.search(clause) and not _SELF.search(clause)
        )
        return bool(is_of_another) or _LONG_AGO.search(clause) is not None
    if _OVER.search(clause):
        return True
    if sign.may_be_usual and USUALLY.search(clause) and not _RECENT.search(clause):
        return True
    if _PAST.search(clause) and not _RECENT.search(clause):
        return True
    if (
        danger is Danger.MEDICAL
        and _OTHER.search(clause)
        and not _SELF.search(clause)
        and (
            _PAST_OF_OTHERS.search(clause)
            or ("gebroken" in match[0] and not _RECENT.search(clause))
        )
    ):
        return True
    return _is_supposed(head, before, match[0])


def _is_denied(clause: str, match: re.Match[str]) -> bool:
    """Whether a negation in the same clause speaks about the sign."""
    head = clause[: match.start()].split()
    words = clause.split()
    end = len(clause[: match.end()].split())
    if _DENIED_BEFORE.search(" ".join(head)):
        return True
    after = end
    while after < len(words) and not _starts_clause(words, after):
        after += 1
    if words[end:] and words[end] == "nee":
        return True
    if any(_denies(words, place) for place in range(end, after)):
        return True
    if _STARTS_OWN_SUBJECT.match(match[0]):
        return False
    # Other signs ("pijn op de borst") have their verb and its "geen" before them.
    start = len(head)
    while start > 0 and not _starts_clause(words, start):
        start -= 1
    is_just_before = bool(head) and head[-1] in NEGATIVES
    return is_just_before or any(_denies(words, n) for n in range(start, len(head)))


def _starts_clause(words: Sequence[str], place: int) -> bool:
    word = words[place]
    before = words[place - 1] if place else ""
    if word == "maar" and words[place + 1 :] and words[place + 1] in NEGATIVES:
        # "Bel 112 maar niet" is one clause; "maar niet hard" denies no fall.
        return place + 2 < len(words)
    if word in _NEW_CLAUSE:
        return True
    if word in _NEW_SUBJECT:
        return before not in _VERBS
    if word in _IMPERSONAL and before not in _VERBS:
        return place + 1 < len(words) and words[place + 1] in _VERBS
    return False


def _denies(words: Sequence[str], place: int) -> bool:
    if words[place] not in NEGATIVES:
        return False
    following = [word for word in words[place + 1 : place + 4] if word != "meer"]
    return not (following and following[0] in _DEGREE)


def _is_supposed(head: str, before: str, sign: str) -> bool:
    if before in ("stel", "stel dat", "stel u voor"):
        return True
    if not _SUPPOSED.search(f"{head} {sign}"):
        return False
    # "Als ik loop heb ik pijn op de borst" supposes nothing about the pain.
    return not (_WHEN.match(head) and _MAIN_VERB.search(f"{head} {sign}"[3:]))
