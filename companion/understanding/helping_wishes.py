"""What a person wants to do for others, or to have done by them.

As with the agenda: the words around it are known, and what it is about stays in the
person's own words. Nothing of it is passed on unasked; it is read back first.

Danger goes first, always: who has fallen and says "ik heb hulp nodig" looks for no
neighbour to mend a lamp.
"""

import re
from typing import Final

from companion.activities.record import Category
from companion.understanding.danger_signs import NEGATIVES
from companion.understanding.emergency import find_danger
from companion.understanding.intents import Intent
from companion.understanding.words import plain

# A story in which somebody is helped is no wish.
_MOST_WORDS: Final = 40

HELPING: Final = (
    Intent.OFFER_HELP, Intent.SEEK_HELP, Intent.TELL_HELP, Intent.END_HELP,
)  # fmt: skip

_POLITE: Final = (
    r"(?:(?:ja|nee|en|goed|oke|ok|hallo|goedemorgen|goedemiddag|goedenavond|dag|zeg|ach|"
    r"alstublieft) )*"
)
_OTHERS: Final = (
    r"(?:een ander|anderen|andere mensen|mensen|iemand anders|iemand|de buurt|"
    r"de buren|een kind|kinderen|ouderen|(?:de|mijn|een) buur(?:man|vrouw))"
)
_MY_MATTER: Final = r"mijn (?:hulp)?(?:vraag|vragen|aanbod|verzoek|oproep)"
# Each (what is wanted, a form of it); what comes first counts.
_SOURCES: Final = (
    (Intent.END_HELP, rf"^{_POLITE}(?:ik )?(?:trek|haal|schrap|annuleer|verwijder) "
                      rf"(?:\w+ ){{0,2}}?{_MY_MATTER}\b"),
    (Intent.END_HELP, rf"^{_POLITE}.*\b{_MY_MATTER} (?:\w+ )?"
                      r"(?:intrekken|weghalen|schrappen|annuleren)$"),
    (Intent.END_HELP, rf"^{_POLITE}(?:{_MY_MATTER}|het|dat|alles) is "
                      r"(?:\w+ ){0,2}?(?:opgelost|geregeld|voor elkaar|beantwoord|"
                      r"niet meer nodig)$"),
    (Intent.END_HELP, rf"^{_POLITE}{_MY_MATTER} (?:kan|mag) (?:\w+ )?weg$"),
    (Intent.END_HELP, rf"^{_POLITE}ik (?:heb|hoef) (?:\w+ )?(?:geen|de|die) (?:\w+ )?"
                      r"hulp (?:niet )?meer(?: nodig)?$"),
    (Intent.END_HELP, rf"^{_POLITE}ik heb (?:\w+ )?(?:iemand|hulp) gevonden$"),
    (Intent.TELL_HELP, rf"^{_POLITE}wat (?:heb|had) ik (?:\w+ ){{0,3}}?"
                       r"(?:gevraagd|aangeboden|aangevraagd)$"),
    (Intent.TELL_HELP, rf"^{_POLITE}(?:heeft|reageert|antwoordt) (?:er )?"
                       r"(?:al |nog )?iemand (?:\w+ ){0,2}?"
                       r"(?:geantwoord|gereageerd)(?: op .+)?$"),
    (Intent.TELL_HELP, rf"^{_POLITE}(?:hoe (?:staat|is|gaat) het met|wat is er met) "
                       rf"{_MY_MATTER}\b"),
    (Intent.TELL_HELP, rf"^{_POLITE}is er (?:al |nog )?(?:een )?(?:antwoord|reactie|"
                       rf"iemand) (?:op|voor) {_MY_MATTER}$"),
    (Intent.TELL_HELP, rf"^{_POLITE}(?:welke|wat voor) (?:hulp)?vragen "
                       r"(?:heb|had) ik\b"),
    (Intent.OFFER_HELP, rf"^{_POLITE}ik (?:wil|wou|zou|kan|kon|mag) (?:\w+ ){{0,6}}?"
                        rf"voor {_OTHERS}\b"),
    (Intent.OFFER_HELP, rf"^{_POLITE}ik (?:wil|wou|zou|kan|kon) (?:\w+ ){{0,3}}?"
                        rf"{_OTHERS} (?:\w+ ){{0,3}}?(?:helpen|bijstaan|voorlezen|"
                        r"leren|gezelschap houden)\b"),
    (Intent.OFFER_HELP, rf"^{_POLITE}(?:wat|wie|hoe) (?:kan|zou|mag) ik "
                        r"(?:\w+ ){0,4}?(?:helpen|voor .+ (?:doen|betekenen)|"
                        r"doen voor .+)$"),
    (Intent.OFFER_HELP, rf"^{_POLITE}(?:kan|mag) ik (?:\w+ ){{0,2}}?(?:iemand|mensen|"
                        r"anderen|een ander|ergens)\b(?:.* )?helpen$"),
    (Intent.OFFER_HELP, rf"^{_POLITE}ik (?:wil|zou) (?:\w+ ){{0,3}}?(?:helpen|"
                        r"nuttig (?:maken|zijn)|van nut zijn)$"),
    (Intent.OFFER_HELP, rf"^{_POLITE}ik bied (?:\w+ ){{0,8}}?aan\b"),
    (Intent.SEEK_HELP, rf"^{_POLITE}ik (?:zoek|zocht|vraag) (?:\w+ ){{0,2}}?"
                      r"(?:iemand|hulp|een vrijwilliger)(?: (?:die|om|voor|met|bij|aan|"
                      r"naar)\b|$)"),
    (Intent.SEEK_HELP, rf"^{_POLITE}ik ben op zoek naar (?:iemand|hulp|"
                      r"een vrijwilliger)\b"),
    (Intent.SEEK_HELP, rf"^{_POLITE}ik (?:heb|kan) (?:(?!geen |niet )\w+ ){{0,2}}?"
                      r"(?:iemand|hulp) "
                      r"(?:nodig|gebruiken) (?:die|om|voor|met|bij|aan)\b"),
    (Intent.SEEK_HELP, rf"^{_POLITE}(?:is er|weet u|kent u|heeft u) (?:\w+ ){{0,2}}?"
                      r"iemand (?:die|om|voor)\b"),
    (Intent.SEEK_HELP, rf"^{_POLITE}(?:kan|wil|zou|komt) iemand "
                       r"(?:mij|me|mijn|voor mij|met mij)\b"),
    (Intent.SEEK_HELP, rf"^{_POLITE}wie (?:kan|wil|zou|komt|helpt|brengt|haalt|doet|"
                      r"gaat) (?:\w+ ){0,2}?(?:mij|me|mijn|voor mij|met mij)\b"),
)  # fmt: skip
_SERVICES: Final = {
    Category.TRANSPORT: r"vervoer\w*|taxi\w*|rolstoeltaxi|regiotaxi|belbus|buurtbus|"
                        r"plusbus|wensbus",
    Category.ADVICE: r"advies|raad|mantelzorg\w*|ouderenadviseur|formulier(?:en)?|"
                     r"administratie|papieren|papierwerk",
    Category.HEALTH: r"valpreventie|dagbesteding",
}  # fmt: skip
_SERVICE: Final = "|".join(_SERVICES.values())
_SERVICE_WISHES: Final = tuple(
    re.compile(source)
    for source in (
        rf"^{_POLITE}ik (?:zoek|wil|vraag) (?:\w+ ){{0,2}}?(?:{_SERVICE})\b(?! gaan)",
        rf"^{_POLITE}(?:is|zijn) er (?:\w+ ){{0,3}}?(?:{_SERVICE})\b",
        rf"^{_POLITE}waar (?:kan|vind|krijg|haal) ik (?:\w+ ){{0,3}}?(?:{_SERVICE})\b",
        rf"^{_POLITE}wie (?:geeft|regelt|doet|biedt) (?:\w+ ){{0,3}}?(?:{_SERVICE})\b",
    )
)
# Said after it to be friendly.
_TAIL = re.compile(r"(?: (?:hoor|graag|alstublieft|toch|eigenlijk|dank u|wel))+$")
_PATTERNS: Final = tuple((intent, re.compile(source)) for intent, source in _SOURCES)
# Asked of this device, or of those who follow: no request for help.
_NO_HELP = re.compile(
    r"\b(?:zien|ziet|bellen|belt|gebeld|volgen|volgt|bekijken|bekijkt|meekijken|kijken|"
    r"kijkt|mee|horen|hoort|verstaan|zeggen|vertellen|te woord)\b"
)
# What may be the beginning of an emergency is never put on a list of odd jobs.
_URGENT = re.compile(
    r"\b(?:gevallen|val|viel|op de (?:grond|vloer)|adem\w*|benauwd|"
    r"bloed\w*|pijn|flauw\w*|duizelig|112|ambulance|politie|brand|spoed\w*|nood\w*|"
    r"bang|dood\w*|sterven|leven|slaat|slaan)\b"
)
_NEGATIVE = re.compile(rf"\b(?:{'|'.join(sorted(NEGATIVES))})\b")


def find_help(text: str) -> Intent | None:
    """What of `HELPING` is wanted; None if it is something else.

    Args:
        text: As it was heard or typed.
    """
    said = _TAIL.sub("", plain(text))
    if not said or said.count(" ") >= _MOST_WORDS:
        return None
    intent = next((intent for intent, form in _PATTERNS if form.search(said)), None)
    if intent is None and any(form.search(said) for form in _SERVICE_WISHES):
        intent = None if _NEGATIVE.search(said) else Intent.SEEK_HELP
    match intent:
        case Intent.SEEK_HELP if said.startswith(("wie ", "is er", "kan ", "wil ")):
            is_help = _NO_HELP.search(said) is None
        case Intent.OFFER_HELP:
            is_help = _NEGATIVE.search(said) is None
        case _:
            is_help = intent is not None
    if intent in (Intent.SEEK_HELP, Intent.OFFER_HELP) and _URGENT.search(said):
        return None
    return intent if is_help and find_danger(text) is None else None


def find_services(text: str) -> tuple[Category, ...]:
    """The kinds of services that it names: "wie kan mij helpen met vervoer?"."""
    said = plain(text)
    return tuple(
        kind
        for kind, words in _SERVICES.items()
        if re.search(rf"\b(?:{words})\b", said)
    )


# Words that only say that somebody helps somebody.
_EMPTY: Final = frozenset(
    "ja nee en goed oke ok hallo goedemorgen goedemiddag goedenavond dag zeg ach "
    "alstublieft ik wil wou zou kan kon mag graag wel ook nog weer eens even iets wat "
    "voor een ander anderen andere mensen iemand anders de buurt buren doen betekenen "
    "hoor kind kinderen helpen helpt help willen kunnen nuttig nut van maken zijn "
    "me mij hulp nodig "
    "gebruiken zoek zocht vraag vrijwilliger op zoek ben naar die om met bij aan wie "
    "is er weet u kent heeft heb hoe bied ergens mee komt te zich gaat doet".split()
)


def tells_what(text: str) -> bool:
    """Whether it says what for, and not only that there is something.

    Args:
        text: A sentence of which `find_help` is OFFER_HELP or SEEK_HELP, or an answer.
    """
    return not set(plain(text).split()) <= _EMPTY


_MONEY = re.compile(
    r"\b(?:geld|geldzaken|\w*euro\w*|pin|pincodes?|pin codes?|pinnen|pint|gepind|"
    r"\w*pas en (?:de |mijn )?code|wachtwoord\w*|inlogcode\w*|inloggegevens|inloggen|"
    r"digid|bankpas\w*|pinpas\w*|betaalpas\w*|bankrekening\w*|rekening\w*|bankzaken|"
    r"\w*bankieren|creditcard\w*|betaal\w*|betalen|betaling\w*|overmaken|overmaakt|"
    r"overschrijv\w*|schulden|lening|belasting\w*|testament|erfenis|machtig\w*|"
    r"cadeaubon\w*|cadeaukaart\w*|tegoedbon\w*|crypto\w*|bitcoin\w*|iban|"
    r"(?:naar|bij|van|voor) (?:de|mijn) bank)\b"
    r"|\b(?:mijn|de|een|uw|die) code\b"
)
# A sofa is no bank.
_SOFA = re.compile(r"\b(?:verplaats\w*|verschui\w*|tillen|sjouw\w*|zwaar|zware)\b")


def is_about_money(text: str) -> bool:
    """Whether it is about money, codes or passwords, with which others do harm."""
    said = plain(text)
    found = _MONEY.search(said)
    if found is None:
        return False
    return not (found.group().endswith(" bank") and _SOFA.search(said))


_ANY_TIME = re.compile(
    r"^(?:(?:nee|ja|och|het|dat|mij|me|wel|hoor|eigenlijk|nou) )*"
    r"(?:maakt (?:mij |me )?(?:\w+ )?niet(?:s)? uit|"
    r"(?:(?:er is|heeft) )?geen haast(?: bij)?|"
    r"altijd(?: goed)?|wanneer (?:het|u|ze|hij|zij|iemand) .+|"
    r"(?:is|vind ik) (?:mij |me )?(?:om het even|allemaal goed|alles goed)|"
    r"een keer|ooit|elke dag is goed|zegt u het maar|kan altijd|"
    r"nee(?: hoor)?|liever niet|(?:dat )?weet ik (?:nog )?niet|geen idee)$"
)


def is_any_time(text: str) -> bool:
    """Whether an answer to "wanneer?" says that it does not matter."""
    return _ANY_TIME.search(plain(text)) is not None
