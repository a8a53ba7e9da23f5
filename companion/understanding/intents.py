"""Everything a person can mean, by name."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum


class Intent(StrEnum):
    """What a person means. The value of each is its name in the language pack."""

    # Answers to a yes/no question.
    YES = "yes"
    NO = "no"
    UNSURE = "unsure"  # "weet ik niet", "dat kan ik niet zeggen"

    # Always available.
    STOP = "stop"  # "stop", "laat maar", "hou op"
    SKIP = "skip"  # "sla over", "volgende vraag", "dat zeg ik liever niet"
    REPEAT = "repeat"  # "wat zegt u?", "herhaal", "nog een keer"
    LOUDER = "louder"
    QUIETER = "quieter"
    SLOWER = "slower"
    FASTER = "faster"
    WAIT = "wait"  # "wacht even", "momentje"
    TELL_TIME = "tell_time"
    TELL_DATE = "tell_date"
    ABILITIES = "abilities"  # "wat kunt u?", "help" as in: how does this work
    IS_COMPUTER = "is_computer"  # "bent u een computer?", "wie bent u?"
    WHAT_IS_KEPT = "what_is_kept"  # "wat bewaart u?", "wat weet u van mij?"
    FORGET_LAST = "forget_last"  # "vergeet wat ik zei"
    FORGET_ALL = "forget_all"  # "vergeet alles"

    # Asked for, outside a question.
    CHECK_IN = "check_in"  # "vraag maar hoe het gaat", "de dagelijkse vragen"
    LATER = "later"  # "straks", "over een half uur" (value: timedelta or time)
    AWAY = "away"  # "ik ga op vakantie" (value: "hospital", "holiday", "visitors")
    BACK = "back"  # "ik ben weer thuis"
    # "bel mijn dochter" (value: numbers of those who may be meant; none if somebody
    # is named who is not in the list)
    CALL_FAMILY = "call_family"
    CALL_LINE = "call_line"  # "bel de luisterlijn"
    INVITE = "invite"  # "nodig Anna uit" (value: as of CALL_FAMILY)
    WHO_FOLLOWS = "who_follows"  # "wie kijkt er mee?"
    # "Anna mag niet meer meekijken" (value: as of CALL_FAMILY; None: nobody is named)
    WITHDRAW = "withdraw"
    ALLOW = "allow"  # "Anna mag 's nachts bellen" (value: Named)
    FORBID = "forbid"  # "Anna hoeft niet te weten of ik er ben" (value: Named)
    # Of the agenda (value: the words, in which it stands what and when; or None)
    REMIND = "remind"  # "herinner mij morgen om half drie aan de kapper"
    NOTE_DOWN = "note_down"  # "zet in mijn agenda ..."
    TELL_AGENDA = "tell_agenda"  # "wat heb ik morgen?", "wanneer is de kapper?"
    CANCEL = "cancel"  # "de kapper gaat niet door"
    MOVE = "move"  # "verzet de kapper naar vrijdag"
    TAKEN = "taken"  # "ik heb mijn pillen genomen"
    KEEP_PRIVATE = "keep_private"  # "houd de dokter voor uzelf"
    CLEAR_AGENDA = "clear_agenda"  # "wis mijn hele agenda"
    # Of home visits (value: the words, in which it stands who, when and what; or None)
    VISIT = "visit"  # "mevrouw De Boer komt dinsdag voor het huisbezoek"
    VISIT_OFF = "visit_off"  # "het huisbezoek gaat niet door"
    VISIT_MOVED = "visit_moved"  # "het huisbezoek is verzet naar donderdag"
    WHO_VISITS = "who_visits"  # "wie komt er vandaag?", "er staat iemand voor de deur"
    VISIT_WISH = "visit_wish"  # "ik wil met mevrouw De Boer over de trap praten"
    TELL_WISHES = "tell_wishes"  # "wat wilde ik bespreken?"
    PROMISED = "promised"  # "mevrouw De Boer heeft een leuning beloofd"
    TELL_PROMISES = "tell_promises"  # "wat heeft mevrouw De Boer beloofd?"
    # Of things to do (value: the words, in which it stands what; or None)
    ACTIVITIES = "activities"  # "wat is er te doen?", "is er iets met muziek?"
    TASTE = "taste"  # "ik houd van zingen", "ik loop met een rollator"
    # Of helping and being helped (value: the words, in which it stands what; or None)
    OFFER_HELP = "offer_help"  # "ik wil iets voor een ander doen"
    SEEK_HELP = "seek_help"  # "ik zoek iemand die mijn lamp vervangt"
    TELL_HELP = "tell_help"  # "wat heb ik gevraagd?"
    END_HELP = "end_help"  # "het is al opgelost", "trek mijn vraag in"
    COME_ALONG = "come_along"  # "vraag Anna mee naar de kapper" (value: the words)
    CONTACTS = "contacts"  # "hoeveel mensen heb ik deze week gesproken?"
    GREETING = "greeting"  # "goedemorgen", "hallo"
    THANKS = "thanks"

    # How are you?
    MOOD_GOOD = "mood_good"
    MOOD_FAIR = "mood_fair"  # "gaat wel", "z'n gangetje", "redelijk", "mwah"
    MOOD_LOW = "mood_low"  # "niet zo goed", "somber", "verdrietig", "ik ben moe"
    LONELY = "lonely"  # "ik voel me alleen", "eenzaam"

    # How did you sleep?
    SLEPT_WELL = "slept_well"
    SLEPT_FAIRLY = "slept_fairly"
    SLEPT_BADLY = "slept_badly"

    # Are you in pain, or does something trouble you?
    PAIN = "pain"  # value: part of the body, a name from BODY_PARTS, or None
    NO_PAIN = "no_pain"
    PAIN_LESS = "pain_less"  # "het gaat beter", "minder dan gisteren"
    PAIN_SAME = "pain_same"
    PAIN_WORSE = "pain_worse"

    # Have you eaten and drunk?
    ATE_WELL = "ate_well"
    ATE_LITTLE = "ate_little"
    ATE_NOTHING = "ate_nothing"
    DRANK_ENOUGH = "drank_enough"
    DRANK_LITTLE = "drank_little"

    # What are your plans?
    PLANS = "plans"  # value: a name from PLAN_KINDS, or None
    NO_PLANS = "no_plans"

    # Of one thing to do that was named
    DETAIL = "detail"  # "hoeveel kost dat?" (value: a name from DETAILS)
    ANOTHER = "another"  # "iets anders"
    NOT_FOR_ME = "not_for_me"  # "niets voor mij"
    WHY_NOT = "why_not"  # "te ver" (value: a name from WHYS, or None)
    ENJOYED = "enjoyed"  # "het was leuk"
    NOT_ENJOYED = "not_enjoyed"  # "het viel tegen"
    DID_NOT_GO = "did_not_go"  # "ik ben niet geweest"

    # Values by themselves.
    NUMBER = "number"  # value: int
    TIME_OF_DAY = "time_of_day"  # value: time

    # An open answer: its words are the meaning.
    FREE_TEXT = "free_text"  # value: the words


BODY_PARTS = (
    "head", "neck", "shoulder", "arm", "hand", "back", "hip", "leg", "knee",
    "foot", "belly", "chest", "tooth", "ear", "eye", "everywhere",
)  # fmt: skip

PLAN_KINDS = (
    "visit_received", "visit_paid", "family", "walk", "cycle", "shopping",
    "doctor", "hairdresser", "church", "club", "sport", "eating_out", "hobby",
    "reading", "television", "garden", "household", "calling", "rest",
    "day_care", "outing",
)  # fmt: skip


DETAILS = ("why", "cost", "place", "when", "access", "about", "contact", "bring")

WHYS = ("too_far", "too_dear", "not_my_taste", "wrong_time", "alone", "too_busy")


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody, and what is said of them.

    Attributes:
        ids: Numbers of those who may be meant; none if nobody in the list.
        what: What they may, or may no longer: value of a `consent.Agreement`.
    """

    ids: tuple[int, ...]
    what: str


Value = int | str | time | datetime | timedelta | tuple[int, ...] | Named


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a person meant.

    Attributes:
        intent: What.
        value: Its value where the intent has one.
        is_certain: False when it was only close to something known; that may
            lead to "Bedoelt u ...?" and never to an act.
        confidence: 0 to 1; the recogniser's, lowered for fuzzy matches.
    """

    intent: Intent
    value: Value | None = None
    is_certain: bool = True
    confidence: float = 1.0


class Danger(StrEnum):
    """What must be answered with fixed text and a number to call."""

    MEDICAL = "medical"  # fall, chest pain, short of breath, bleeding, stroke: 112
    FIRE = "fire"  # fire, smoke, gas smell, burglar: 112
    SUICIDE = "suicide"  # 113
    ABUSE = "abuse"  # Veilig Thuis
