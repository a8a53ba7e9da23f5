"""Who is asked along, and to what, in words of one's own."""

import pytest

from companion.understanding.along_wishes import find_along, to_what
from companion.understanding.intents import Intent

WISHES = {
    "Vraag Anna mee naar de koffieochtend": "de koffieochtend",
    "vraag of mijn dochter meegaat naar de kapper": "de kapper",
    "vraag aan Piet of hij meegaat": "",
    "kan er iemand met mij mee naar de tandarts": "de tandarts",
    "wie gaat er mee naar het ziekenhuis toe": "het ziekenhuis",
    "ik durf niet alleen naar de markt te gaan": "de markt",
    "vraag iemand mee": "",
    "ik wil mijn zoon meevragen naar het concert": "het concert",
}


@pytest.mark.parametrize(("said", "what"), WISHES.items())
def test_somebody_is_to_be_asked_along(said: str, what: str) -> None:
    assert find_along(said) is Intent.COME_ALONG
    assert to_what(said) == what


@pytest.mark.parametrize(
    "said",
    [
        "",
        "mijn dochter mag niet meer meekijken",
        "wie kijkt er mee",
        "ik ging gisteren met Anna mee naar de markt en daar dronken we koffie",
        "vraag het later nog eens",
        "ik neem mijn tas mee naar de kapper",
        "wanneer moet ik naar de kapper",
        "de kapper gaat niet door",
        "ik zoek iemand die mij helpt",
        "ik eet vandaag met mijn zoon mee",
        "mee",
        "vraag " * 30 + "mee",
    ],
)
def test_something_else_is_said(said: str) -> None:
    assert find_along(said) is None
