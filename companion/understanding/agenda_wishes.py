"""What a person wants of the agenda: which of it, and what it is about.

What is kept, moved or asked for is said in words of one's own, which no template knows:
here the words around it are known, and the rest is what it is about. Nothing of it is
acted upon unasked; it is read back first.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from companion.agenda import Kind
from companion.understanding.intents import Intent
from companion.understanding.when import When, find_when
from companion.understanding.words import plain

# A story in which an appointment occurs is no wish.
_MOST_WORDS: Final = 40

AGENDA: Final = (
    Intent.REMIND, Intent.NOTE_DOWN, Intent.TELL_AGENDA, Intent.CANCEL, Intent.MOVE,
    Intent.TAKEN, Intent.KEEP_PRIVATE, Intent.CLEAR_AGENDA,
)  # fmt: skip

_MEDICINE: Final = (
    r"(?:\w*medicijn\w*|pil|pillen|\w*tablet\w*|\w*druppel\w*|insuline|zalf|\w*puffer|"
    r"\w*pillen|\w*pil|capsule\w*|inhalator)"
)
_POLITE: Final = (
    r"(?:(?:ja|nee|en|goed|oke|ok|hallo|goedemorgen|dag|zeg|ach|alstublieft) )*"
    r"(?:(?:kunt|wilt|zou|mag|moet) u |u (?:kunt|mag|moet|zou) |(?:kan|mag) ik |"
    r"ik wil (?:graag )?(?:dat u )?|ik zou graag )?"
)
# Each (what is wanted, a form of it); what comes first counts.
_SOURCES: Final = (
    # Before what takes one thing out of it.
    (Intent.CLEAR_AGENDA, rf"^{_POLITE}(?:wis|verwijder|schrap|gooi|haal) "
                          r"(?:\w+ ){0,3}?(?:hele|gehele|alles|heel)\b.*"
                          r"\b(?:agenda|kalender)\b"),
    (Intent.CLEAR_AGENDA, rf"^{_POLITE}(?:maak )?(?:mijn|de) (?:hele |gehele )?"
                          r"(?:agenda|kalender) (?:helemaal )?"
                          r"(?:leeg|leegmaken|leeg maken|wissen|verwijderen)$"),
    (Intent.KEEP_PRIVATE, rf"^{_POLITE}(?:houd|hou) .*\bvoor (?:u ?zelf|je ?zelf)\b"),
    (Intent.KEEP_PRIVATE, r"\b(?:is|blijft|moet) (?:\w+ )?(?:prive|geheim)"
                          r"(?: blijven)?$"),
    (Intent.KEEP_PRIVATE, rf"^{_POLITE}.+ (?:prive|geheim) houden$"),
    # Before what is kept: "herinner mij niet meer aan de kapper".
    (Intent.CANCEL, r"\bherinner\w* (?:mij|me) (?:\w+ ){0,4}?(?:niet|nooit) meer\b"),
    (Intent.CANCEL, r"\b(?:gaat|gaan) (?:\w+ ){0,3}?niet (?:meer )?door\b"),
    (Intent.CANCEL, rf"^{_POLITE}(?:schrap|annuleer|verwijder|wis|haal|streep) \w"),
    (Intent.CANCEL, r"\b(?:is|zijn|wordt) (?:\w+ ){0,2}?"
                    r"(?:afgezegd|afgelast|geannuleerd)\b"),
    (Intent.CANCEL, rf"^{_POLITE}.+ (?:schrappen|annuleren|verwijderen|wissen|"
                    r"uit (?:mijn|de) agenda halen)$"),
    (Intent.MOVE, rf"^{_POLITE}(?:verzet|verplaats|verschuif) \w"),
    (Intent.MOVE, rf"^{_POLITE}.+ (?:verzetten|verplaatsen|verschuiven)\b"),
    (Intent.MOVE, r"\b(?:is|zijn|wordt|worden) (?:\w+ ){0,2}?"
                  r"(?:verzet|verplaatst|verschoven)\b"),
    (Intent.TELL_AGENDA, rf"^heb ik (?:\w+ ){{0,4}}?{_MEDICINE}\b.*"
                         r"\b(?:gehad|genomen|ingenomen|geslikt|gebruikt|op)\b"),
    (Intent.TAKEN, rf"\bheb\b.*\b{_MEDICINE}\b.*"
                   r"\b(?:genomen|ingenomen|gehad|op|gedaan|geslikt|gebruikt)\b"),
    (Intent.TAKEN, rf"^{_POLITE}(?:mijn|de) {_MEDICINE}\b.*"
                   r"\b(?:genomen|ingenomen|geslikt|gedaan|gehad|gebruikt)\b"),
    (Intent.NOTE_DOWN, rf"^{_POLITE}(?:zet|schrijf|noteer|plaats)\b.*"
                       r"\b(?:agenda|kalender)\b"),
    (Intent.NOTE_DOWN, rf"^{_POLITE}.*\b(?:in|op) (?:mijn|de) (?:agenda|kalender) "
                       r"(?:zetten|schrijven|noteren|plaatsen)\b"),
    (Intent.NOTE_DOWN, rf"^{_POLITE}noteer\b"),
    (Intent.NOTE_DOWN, r"^(?:ik heb|ik kreeg|er is) (?:\w+ ){0,9}?afspraak\b"),
    (Intent.NOTE_DOWN, rf"^{_POLITE}(?:een )?(?:nieuwe )?afspraak "
                       r"(?:maken|noteren|toevoegen)$"),
    (Intent.NOTE_DOWN, r"\bis (?:\w+ ){0,5}?jarig\b|\bverjaardag van \w+ is\b"),
    (Intent.REMIND, rf"^{_POLITE}(?:(?:mij|me) )?(?:herinner|waarschuw|help)\w*\b.*"
                    r"\b(?:aan|eraan|dat|om|onthouden|herinneren|over)\b"),
    (Intent.REMIND, rf"^{_POLITE}(?:mij|me) .*\b(?:herinneren|waarschuwen)\b"),
    (Intent.REMIND, r"^(?:laat (?:mij|me) niet vergeten|vergeet niet)\b"),
    (Intent.TELL_AGENDA, r"^(?:en )?wanneer (?:is|was|moet|ga|heb|komt|komen|begint|"
                         r"zijn|had|gaan)\b"),
    (Intent.TELL_AGENDA, r"^(?:en )?hoe laat (?:is|moet|ga|heb|komt|komen|begint) "
                         r"(?!het\b)"),
    (Intent.TELL_AGENDA, r"\b(?:staat|staan|heb|zit|lees|zeg|vertel|noem|laat)\b.*"
                         r"\b(?:agenda|kalender|programma)\b"),
    (Intent.TELL_AGENDA, r"^(?:en )?(?:welke|wat voor) (?:\w+ )?afspraken\b"),
    (Intent.TELL_AGENDA, r"^heb ik (?:\w+ ){0,5}?(?:iets|wat|een afspraak|afspraken)"
                         r"\b(?! gezegd)"),
    (Intent.TELL_AGENDA, r"^(?:mijn|de) agenda$"),
)  # fmt: skip
_PATTERNS: Final = tuple((intent, re.compile(source)) for intent, source in _SOURCES)
# "Wat heb ik morgen": only with a day, for "wat heb ik nou gezegd" is another question.
_WHAT_IS_ON = re.compile(
    r"^(?:en )?wat (?:heb|moet|doe|ga|is er|staat er|hebben) (?:ik|we|te doen)?\b"
)
_BESIDE_A_DAY = re.compile(
    r"\b(?:en|wat|heb|moet|doe|ga|is|er|staat|hebben|ik|we|te|doen|op|het|programma|"
    r"gepland|allemaal|nog|eigenlijk|voor|afspraken|afspraak|een|in|mijn|agenda|de)\b"
)
_DAY_WORDS = re.compile(
    r"\b(?:\w*da+g|\w*morgen|vanavond|vanmiddag|week|weekend|maand|ochtend)\b"
)


def find_wish(text: str) -> Intent | None:
    """What of `AGENDA` is wanted; None if it is something else."""
    said = plain(text)
    if not said or said.count(" ") >= _MOST_WORDS:
        return None
    for intent, pattern in _PATTERNS:
        if pattern.search(said):
            return intent
    return Intent.TELL_AGENDA if _asks_for_a_day(said) else None


def _asks_for_a_day(said: str) -> bool:
    if not _WHAT_IS_ON.search(said) or not _DAY_WORDS.search(said):
        return False
    now = datetime.fromisoformat("2026-01-05T12:00:00+01:00")
    found = find_when(said, now)
    return found.when.day is not None and not _BESIDE_A_DAY.sub("", found.rest).strip()


# --- what it is about --------------------------------------------------------------


_NEVER: Final = When()


@dataclass(frozen=True, slots=True)
class Told:
    """What was told of something for the agenda.

    Attributes:
        what: What it is about, as it was said; empty if that was not.
        when: When it is or will be, as far as that was said.
        said: The words that tell when, to be read again with more of them.
        kind: What it is.
        was: When it would be, of what is moved.
    """

    what: str
    when: When
    said: str
    kind: Kind
    was: When = _NEVER


# Words around what is to be kept, by what is wanted.
_NOTING: Final = (
    r"\b(?:zet|schrijf|noteer|plaats)\b(?: (?:het|dat|er))?(?: (?:dan|maar))?"
    r"(?: (?:in|op|bij) (?:mijn|de|uw) (?:agenda|kalender))?(?: dat\b)?",
    r"\b(?:erin|er in|bij|op|in) (?:mijn|de|uw) (?:agenda|kalender)\b",
    r"\b(?:zetten|schrijven|noteren|plaatsen|toevoegen)$",
    r"^ik (?:heb|kreeg)\b|^er is\b",
    r"\bis (?=(?:\w+ ?){0,3}?jarig\b)|\bjarig\b|\bde verjaardag van\b|"
    r"\bverjaardag van\b|\bverjaardag\b| is$",
)
_REMINDING: Final = (
    r"\b(?:herinner|herinnert|herinneren|waarschuw|waarschuwt|waarschuwen)\b",
    r"^(?:laat (?:mij|me) niet vergeten|vergeet niet)\b",
    r"\bhelp (?:mij|me)? ?(?:te |om te )?(?:onthouden|herinneren|eraan)?\b",
)
_CANCELLING: Final = (
    *_REMINDING,
    r"\b(?:uit|van) (?:mijn|de|uw) (?:agenda|kalender|lijst)\b",
    r"\b(?:schrap|annuleer|verwijder|wis|haal|streep)\b",
    r"\b(?:schrappen|annuleren|verwijderen|wissen|halen)\b",
    r"\b(?:gaat|gaan|is|zijn|wordt|worden) (?=(?:\w+ ){0,4}?"
    r"(?:niet|afgezegd|afgelast|geannuleerd)\b)",
    r"\bniet (?:meer )?door\b|\b(?:niet|nooit) meer\b",
    r"\b(?:afgezegd|afgelast|geannuleerd)\b",
)
_MOVING: Final = (
    r"\b(?:is|zijn|wordt|worden) (?=(?:\w+ ){0,4}?(?:verzet|verplaatst|verschoven)\b)",
    r"\b(?:verzet|verplaats|verschuif|verzetten|verplaatsen|verschuiven)\b",
    r"\b(?:verplaatst|verschoven)\b",
)
_TELLING: Final = (
    r"^(?:en )?(?:wanneer|hoe laat|wat) (?:is|was|moet|ga|heb|komt|komen|begint|zijn|"
    r"had|gaan)\b(?: (?:ik|we|er)\b)?",
    r" zijn$",
)
_KEEPING: Final = (
    r"\b(?:houd|hou|houden)\b",
    r"\bvoor (?:u ?zelf|je ?zelf)\b",
    r"\b(?:is|blijft|moet)? ?(?:prive|privé|geheim)(?: blijven)?\b",
)
_TAKING: Final = (
    r"^(?:en )?(?:ik heb|heb ik)\b",
    r"\b(?:net|zojuist|nog|niet|al|vandaag)\b",
    r"\b(?:genomen|ingenomen|gehad|op|gedaan|geslikt|gebruikt)$",
)
_AROUND: Final = {
    intent: tuple(
        re.compile(source)
        for source in (
            rf"^{_POLITE}",
            *sources,
            r"\b(?:alstublieft|graag|even|eens|maar|eraan|weer|alvast|dus)\b",
        )
    )
    for intent, sources in {
        Intent.NOTE_DOWN: _NOTING,
        Intent.REMIND: _REMINDING,
        Intent.CANCEL: _CANCELLING,
        Intent.MOVE: _MOVING,
        Intent.TELL_AGENDA: (*_TELLING, *_TAKING),
        Intent.TAKEN: _TAKING,
        Intent.KEEP_PRIVATE: _KEEPING,
        Intent.CLEAR_AGENDA: (),
        None: (),
    }.items()
}
# Words that lead to what it is about, and are no part of it.
_LEADING = re.compile(
    r"^(?:(?:er|eraan|aan|dat|om|voor|over|van|te|en|dan|mij|me|u|het is) )+(?=\S)"
)
_APPOINTMENT = re.compile(r"^(?:een |de |mijn )?(?:nieuwe )?afspraak(?: (?=\S)|$)")
_I = re.compile(r"^(?:ik|we) | (?:ik|we)$")
_TRAILING = re.compile(
    r"(?: (?:aan|er|eraan|op|in|te|moet|moeten|ga|heb|is|naar|om|dat|en|mij|me|te doen|"
    r"zal|wil|van|uit))+$"
)
_ABOUT_NOTHING: Final = frozenset(
    "iets wat dit dat het er een de afspraak mij me ik u ergens daaraan eraan".split()
)


def read_told(text: str, intent: Intent | None, now: datetime) -> Told:
    """What was told of something that is to be kept, moved, cancelled or found.

    Args:
        text: As it was heard or typed.
        intent: What is wanted; None: the text is an answer about it.
        now: Local and aware.
    """
    if intent is Intent.MOVE and (to := _moved_to(text, now)) is not None:
        before, after = to
        was = find_when(before, now)
        target = find_when(after, now)
        what = _about(was.rest, intent)
        return Told(what, target.when, target.said, Kind.APPOINTMENT, was.when)
    found = find_when(text, now)
    kind = _kind(text, intent)
    what = _about(found.rest, intent)
    if kind is Kind.MEDICINE:
        what = _TAKE.sub("", what)
    if intent is Intent.MOVE:
        return Told(what, _NEVER, "", kind, found.when)
    return Told(what, found.when, found.said, kind)


def _moved_to(text: str, now: datetime) -> tuple[str, str] | None:
    """The words before and after "naar", where a day or a time follows it."""
    words = text.split()
    for place in range(len(words) - 1, 0, -1):
        after = " ".join(words[place + 1 :])
        if words[place] == "naar" and not find_when(after, now).when.is_empty:
            return " ".join(words[:place]), after
    return None


_TAKE = re.compile(r" (?:in te nemen|te nemen|innemen|nemen|slikken|te slikken)$")
# What one goes to, so that it has to be known beforehand.
_TO_BE_AT = re.compile(
    r"\b(?:afspraak|kapper|dokter|huisarts|\w*arts|ziekenhuis|polikliniek|fysio\w*|"
    r"opticien|pedicure|audicien|notaris|controle|operatie|onderzoek|bloedprikken|"
    r"bezoek|visite|kerk|mis|vergadering|gym\w*|zwemmen|yoga|koor|club|bridge\w*|"
    r"taxi|bus|trein|regiotaxi|koffieochtend|buurthuis|dagopvang|dagbesteding|feest|"
    r"begrafenis|uitvaart|concert|theater|markt|naar (?:de|het|mijn|een))\b"
)


def _kind(text: str, intent: Intent | None) -> Kind:
    said = plain(text)
    if re.search(r"\b(?:jarig|verjaardag)\b", said):
        return Kind.BIRTHDAY
    if re.search(rf"\b{_MEDICINE}\b", said):
        return Kind.MEDICINE
    is_appointment = intent is Intent.NOTE_DOWN or _TO_BE_AT.search(said)
    return Kind.APPOINTMENT if is_appointment else Kind.REMINDER


def _about(rest: str, intent: Intent | None) -> str:
    """The words that are left without those around them."""
    text = rest.strip(" ,.;:!?").lower()
    for pattern in _AROUND[intent]:
        text = " ".join(pattern.sub(" ", text).split())
    for _ in range(2):
        text = _LEADING.sub("", text)
        text = _APPOINTMENT.sub("", text)
        text = _I.sub("", text).strip()
        text = re.sub(r"^(?:bij|met|voor) (?=\S)", "", text)
        text = _TRAILING.sub("", text).strip(" ,.;:!?")
    # "Ik de vuilnisbak buiten moet zetten": the verb that says that one has to.
    text = re.sub(r" moet (?=\w+$)| te (?=\w+$)", " ", text)
    return "" if set(text.split()) <= _ABOUT_NOTHING else text


_TO_YOU: Final = {"mijn": "uw", "ik": "u", "mij": "u", "me": "u", "m'n": "uw"}


def to_you(what: str) -> str:
    """What it is about, as it is said to the person: "mijn pillen", "uw pillen"."""
    return " ".join(_TO_YOU.get(word, word) for word in what.split())
