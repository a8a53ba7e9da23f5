"""What is offered and asked, what it is about, and what is no such thing."""

import pytest

from companion.activities.record import Category
from companion.topics.conversation import WISH
from companion.understanding.emergency import find_danger
from companion.understanding.helping_wishes import (
    find_help,
    find_services,
    is_about_money,
    is_any_time,
    tells_what,
)
from companion.understanding.intents import Danger, Intent
from tests.stories.person import understanding

OFFERS = {
    "ik wil iets voor een ander doen": False,
    "Ik wil graag nog iets voor anderen doen.": False,
    "ik wil iemand helpen": False,
    "wat kan ik voor een ander doen?": False,
    "kan ik iemand ergens mee helpen": False,
    "ik zou me graag nuttig maken": False,
    "ik kan breien voor iemand": True,
    "goedemorgen, ik kan wel voor iemand koken": True,
    "ik wil voor mensen appeltaart bakken": True,
    "ik kan iemand helpen met lezen": True,
    "ik wil een ander leren breien": True,
    "ik bied mijn oude piano aan": True,
}
REQUESTS = {
    "ik zoek hulp": False,
    "ik zoek iemand": False,
    "wie kan mij helpen": False,
    "ik zoek iemand die mij helpt": False,
    "ik zoek iemand die mijn lamp vervangt": True,
    "Wie kan mij helpen met de boodschappen?": True,
    "ik heb hulp nodig bij de tuin": True,
    "ik zoek nog iemand om mee te wandelen": True,
    "ik ben op zoek naar iemand die piano speelt": True,
    "ik kan wel hulp gebruiken bij mijn computer": True,
    "is er iemand die mijn hond wil uitlaten": True,
    "wie brengt mij naar de dokter": True,
    "ik zoek hulp bij het opstaan 's ochtends": True,
    "ik heb elke ochtend hulp nodig om uit bed te komen": True,
    "ik zoek iemand die mij 's ochtends uit bed helpt": True,
    "kan iemand mijn lamp vervangen": True,
    "wie kan mij uitleggen hoe mijn telefoon werkt": True,
}
TELLINGS = (
    "wat heb ik gevraagd?",
    "wat heb ik ook alweer aangeboden",
    "heeft er al iemand geantwoord",
    "hoe staat het met mijn vraag",
    "is er al een antwoord op mijn vraag",
)
ENDINGS = (
    "het is al opgelost",
    "trek mijn vraag in",
    "ik wil mijn vraag intrekken",
    "mijn vraag is niet meer nodig",
    "haal mijn aanbod weg",
    "ik heb al iemand gevonden",
    "ik heb geen hulp meer nodig",
)
EVERY = {
    **dict.fromkeys(OFFERS, Intent.OFFER_HELP),
    **dict.fromkeys(REQUESTS, Intent.SEEK_HELP),
    **dict.fromkeys(TELLINGS, Intent.TELL_HELP),
    **dict.fromkeys(ENDINGS, Intent.END_HELP),
}


@pytest.mark.parametrize("text", EVERY)
def test_it_is_found_and_meant_in_a_conversation(text: str) -> None:
    assert find_help(text) is EVERY[text]
    meaning = understanding().interpret(text, WISH.answers)
    assert meaning is not None
    assert (meaning.intent, meaning.value) == (EVERY[text], text)
    assert meaning.is_certain


@pytest.mark.parametrize("text", OFFERS | REQUESTS)
def test_whether_it_tells_what_it_is_about(text: str) -> None:
    assert tells_what(text) is {**OFFERS, **REQUESTS}[text]


@pytest.mark.parametrize(
    "text",
    [
        "help",
        "help mij",
        "ik heb hulp nodig",
        "ik heb nu hulp nodig",
        "ik heb direct hulp nodig",
        "ik heb hulp nodig bij het opstaan",
        "ik heb hulp nodig want ik ben gevallen",
        "ik heb hulp nodig, ik lig op de grond",
        "wie kan mij helpen ik ben gevallen",
        "wie kan mij overeind helpen",
        "kan iemand mij helpen ik krijg geen lucht",
        "kan iemand een ambulance bellen",
        "wie kan mij redden van de brand",
        "ik zoek iemand die mij doodmaakt",
        "ik zoek hulp want ik wil niet meer leven",
        "ik zoek iemand want ik heb pijn op de borst",
        "ik zoek hulp want mijn man slaat mij",
    ],
)
def test_danger_is_never_an_odd_job(text: str) -> None:
    assert find_help(text) is None
    meaning = understanding().interpret(text, WISH.answers)
    assert meaning is None or meaning.intent not in set(EVERY.values())


@pytest.mark.parametrize(
    "text",
    [
        "ik heb hulp nodig",
        "help mij",
        "wie kan mij helpen ik ben gevallen",
        "ik heb hulp nodig bij het opstaan",
        "wie kan mij overeind helpen",
        "ik zoek nu hulp bij het opstaan",
    ],
)
def test_those_sentences_still_raise_the_alarm(text: str) -> None:
    assert find_danger(text) is Danger.MEDICAL


@pytest.mark.parametrize(
    "text",
    [
        "",
        "wie kan mij zien",
        "wie kan mij bellen",
        "wie kijkt er met mij mee",
        "kan iemand mij horen",
        "wie kan mij vertellen hoe laat het is",
        "ik wil mijn dochter bellen",
        "ik wil praten met iemand",
        "ik kan niets voor een ander doen",
        "ik kan niet meer voor iemand zorgen",
        "wat heb ik morgen",
        "wat zei u",
        "ik zoek mijn bril",
        "ik zoek iets met muziek",
        "wat is er te doen",
        "mijn buurman helpt iemand met zijn tuin",
        "de kapper gaat niet door",
        "haal de kapper uit mijn agenda",
        "herinner mij eraan dat ik iemand help",
        "ik heb geholpen bij de kerk",
    ],
)
def test_other_things_are_no_offer_and_no_request(text: str) -> None:
    assert find_help(text) is None


def test_it_is_not_heard_where_it_is_not_expected() -> None:
    text = "ik zoek iemand die mijn lamp vervangt"
    meaning = understanding().interpret(text, [Intent.YES, Intent.NO])
    assert meaning is None or meaning.intent is not Intent.SEEK_HELP


@pytest.mark.parametrize(
    "text",
    [
        "ik zoek iemand die geld voor mij haalt",
        "wie kan mijn pincode onthouden",
        "ik zoek iemand die voor mij wil pinnen",
        "wie kan mij helpen met mijn wachtwoord",
        "ik zoek hulp bij het internetbankieren",
        "ik zoek iemand die mijn rekeningen betaalt",
        "mijn bankpas en code aan iemand geven",
        "ik wil iemand honderd euro lenen",
        "wie kan er voor mij naar de bank",
        "ik kan geld voor iemand bewaren",
        "inloggen met digid",
        "ik zoek iemand die cadeaukaarten koopt",
        "hulp bij de belastingaangifte",
        "de code van mijn pas is 1 2 3 4",
    ],
)
def test_money_and_codes_are_refused(text: str) -> None:
    assert is_about_money(text)


@pytest.mark.parametrize(
    "text",
    [
        *OFFERS,
        *REQUESTS,
        "ik zoek iemand die mijn bank kan verplaatsen",
        "wie helpt mij een zware kast van de bank tillen",
        "ik zoek iemand die mij een boek leent",
        "ik kan gratis breien voor iemand",
        "wie gaat er met mij naar de markt",
        "iemand die mijn pannenkoeken lust",
        "wie kan mijn speldenkussen maken",
        "de rekenmachine nakijken",
    ],
)
def test_what_is_no_money_is_not_refused(text: str) -> None:
    assert not is_about_money(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("maakt niet uit", True),
        ("nee hoor, dat maakt mij niet uit", True),
        ("er is geen haast bij", True),
        ("geen haast", True),
        ("nee", True),
        ("dat weet ik nog niet", True),
        ("wanneer het iemand uitkomt", True),
        ("altijd", True),
        ("zaterdag", False),
        ("elke week", False),
    ],
)
def test_whether_it_matters_when(text: str, expected: bool) -> None:
    assert is_any_time(text) is expected


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("wie kan mij helpen met vervoer?", (Category.TRANSPORT,)),
        ("ik zoek een taxi", (Category.TRANSPORT,)),
        ("is er hier een belbus", (Category.TRANSPORT,)),
        ("wie kan mij advies geven", (Category.ADVICE,)),
        ("waar kan ik advies krijgen", (Category.ADVICE,)),
        ("wie kan mij helpen met een formulier", (Category.ADVICE,)),
        ("wie kan mij helpen met mijn formulieren", (Category.ADVICE,)),
        ("is er dagbesteding in de buurt", (Category.HEALTH,)),
        ("wie kan mij helpen met de boodschappen", ()),
    ],
)
def test_a_service_is_asked_for_by_its_kind(
    text: str, kinds: tuple[Category, ...]
) -> None:
    assert find_help(text) is Intent.SEEK_HELP
    assert find_services(text) == kinds
    meaning = understanding().interpret(text, WISH.answers)
    assert meaning is not None and meaning.intent is Intent.SEEK_HELP


@pytest.mark.parametrize(
    "text", ["ik zoek geen vervoer", "ik heb vervoer nodig", "de taxi is te laat"]
)
def test_what_only_names_one_asks_for_none(text: str) -> None:
    assert find_help(text) is None
