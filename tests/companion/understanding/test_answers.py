"""Answers of people of 75 to 95, to each question as it is asked.

Written down as such people talk: with detours, softeners and corrections.
"""

from datetime import time, timedelta

import pytest

from companion.topics.questions import ALL_QUESTIONS
from companion.understanding.intents import Intent, Value
from companion.understanding.meaning import Understanding

NUMBER = frozenset({Intent.NUMBER})
TIME = frozenset({Intent.TIME_OF_DAY})


@pytest.fixture(scope="module")
def understanding() -> Understanding:
    return Understanding()


def answers_to(question: str) -> frozenset[Intent]:
    return frozenset(ALL_QUESTIONS[question].answers)


ANSWERS: dict[str, dict[Intent, tuple[str, ...]]] = {
    "checkin.mood": {
        Intent.MOOD_GOOD: (
            "goed hoor, dank u",
            "nou, prima eigenlijk",
            "ik mag niet klagen op mijn leeftijd",
            "het gaat best goed vandaag",
            "ach, ik mag niet mopperen",
            "ja hoor, goed",
            "met mij gaat het uitstekend",
            "ik voel me kiplekker",
            "nou het gaat wel goed hoor",
            "een stuk beter dan gisteren",
            "goed, en met u?",
            "ik heb niks te klagen",
            "lekker hoor meid",
            "heel goed, want mijn kleinkinderen komen",
            "ik ben best tevreden",
            "goed, want de zon schijnt",
            "ik voel me vandaag fit",
        ),
        Intent.MOOD_FAIR: (
            "ach, het gaat z'n gangetje",
            "het gaat wel",
            "nou ja, redelijk",
            "zo zo",
            "het kon minder",
            "gaat wel hoor",
            "mwah, gaat wel",
            "naar omstandigheden redelijk",
            "niet goed en niet slecht",
            "met ups en downs",
            "ik ben er nog",
            "het houdt niet over",
            "de ene dag is beter dan de andere",
            "een beetje wisselend",
            "kan beter",
            "och, ik scharrel wat",
        ),
        Intent.MOOD_LOW: (
            "niet zo best vandaag",
            "nou, eigenlijk niet zo goed",
            "ik ben zo moe",
            "ik voel me niet lekker",
            "ik ben een beetje verdrietig",
            "ik mis mijn man zo",
            "ik heb nergens zin in",
            "ik ben duizelig",
            "slecht, heel slecht",
            "ik ben verkouden",
            "het valt niet mee",
            "ik zit niet lekker in mijn vel",
            "ik maak me zorgen",
            "ik heb een slechte dag",
            "niet zo lekker eerlijk gezegd",
            "ik ben misselijk vandaag",
            "het gaat niet goed met mij",
        ),
        Intent.LONELY: (
            "ik voel me zo alleen",
            "ik ben eenzaam",
            "ik zie bijna niemand meer",
            "er komt nooit iemand",
            "ik zit hier maar alleen",
            "de dagen duren lang",
            "een beetje eenzaam eigenlijk",
            "het is zo stil in huis",
            "ik heb niemand om mee te praten",
            "ik mis de gezelligheid",
        ),
    },
    "checkin.sleep": {
        Intent.SLEPT_WELL: (
            "goed geslapen",
            "als een roos",
            "ja hoor, prima geslapen",
            "ik heb heerlijk geslapen",
            "de hele nacht doorgeslapen",
            "als een blok",
            "ik heb niets te klagen",
            "nou, best goed eigenlijk",
            "heel goed vannacht",
            "aan één stuk door",
            "ik heb lekker uitgeslapen",
            "ik slaap altijd goed",
            "beter dan gisteren",
        ),
        Intent.SLEPT_FAIRLY: (
            "gaat wel",
            "redelijk, ik moest er een paar keer uit",
            "ik was vroeg wakker",
            "een paar keer wakker geworden",
            "het ging wel",
            "een uur of vijf",
            "redelijk geslapen",
            "matig",
            "ik moest er twee keer uit",
            "licht geslapen",
        ),
        Intent.SLEPT_BADLY: (
            "slecht geslapen",
            "ik heb geen oog dichtgedaan",
            "ik lag maar te draaien",
            "niet zo goed",
            "ik kon niet in slaap komen",
            "ik heb de hele nacht wakker gelegen",
            "bijna niet geslapen",
            "ik heb heel weinig geslapen vannacht",
            "onrustig geslapen",
            "nou, niet best",
            "ik heb liggen piekeren",
            "ik lag uren wakker",
            "ik heb de halve nacht wakker gelegen",
        ),
    },
    "checkin.pain": {
        Intent.NO_PAIN: (
            "nee hoor, nergens",
            "nee, gelukkig niet",
            "ik heb geen pijn",
            "nergens last van",
            "nee, vandaag niet",
            "helemaal niets",
            "geen klachten",
            "nee nergens last van gelukkig",
            "geen last van mijn knie",
            "mijn heup doet niet meer pijn",
            "nee, het is over",
        ),
        Intent.PAIN_LESS: (
            "het gaat iets beter",
            "een stuk minder",
            "minder dan gisteren",
            "de pijn is gezakt",
            "het is bijna weg",
            "wat minder, gelukkig",
        ),
        Intent.PAIN_SAME: (
            "nog hetzelfde",
            "net als gisteren",
            "het blijft hetzelfde",
            "nog steeds",
            "niet beter en niet slechter",
            "even erg",
        ),
        Intent.PAIN_WORSE: (
            "het wordt steeds erger",
            "erger dan gisteren",
            "ik heb meer pijn",
            "het is niet uit te houden",
            "alsmaar erger",
            "de pijn is erger geworden",
        ),
    },
    "checkin.eating": {
        Intent.ATE_WELL: (
            "ja hoor, ik heb goed gegeten",
            "twee boterhammen met kaas",
            "een boterham met jam en een ei",
            "ik heb lekker gegeten",
            "ik heb net ontbeten",
            "een bordje pap",
            "ja, een beschuitje",
            "ik heb mijn bord leeg",
            "ik heb twee boterhammen met kaas gegeten",
            "soep en een boterham",
            "ja, yoghurt en fruit",
            "ik heb alles opgegeten",
            "genoeg hoor",
            "het smaakte goed",
            "warm gegeten",
        ),
        Intent.ATE_LITTLE: (
            "niet zo veel",
            "ik heb weinig trek",
            "een paar hapjes maar",
            "een halve boterham",
            "ik heb geen honger",
            "ik eet als een vogeltje",
            "het smaakt me niet zo",
            "een klein beetje",
            "ik heb niet veel gegeten vandaag",
            "alleen een koekje",
            "ik kreeg het niet op",
        ),
        Intent.ATE_NOTHING: (
            "nee, nog niet",
            "ik heb nog niets op",
            "ik moet nog ontbijten",
            "nog niks gegeten",
            "ik krijg geen hap door mijn keel",
            "helemaal vergeten te eten",
            "nee, ik ga zo eten",
            "ik ben nog nuchter",
            "niets",
        ),
    },
    "checkin.drinking": {
        Intent.DRANK_ENOUGH: (
            "ja hoor, genoeg",
            "drie kopjes koffie en thee",
            "twee kopjes koffie al",
            "ik drink de hele dag thee",
            "een hele pot thee",
            "ik heb goed gedronken",
            "meer dan genoeg",
            "ja, veel water",
            "vier glazen water",
            "een liter denk ik",
            "ik heb al vijf kopjes thee gehad",
            "ja zeker",
        ),
        Intent.DRANK_LITTLE: (
            "te weinig denk ik",
            "ik vergeet het steeds",
            "nog niet zo veel",
            "alleen een kopje koffie",
            "ik heb geen dorst",
            "ik moet wat meer drinken",
            "nee, nog niet",
            "bijna niks",
            "een slokje water",
            "niet genoeg, ben ik bang",
            "ik drink niet zo graag",
            "nee, te weinig",
        ),
    },
    "checkin.plans": {
        Intent.NO_PLANS: (
            "niks bijzonders",
            "nee, ik blijf lekker thuis",
            "ik ga nergens heen",
            "helemaal niets",
            "ik zie wel",
            "een rustige dag",
            "nee hoor, geen plannen",
            "ik kom de deur niet uit",
            "niet veel",
            "er staat niets op het programma",
            "wat zou ik voor plannen hebben",
            "nog geen idee",
        ),
    },
    "ja_of_nee": {
        Intent.YES: (
            "ja hoor",
            "nou graag",
            "jazeker",
            "doe maar",
            "dat is goed",
            "vooruit dan maar",
            "ja, dat mag",
            "dat lijkt me leuk",
            "ja toch maar wel",
            "zeker weten",
            "ga uw gang",
            "dat klopt",
            "ja, natuurlijk",
            "van mij mag het",
            "ja, dat zou ik fijn vinden",
        ),
        Intent.NO: (
            "nee dank u",
            "liever niet",
            "nou nee",
            "laat maar zitten hoor, nee",
            "dat hoeft niet",
            "nee, vandaag niet",
            "ik heb er geen zin in",
            "nee, dat klopt niet",
            "ja... nee, toch maar niet",
            "nu even niet",
            "dat is niet nodig",
            "ik dacht van niet",
            "nee hoor, dat was het",
        ),
    },
}

WITH_VALUE: dict[str, dict[tuple[Intent, Value], tuple[str, ...]]] = {
    "checkin.pain": {
        (Intent.PAIN, "knee"): (
            "mijn knie speelt weer op",
            "ja, in mijn linkerknie",
            "het zijn mijn knieën",
            "last van m'n knie als ik loop",
        ),
        (Intent.PAIN, "back"): (
            "ik heb het in mijn rug",
            "ja, onder in mijn rug",
            "rugpijn, al dagen",
            "mijn rug doet zeer bij het bukken",
        ),
        (Intent.PAIN, "hip"): ("ja, mijn heup", "ik heb pijn in mijn rechterheup"),
        (Intent.PAIN, "head"): ("ik heb hoofdpijn", "barstende hoofdpijn"),
        (Intent.PAIN, "neck"): ("ik heb een stijve nek", "een beetje keelpijn"),
        (Intent.PAIN, "shoulder"): (
            "mijn schouder doet pijn",
            "ja, in mijn linkerschouder",
        ),
        (Intent.PAIN, "arm"): ("pijn in mijn elleboog", "mijn arm een beetje"),
        (Intent.PAIN, "hand"): ("stijve vingers", "mijn handen, door de reuma"),
        (Intent.PAIN, "leg"): (
            "krampen in mijn benen",
            "dikke benen",
        ),
        (Intent.PAIN, "foot"): ("mijn voeten doen zeer", "mijn enkel is dik"),
        (Intent.PAIN, "belly"): ("buikpijn", "ik heb last van mijn maag"),
        (Intent.PAIN, "tooth"): ("kiespijn", "mijn gebit doet pijn"),
        (Intent.PAIN, "ear"): ("oorpijn", "mijn rechteroor"),
        (Intent.PAIN, "eye"): ("mijn ogen prikken", "tranende ogen"),
        (Intent.PAIN, "everywhere"): (
            "overal",
            "alles doet pijn",
            "van top tot teen",
            "de reuma speelt weer op",
        ),
    },
    "checkin.plans": {
        (Intent.PLANS, "family"): (
            "mijn dochter komt vanmiddag",
            "de kleinkinderen komen eten",
            "ik ga naar mijn zoon toe",
            "mijn zus komt op de koffie",
        ),
        (Intent.PLANS, "visit_received"): (
            "ik krijg visite",
            "de buurvrouw komt koffie drinken",
            "vanmiddag komt de thuiszorg",
            "er komt iemand langs",
        ),
        (Intent.PLANS, "visit_paid"): (
            "op de koffie bij de buurvrouw",
            "ik ga op visite bij mijn vriendin",
        ),
        (Intent.PLANS, "walk"): (
            "een eindje wandelen",
            "ik ga straks een blokje om",
            "even naar buiten met de rollator",
            "een ommetje maken als het droog blijft",
        ),
        (Intent.PLANS, "cycle"): ("een stukje fietsen", "ik ga lekker fietsen"),
        (Intent.PLANS, "shopping"): (
            "boodschappen doen",
            "ik moet nog naar de winkel",
            "naar de markt met mijn dochter",
        ),
        (Intent.PLANS, "doctor"): (
            "ik moet naar het ziekenhuis voor controle",
            "naar de huisarts",
            "de fysiotherapeut komt langs",
            "ik heb een afspraak bij de tandarts",
        ),
        (Intent.PLANS, "hairdresser"): (
            "naar de kapper",
            "ik laat mijn haar doen",
        ),
        (Intent.PLANS, "church"): ("ik ga naar de kerk", "naar de mis"),
        (Intent.PLANS, "club"): ("naar de bingo", "ik heb vanavond koor"),
        (Intent.PLANS, "sport"): ("ik ga zwemmen", "naar de gym vanmorgen"),
        (Intent.PLANS, "eating_out"): ("uit eten", "pannenkoeken eten"),
        (Intent.PLANS, "hobby"): ("breien", "een puzzel maken", "ik ga wat haken"),
        (Intent.PLANS, "reading"): ("de krant lezen", "lekker lezen"),
        (Intent.PLANS, "television"): ("voetbal kijken", "vanavond tv kijken"),
        (Intent.PLANS, "garden"): ("in de tuin werken", "de planten water geven"),
        (Intent.PLANS, "household"): (
            "de was doen",
            "ik moet nodig stofzuigen",
            "soep koken",
        ),
        (Intent.PLANS, "calling"): ("ik ga mijn zus bellen", "met mijn zoon bellen"),
        (Intent.PLANS, "rest"): ("lekker uitrusten", "een dutje doen"),
        (Intent.PLANS, "day_care"): ("naar de dagopvang", "ik ga naar de dagbesteding"),
        (Intent.PLANS, "outing"): ("een dagje uit", "naar het museum"),
    },
    "checkin.convenient": {
        (Intent.LATER, timedelta(minutes=30)): (
            "straks maar",
            "nee, ik zit te eten",
            "nu even niet, later",
            "ik heb visite",
            "over een half uurtje",
        ),
        (Intent.LATER, timedelta(hours=1)): (
            "over een uur",
            "kom over een uurtje maar terug",
            "straks na het eten",
            "na de koffie",
        ),
        (Intent.LATER, timedelta(minutes=15)): ("over een kwartiertje",),
        (Intent.LATER, timedelta(days=1)): ("morgen", "nee, morgen maar"),
        (Intent.LATER, timedelta(days=2)): ("overmorgen", "liever overmorgen"),
        (Intent.LATER, time(15, 0)): ("om drie uur", "nee, om drie uur vanmiddag"),
        (Intent.LATER, time(14, 0)): ("vanmiddag", "liever vanmiddag"),
        (Intent.LATER, time(19, 0)): ("vanavond", "vanavond maar"),
        (Intent.LATER, time(10, 30)): ("om half elf",),
        (Intent.AWAY, "hospital"): (
            "ik moet naar het ziekenhuis",
            "ik word morgen opgenomen",
            "ik lig volgende week in het ziekenhuis",
        ),
        (Intent.AWAY, "holiday"): (
            "ik ga op vakantie",
            "ik ga een paar dagen naar mijn dochter",
            "ik ga een weekje weg",
            "ik ben morgen niet thuis",
        ),
        (Intent.AWAY, "visitors"): ("ik krijg logees", "mijn zoon komt logeren"),
    },
}

BACK = (
    "ik ben weer thuis",
    "daar ben ik weer",
    "ik ben terug van vakantie",
    "ik ben weer terug uit het ziekenhuis",
    "we zijn er weer",
)

NUMBERS = (
    ("een stuk of drie", 3),
    ("ik denk twee", 2),
    ("een zeven", 7),
    ("vijf hoor", 5),
    ("zo'n tien", 10),
    ("nul", 0),
    ("eentje maar", 1),
    ("vierentachtig", 84),
    ("negentien tweeënveertig", 1942),
    ("12", 12),
)

TIMES = (
    ("om half negen", time(8, 30)),
    ("acht uur 's ochtends", time(8, 0)),
    ("doe maar kwart over tien", time(10, 15)),
    ("tien voor half drie", time(14, 20)),
    ("een uur of negen", time(9, 0)),
    ("om drie uur", time(15, 0)),
    ("om 3 uur", time(15, 0)),
    ("om 15.00 uur", time(15, 0)),
    ("vanmiddag om drie uur", time(15, 0)),
    ("om zeven uur 's avonds", time(19, 0)),
    ("vanavond", time(19, 0)),
    ("vanmiddag", time(14, 0)),
    ("morgenochtend", time(9, 0)),
    ("kwart voor twaalf", time(11, 45)),
    ("14:30", time(14, 30)),
)

# Out of reach: irony, and what can be known only from more than the words.
KNOWN_MISSES = (
    ("checkin.mood", "nou geweldig zeg, het regent alweer"),
    ("checkin.mood", "vraag dat maar aan mijn dochter"),
    ("checkin.mood", "ik ben drieëntachtig, wat denkt u zelf"),
    ("checkin.sleep", "van slapen komt op mijn leeftijd weinig terecht"),
    ("checkin.sleep", "de buren hadden weer feest"),
    ("checkin.pain", "zonder de pillen had u me moeten horen"),
    ("checkin.mood", "heel goed, mijn kleinkinderen komen"),
    ("checkin.pain", "mijn benen zijn zo moe en doen zeer"),
    ("checkin.eating", "de muizen eten beter dan ik"),
    ("checkin.drinking", "ik ben toch geen kameel"),
    ("checkin.plans", "dat hangt van mijn benen af"),
    ("ja_of_nee", "daar zegt u me wat"),
    ("ja_of_nee", "als u het zelf doet"),
)


@pytest.mark.parametrize(
    ("question", "intent", "text"),
    [
        (question, intent, text)
        for question, meant in ANSWERS.items()
        for intent, texts in meant.items()
        for text in texts
    ],
)
def test_answers(
    understanding: Understanding, question: str, intent: Intent, text: str
) -> None:
    meaning = understanding.interpret(text, answers_to(question))
    assert meaning is not None
    # A bare yes or no stands for what the question makes of it.
    asked = ALL_QUESTIONS[question]
    stands_for = {Intent.YES: asked.yes, Intent.NO: asked.no}
    meant = stands_for.get(meaning.intent) or meaning.intent
    assert (meant, meaning.is_certain) == (intent, True)


@pytest.mark.parametrize(
    ("question", "intent", "value", "text"),
    [
        (question, intent, value, text)
        for question, meant in WITH_VALUE.items()
        for (intent, value), texts in meant.items()
        for text in texts
    ],
)
def test_answers_with_a_value(
    understanding: Understanding,
    question: str,
    intent: Intent,
    value: Value,
    text: str,
) -> None:
    meaning = understanding.interpret(text, answers_to(question))
    assert meaning is not None
    assert (meaning.intent, meaning.value, meaning.is_certain) == (intent, value, True)


@pytest.mark.parametrize("text", BACK)
def test_being_back(understanding: Understanding, text: str) -> None:
    meaning = understanding.interpret(text, answers_to("conversation.wish"))
    assert meaning is not None
    assert (meaning.intent, meaning.is_certain) == (Intent.BACK, True)


@pytest.mark.parametrize(("text", "number"), NUMBERS)
def test_numbers(understanding: Understanding, text: str, number: int) -> None:
    meaning = understanding.interpret(text, NUMBER)
    assert meaning is not None
    assert (meaning.value, meaning.is_certain) == (number, True)


@pytest.mark.parametrize(("text", "at"), TIMES)
def test_times(understanding: Understanding, text: str, at: time) -> None:
    meaning = understanding.interpret(text, TIME)
    assert meaning is not None
    assert (meaning.value, meaning.is_certain) == (at, True)


@pytest.mark.parametrize(("question", "text"), KNOWN_MISSES)
def test_what_is_out_of_reach_is_never_taken_for_certain(
    understanding: Understanding, question: str, text: str
) -> None:
    meaning = understanding.interpret(text, answers_to(question))
    assert meaning is None or not meaning.is_certain
