"""What a person says of home visits: who comes, what to speak of, what was promised.

As with the agenda: the words around it are known, the rest stays in the person's own
words, and all is read back before it counts. Family that comes to coffee is no home
visit: nobody is asked what a daughter promised.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from companion.understanding.intents import Intent
from companion.understanding.when import When, find_when
from companion.understanding.words import plain

# A story in which a visitor occurs is no wish.
_MOST_WORDS: Final = 40

VISITING: Final = (
    Intent.VISIT, Intent.VISIT_OFF, Intent.VISIT_MOVED, Intent.WHO_VISITS,
    Intent.VISIT_WISH, Intent.TELL_WISHES, Intent.PROMISED, Intent.TELL_PROMISES,
)  # fmt: skip

_POLITE: Final = (
    r"^(?:(?:ja|nee|en|goed|ok|hallo|goedemorgen|goedemiddag|dag|zeg|ach|nou|weet u|"
    r"luister|alstublieft) )*"
)
_ORGANISATION: Final = (
    r"(?:gemeente|\w*wijkteam|\w*buurtteam|sociaal (?:wijk)?team|sociale team|"
    r"welzijn\w*|wmo\w*|ouderenadviseur\w*|ouderenconsulent\w*|wijkverpleegkundige|"
    r"maatschappelijk werk\w*|huisbezoek\w*|vrijwillig\w*|humanitas|zonnebloem|"
    r"rode kruis|ouderenbond|kbo|pcob|anbo)"
)
_TITLE: Final = r"(?:mevrouw|meneer|de heer|mijnheer)"
_VISITOR: Final = rf"(?:{_TITLE} \w+|{_ORGANISATION}|bezoek(?:er|ster)|het bezoek)"
_ASKS: Final = r"(?:wanneer|hoe|wie|wat|waar\w*|is|zijn|komt|heeft|zou|kan|mag|welke)"
_AT_SOME_TIME: Final = (
    r"(?:langs|op bezoek|op visite|huisbezoek|uur|half \w+|kwart \w+|vandaag|\w*morgen|"
    r"vanmiddag|vanavond|\w+dag|volgende week)"
)
# Each (what is meant, a form of it); what comes first counts.
_SOURCES: Final = (
    (Intent.TELL_WISHES, rf"{_POLITE}(?:wat|waar|waarover) (?:wilde|wou|wil|zou) ik "
                         r"(?:\w+ ){0,7}?(?:bespreken|vragen|praten|hebben|spreken|"
                         r"vertellen)\b"),
    (Intent.TELL_WISHES, rf"{_POLITE}(?:wat (?:zijn|waren)|lees|noem|vertel|zeg)"
                         r"(?: mij)?(?: eens)? mijn (?:wensen|vragen|punten)\b"),
    (Intent.TELL_WISHES, rf"{_POLITE}mijn wensen$"),
    (Intent.TELL_PROMISES, rf"{_POLITE}wat (?:heeft|hebben|had|is|zou|zouden) "
                           r"(?:\w+ ){0,7}?(?:beloofd|toegezegd|afgesproken)$"),
    (Intent.TELL_PROMISES, rf"{_POLITE}welke (?:beloften|beloftes|toezeggingen)\b"),
    (Intent.PROMISED, rf"{_POLITE}(?!{_ASKS}\b)(?:\w+ ){{1,7}}?heeft (?:\w+ ){{0,4}}?"
                      r"(?:beloofd|toegezegd) (?:dat|om|te|mij)\b \w"),
    (Intent.PROMISED, rf"{_POLITE}(?:{_VISITOR}|zij|hij|ze)(?: \w+){{0,5}}? heeft "
                      r"(?:\w+ )+(?:beloofd|toegezegd)$"),
    (Intent.VISIT_OFF, rf"{_POLITE}(?!{_ASKS}\b).*\b{_VISITOR}\b.*\b(?:komt|komen|kan|"
                       r"kunnen) (?:\w+ ){0,4}?niet\b"),
    (Intent.VISIT_OFF, r"\b(?:huis)?bezoek\b.*\b(?:gaat|is|wordt) (?:\w+ ){0,3}?"
                       r"(?:niet (?:meer )?door|afgezegd|afgelast|geannuleerd)\b"),
    (Intent.VISIT_OFF, rf"{_POLITE}(?!{_ASKS}\b).*\b{_VISITOR}\b.*\b(?:is verhinderd|"
                       r"heeft (?:\w+ ){0,2}?afgezegd|zegt (?:\w+ ){0,2}?af)\b"),
    (Intent.VISIT_OFF, rf"{_POLITE}(?:zeg|schrap|annuleer|haal) (?:het|mijn|dat) "
                       r"(?:huis)?bezoek\b"),
    (Intent.VISIT_MOVED, r"\b(?:huis)?bezoek\b.*\b(?:is|wordt) (?:\w+ ){0,3}?"
                         r"(?:verzet|verplaatst|verschoven)\b"),
    (Intent.VISIT_MOVED, rf"{_POLITE}(?:verzet|verplaats|verschuif) (?:het|mijn|dat) "
                         r"(?:huis)?bezoek\b"),
    (Intent.VISIT_MOVED, rf"{_POLITE}(?!{_ASKS}\b).*\b{_VISITOR}\b.*\bkomt "
                         r"(?:\w+ ){0,5}?(?:in plaats van|pas|later|eerder)\b"),
    (Intent.VISIT_WISH, rf"{_POLITE}ik (?:wil|wou|zou|wilde|moet) (?:\w+ ){{0,3}}?"
                        rf"(?:met|aan|tegen|bij) (?:\w+ ){{0,3}}?{_VISITOR}\b.*\b"
                        r"(?:over|vragen|bespreken|praten|spreken|zeggen|vertellen)\b"),
    (Intent.VISIT_WISH, rf"{_POLITE}ik (?:wil|wou|zou|wilde|moet) (?:\w+ ){{0,2}}?"
                        rf"{_TITLE} (?:\w+ ){{1,9}}?(?:vragen|vertellen|zeggen)\b"),
    (Intent.VISIT_WISH, rf"{_POLITE}(?:bij|tijdens) (?:het|dat) (?:huis)?bezoek "
                        r"(?:wil|wou|zou|moet) ik \w"),
    (Intent.WHO_VISITS, rf"{_POLITE}wie komt er\b(?!.*\beten\b)"),
    (Intent.WHO_VISITS, rf"{_POLITE}komt er (?:\w+ ){{0,4}}?(?:iemand|bezoek|"
                        r"visite)\b"),
    (Intent.WHO_VISITS, rf"{_POLITE}er (?:staat|is) (?:\w+ ){{0,3}}?"
                        r"(?:voor|aan) de (?:voor)?deur$"),
    (Intent.WHO_VISITS, rf"{_POLITE}(?:er (?:wordt|is) (?:\w+ )?(?:aan)?gebeld|"
                        r"er belt (?:\w+ )?aan|de (?:deur)?bel gaat)$"),
    (Intent.WHO_VISITS, rf"{_POLITE}hoe (?:her)?ken ik (?:die|de|het|{_TITLE}|haar|hem|"
                        r"dat)\b"),
    (Intent.VISIT, rf"{_POLITE}(?!{_ASKS}\b)(?:\w+ ){{0,4}}?(?:er )?komt (?:er )?"
                   r"(?:\w+ ){0,6}?(?:iemand|een (?:mevrouw|meneer|dame|heer))\b.*"
                   rf"(?:\bop bezoek\b|\blangs\b|\bhuisbezoek\b|\b{_ORGANISATION}\b)"),
    (Intent.VISIT, rf"{_POLITE}(?!{_ASKS}\b)(?:\w+ ){{0,4}}?komt (?:\w+ ){{0,6}}?"
                   rf"(?:{_TITLE} \w+|(?:de|het|een) {_ORGANISATION})\b.*"
                   r"(?:langs|bezoek|praten|huisbezoek)"),
    (Intent.VISIT, rf"{_POLITE}{_TITLE} (?:\w+ ){{1,8}}?komt (?:\w+ ){{0,9}}?"
                   rf"{_AT_SOME_TIME}\b"),
    (Intent.VISIT, rf"{_POLITE}(?:iemand van |een )?(?:de |het |een )?{_ORGANISATION} "
                   rf"(?:\w+ ){{0,4}}?komt (?:\w+ ){{0,9}}?{_AT_SOME_TIME}\b"),
    (Intent.VISIT, rf"{_POLITE}ik (?:krijg|heb|kreeg) (?:\w+ ){{0,7}}?"
                   rf"(?:huisbezoek\b|bezoek van (?:\w+ ){{0,3}}?(?:{_TITLE} \w|"
                   rf"{_ORGANISATION}))"),
)  # fmt: skip
_PATTERNS: Final = tuple((intent, re.compile(source)) for intent, source in _SOURCES)
_DENIED: Final = re.compile(r"\b(?:niet|geen|nooit|niemand)\b")
_KIN: Final = re.compile(
    r"\b(?:mijn|onze) (?:\w*dochter|\w*zoon|\w*kind\w*|zus\w*|broer|\w*nicht\w*|"
    r"\w*neef\w*|man|vrouw|vriend\w*|buur\w*|familie|zwager|schoon\w+|moeder|vader)\b"
)


def find_visit_wish(text: str) -> Intent | None:
    """What of `VISITING` is meant; None if it is something else."""
    said = plain(text)
    if not said or said.count(" ") >= _MOST_WORDS:
        return None
    found = next((i for i, pattern in _PATTERNS if pattern.search(said)), None)
    if found is Intent.VISIT and (_DENIED.search(said) or _KIN.search(said)):
        return None
    return found


# --- who comes ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ToldVisit:
    """What was told of a visit.

    Attributes:
        who: How the visitor is named aloud; "iemand" where nobody was named.
        organisation: From where, with its article; empty if that was not told.
        about: What it is about; empty if that was not told.
        when: When, as far as that was told.
        said: The words that tell when, to be read again with more of them.
    """

    who: str
    organisation: str
    about: str
    when: When
    said: str


_PARTICLES: Final = r"(?:van|de|den|der|het|ten|ter|te|op|in|t)"
_NAME: Final = re.compile(
    rf"\b(mevrouw|meneer|mijnheer|de heer) ((?:{_PARTICLES} ){{0,3}}(?!{_PARTICLES}\b|"
    r"komt\b|kan\b|is\b|heeft\b|langs\b|voor\b|over\b|vragen\b)[a-z]\w*(?:-\w+)*)"
)
_FROM: Final = re.compile(
    r"\bvan ((?:de|het|een|stichting) (?:sociaal |sociale |rode )?[a-z][\w-]*|"
    r"(?!de\b|het\b|een\b|mij\b|mijn\b|plaats\b)[a-z][\w-]+)"
)
_ITSELF: Final = re.compile(rf"\b((?:de|het|een) {_ORGANISATION})\b")
_ABOUT: Final = re.compile(
    r"\b(?:voor|over|vanwege) ((?:de|het|een|mijn) (?:\w+ ?){1,6})$"
)
_TAIL: Final = re.compile(
    r"(?: (?:op bezoek|op visite|langs|praten|te praten|komt|komen|om|te))+$"
)


def read_visit(text: str, now: datetime) -> ToldVisit:
    """What was told of a visit.

    Args:
        text: As it was heard or typed.
        now: Local and aware.
    """
    found = find_when(text, now)
    rest = _words(found.rest)
    who, left = _who(rest)
    organisation = ""
    if match := _FROM.search(left):
        organisation = match[1]
        left = f"{left[: match.start()]} {left[match.end() :]}"
    elif match := _ITSELF.search(left):
        organisation = match[1]
    if not who and organisation.startswith("een "):
        who = organisation  # "een vrijwilliger"
    if organisation.startswith("een ") or "huisbezoek" in organisation:
        organisation = ""
    left = _TAIL.sub("", " ".join(left.split()))
    about = _ABOUT.search(left)
    return ToldVisit(
        who=who or "iemand",
        organisation=organisation,
        about=_to_about(about[1].strip() if about else "", rest),
        when=found.when,
        said=found.said,
    )


def named_in(text: str) -> str:
    """The words that tell of which visitor is spoken; empty if none is named."""
    said = _words(text)
    who, left = _who(said)
    match = _FROM.search(left) or _ITSELF.search(left)
    return f"{who} {match[1] if match else ''}".strip()


def _to_about(about: str, rest: str) -> str:
    """ "Het huisbezoek" where that is all that was told."""
    return "het huisbezoek" if "huisbezoek" in (about or rest) else about


def _who(rest: str) -> tuple[str, str]:
    """The visitor, and the words that are left."""
    match = _NAME.search(rest)
    if match is None:
        return "", rest
    title = {"mijnheer": "meneer", "de heer": "meneer"}.get(match[1], match[1])
    left = f"{rest[: match.start()]} {rest[match.end() :]}"
    return f"{title} {_as_name(match[2])}", left


def _as_name(words: str) -> str:
    """ "De Boer", "Van den Berg": the first and the last word with a capital."""
    parts = words.split()
    last = len(parts) - 1
    return " ".join(
        part[:1].upper() + part[1:] if place in (0, last) else part
        for place, part in enumerate(parts)
    )


def _words(text: str) -> str:
    """Lower case words in one line, without punctuation."""
    return " ".join(re.sub(r"[^\w'\s-]", " ", text.lower()).split())


def read_moved(text: str, now: datetime) -> tuple[str, When]:
    """The words that tell the new time of a visit, and that time.

    Of "woensdag in plaats van dinsdag" and "van dinsdag naar woensdag" only the new.
    """
    words = _words(text)
    before, _, _ = words.partition(" in plaats van ")
    _, to, after = before.rpartition(" naar ")
    found = find_when(after if to else before, now)
    return found.said, found.when


# --- what to speak of, and what was promised -----------------------------------------


_OVER: Final = re.compile(
    r"\bover (.+?)(?: (?:te )?(?:praten|hebben|spreken|bespreken|vragen|vertellen|"
    r"beginnen|overleggen))*$"
)
_AFTER_VERB: Final = re.compile(
    r"\b(?:vragen|zeggen|vertellen|bespreken) (?:naar |om )?(.+)$"
)
_BEFORE_VERB: Final = re.compile(
    r"^(?:om |naar )?(.+?) (?:te )?(?:vragen|zeggen|vertellen|bespreken)$"
)
_LEADING: Final = re.compile(
    rf"{_POLITE}(?:ik (?:wil|wou|zou|wilde|moet)|(?:bij|tijdens) (?:het|dat) "
    r"(?:huis)?bezoek (?:wil|wou|zou|moet) ik)(?: (?:graag|het|eens|ook|nog|even))*"
)
_TO_VISITOR: Final = re.compile(
    rf"^(?: ?(?:met|aan|tegen|bij))?(?: (?:de|het|een))? ?(?:{_ORGANISATION}|"
    r"bezoek(?:er|ster)|bezoek)\b"
)
_PROMISED: Final = re.compile(r"\b(?:beloofd|toegezegd)(?: mij)? (?:(?:dat|om) )?(.+)$")
_PROMISED_IT: Final = re.compile(r"\bheeft (?:mij )?(.+?) (?:beloofd|toegezegd)$")


def read_visit_wish(text: str) -> str:
    """What the person wishes to speak of; empty if only with whom was told."""
    said = _words(text)
    if match := _OVER.search(said):
        return match[1]
    _, left = _who(said)
    left = " ".join(_LEADING.sub(" ", " ".join(left.split())).split())
    left = _TO_VISITOR.sub(" ", left)
    left = re.sub(r"^(?:met|aan|tegen|bij) ", "", " ".join(left.split()))
    if (match := _AFTER_VERB.search(left)) or (match := _BEFORE_VERB.search(left)):
        return match[1]
    return ""


def read_promise(text: str) -> str:
    """What was promised, as it was told."""
    said = _words(text)
    match = _PROMISED.search(said) or _PROMISED_IT.search(said)
    return match[1] if match else ""
