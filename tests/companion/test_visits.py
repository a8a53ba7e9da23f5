"""When visits are spoken of, and which of them is meant (pure)."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from companion.agenda_book import AgendaBook
from companion.checkins import CheckInPlan
from companion.people import PersonError
from companion.store import StoreError, open_memory_store
from companion.understanding.intents import Intent
from companion.understanding.visit_wishes import (
    find_visit_wish,
    read_moved,
    read_promise,
    read_visit,
    read_visit_wish,
)
from companion.visits import (
    Came,
    Kept,
    Known,
    MadeBy,
    News,
    Promise,
    Suits,
    Visit,
    VisitWish,
    as_in_agenda,
    entry_of,
    find,
    read_doubt_phone,
    say_doubt_phone,
    show_doubt_phone,
)
from companion.visits_book import VisitsBook, VisitsMemory
from companion.visits_due import (
    MOST_ASKED,
    Step,
    ask_after,
    came_unanswered,
    is_due_on,
    is_to_pass_on,
    matters,
    missed,
    speak_up,
    unanswered,
)
from tests.virtual_time import AMSTERDAM

# Summer time begins on Sunday 29 March 2026.
VISIT_ON = date(2026, 3, 31)
TOLD_AT = datetime(2026, 3, 20, 11, 0, tzinfo=AMSTERDAM)


def visit(**facts: object) -> Visit:
    made = Visit(
        uid="a",
        who="mevrouw De Boer",
        day=VISIT_ON,
        created_at=TOLD_AT,
        changed_at=TOLD_AT,
        made_by=MadeBy.HELPER,
        organisation="het buurtteam",
        at=time(10),
        news=News.NEW,
    )
    return replace(made, **facts)  # type: ignore[arg-type]


SETTLED = visit(news=News.NONE, suits=Suits.YES)


def at(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=AMSTERDAM)


def steps(one: Visit, now: datetime) -> list[Step]:
    return [matter.step for matter in matters(Known([one]), now)]


@pytest.mark.parametrize(
    ("one", "now", "expected"),
    [
        (visit(), at(20, 11), [Step.NEWS]),
        (visit(), at(31, 11), [Step.NEWS]),
        # Nobody needs to hear of what is over that it would come.
        (visit(came=Came.NO), at(31, 12), []),
        (SETTLED, at(28, 23, 59), []),
        (SETTLED, at(29, 0), [Step.WISHES]),
        (SETTLED, at(31, 9, 59), [Step.WISHES]),
        (SETTLED, at(31, 10), []),
        (replace(SETTLED, wishes_asked=True), at(30, 12), []),
        (replace(SETTLED, suits=Suits.NO), at(30, 12), []),
        (replace(SETTLED, is_cancelled=True), at(30, 12), []),
        (replace(SETTLED, is_cancelled=True), at(31, 20), []),
        (replace(SETTLED, is_cancelled=True, news=News.CANCELLED), at(30, 12),
         [Step.NEWS]),
        (SETTLED, at(31, 11, 59), []),
        (SETTLED, at(31, 12), [Step.CAME]),
        (SETTLED, at(1, 23, 59, month=4), [Step.CAME]),
        (SETTLED, at(2, 0, month=4), []),
        (replace(SETTLED, came=Came.YES), at(31, 20), []),
        # Of a part of the day, at the end of that.
        (replace(SETTLED, at=None, part="middag"), at(31, 17, 59), [Step.WISHES]),
        (replace(SETTLED, at=None, part="middag"), at(31, 18), [Step.CAME]),
    ],
)  # fmt: skip
def test_what_there_is_to_ask(one: Visit, now: datetime, expected: list[Step]) -> None:
    assert steps(one, now) == expected


PLAN = CheckInPlan(times=(time(10),))


@pytest.mark.parametrize(
    ("one", "now", "expected"),
    [
        # Told in time: the next afternoon.
        (visit(), at(20, 15), None),
        (visit(), at(21, 13, 59), None),
        (visit(), at(21, 14), Step.NEWS),
        # Soon: after an hour, in which it may still be corrected.
        (visit(changed_at=at(30, 11)), at(30, 11, 59), None),
        (visit(changed_at=at(30, 11)), at(30, 12), Step.NEWS),
        (visit(changed_at=at(30, 19, 30)), at(30, 20, 30), None),
        (SETTLED, at(29, 15), None),
        (SETTLED, at(30, 14), Step.WISHES),
        (replace(SETTLED, spoke_on=date(2026, 3, 30)), at(30, 15), None),
        (replace(SETTLED, wishes_asked=True), at(31, 14), None),
        (replace(SETTLED, wishes_asked=True), at(1, 14, month=4), Step.CAME),
        (replace(SETTLED, wishes_asked=True), at(1, 20, month=4), None),
    ],
)
def test_when_it_begins_by_itself(
    one: Visit, now: datetime, expected: Step | None
) -> None:
    matter = speak_up(Known([one]), PLAN, True, now, is_sure=True)
    assert (None if matter is None else matter.step) is expected


def test_it_does_not_begin_when_it_should_not() -> None:
    now, known = at(21, 14), Known([visit()])
    assert speak_up(known, PLAN, True, now, is_sure=True) is not None
    assert speak_up(known, PLAN, False, now, is_sure=True) is None
    assert speak_up(known, PLAN, True, now, is_sure=False) is None
    assert speak_up(known, PLAN, True, now.replace(year=1970), is_sure=True) is None
    quiet = replace(PLAN, quiet_starts=time(13), quiet_ends=time(15))
    assert speak_up(known, quiet, True, now, is_sure=True) is None


def promise(**facts: object) -> Promise:
    made = Promise("b", "a", "een leuning", at(31, 12), VISIT_ON, VISIT_ON)
    return replace(made, **facts)  # type: ignore[arg-type]


def test_a_promise_without_a_day_is_asked_about_after_two_weeks() -> None:
    due = is_due_on(None, SETTLED, VISIT_ON)
    assert due == date(2026, 4, 14)
    assert ask_after(due, is_told=False) == due
    # Who said "vrijdag" has the whole Friday, and what is over is no day.
    friday = date(2026, 4, 3)
    assert is_due_on(friday, SETTLED, VISIT_ON) == friday
    assert ask_after(friday, is_told=True) == date(2026, 4, 4)
    assert is_due_on(date(2026, 3, 1), SETTLED, VISIT_ON) == due


def test_a_promise_is_asked_about_until_somebody_is_told() -> None:
    known = Known([replace(SETTLED, came=Came.YES)], (), [promise(ask_on=VISIT_ON)])
    assert [m.step for m in matters(known, at(31, 13))] == [Step.PROMISE]
    once = missed(promise(), date(2026, 4, 14))
    assert (once.ask_on, is_to_pass_on(once)) == (date(2026, 4, 21), False)
    assert is_to_pass_on(missed(once, date(2026, 4, 21)))
    done = Known(known.visits, (), [promise(kept=Kept.YES)])
    assert not matters(done, at(31, 13))


def test_nobody_is_asked_for_ever() -> None:
    one, other = promise(), SETTLED
    for _ in range(MOST_ASKED):
        assert (one.kept, other.came) == (Kept.OPEN, Came.UNKNOWN)
        one, other = unanswered(one, VISIT_ON), came_unanswered(other)
    assert (one.kept, other.came) == (Kept.UNANSWERED, Came.UNANSWERED)


def test_the_agenda_moves_and_cancels_a_visit() -> None:
    now, entry = at(30, 9), entry_of(SETTLED, "het bezoek")
    assert as_in_agenda(SETTLED, entry, now) == SETTLED
    later = as_in_agenda(SETTLED, replace(entry, times=(time(14),)), now)
    assert (later.at, later.changed_at) == (time(14), now)
    assert as_in_agenda(SETTLED, None, now).is_cancelled


@pytest.mark.parametrize(
    ("words", "is_meant"),
    [
        ("mevrouw de boer", True),
        ("de boer", True),
        ("het buurtteam", True),
        ("", True),
        ("meneer jansen", False),
        ("de gemeente", False),
    ],
)
def test_which_visit_is_meant(words: str, is_meant: bool) -> None:
    assert bool(find([SETTLED], words)) is is_meant


@pytest.mark.parametrize(
    ("given", "kept", "said", "shown"),
    [
        ("14 010", "14010", "1 4, 0 1 0", "14 010"),
        ("0800-1234", "08001234", "0 8 0 0, 1 2, 3 4", "0800 12 34"),
        ("020 123 4567", "+31201234567", "0 2, 0 1, 2 3, 4 5, 6 7", "02 01 23 45 67"),
    ],
)
def test_numbers_to_ring_in_doubt(given: str, kept: str, said: str, shown: str) -> None:
    assert read_doubt_phone(given) == kept
    assert (say_doubt_phone(kept), show_doubt_phone(kept)) == (said, shown)


@pytest.mark.parametrize("given", ["112", "12", "bel maar", "", "0800"])
def test_what_is_no_number_to_ring(given: str) -> None:
    with pytest.raises(PersonError):
        read_doubt_phone(given)


# --- what is said of visits -----------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("er komt vrijdag iemand van de gemeente op bezoek", Intent.VISIT),
        ("mevrouw De Boer komt dinsdag om tien uur voor het huisbezoek", Intent.VISIT),
        ("ik krijg donderdag huisbezoek", Intent.VISIT),
        ("iemand van Humanitas komt vrijdag langs", Intent.VISIT),
        ("mevrouw de boer komt vrijdag toch niet", Intent.VISIT_OFF),
        ("het huisbezoek gaat niet door", Intent.VISIT_OFF),
        ("het huisbezoek is verzet naar donderdag", Intent.VISIT_MOVED),
        ("mevrouw De Boer komt woensdag in plaats van dinsdag", Intent.VISIT_MOVED),
        ("ik wil met mevrouw De Boer over de trap praten", Intent.VISIT_WISH),
        ("ik wil mevrouw de boer vragen of er een leuning komt", Intent.VISIT_WISH),
        ("bij het huisbezoek wil ik de drempels bespreken", Intent.VISIT_WISH),
        ("wat wilde ik bespreken", Intent.TELL_WISHES),
        ("wat zijn mijn wensen?", Intent.TELL_WISHES),
        ("waar wilde ik het met mevrouw de boer over hebben", Intent.TELL_WISHES),
        ("wat heeft mevrouw De Boer beloofd", Intent.TELL_PROMISES),
        ("mevrouw De Boer heeft beloofd dat er een leuning komt", Intent.PROMISED),
        ("wie komt er vandaag", Intent.WHO_VISITS),
        ("er staat iemand voor de deur", Intent.WHO_VISITS),
        ("de bel gaat", Intent.WHO_VISITS),
        # Family is no home visit, and a question is no announcement.
        ("mijn dochter komt morgen op bezoek", None),
        ("komt mevrouw De Boer morgen", None),
        ("wanneer komt mevrouw De Boer", None),
        ("er komt niemand op bezoek", None),
        ("ik krijg bezoek", None),
        ("mijn buurvrouw komt niet", None),
        ("bel mijn dochter", None),
        ("herinner mij morgen aan de kapper", None),
        ("de kapper gaat niet door", None),
        ("wat heb ik morgen", None),
        ("ik voel me alleen", None),
        ("er komt regen", None),
        ("ik heb mijn zoon beloofd te bellen", None),
    ],
)
def test_what_is_meant_of_visits(said: str, meant: Intent | None) -> None:
    assert find_visit_wish(said) is meant


@pytest.mark.parametrize(
    ("said", "who", "organisation", "about"),
    [
        ("er komt vrijdag iemand van de gemeente op bezoek",
         "iemand", "de gemeente", ""),
        ("mevrouw van den berg van het buurtteam komt morgen langs",
         "mevrouw Van den Berg", "het buurtteam", ""),
        ("morgen komt meneer Jansen van de gemeente praten over de trap",
         "meneer Jansen", "de gemeente", "de trap"),
        ("er komt een vrijwilliger langs op 3 april", "een vrijwilliger", "", ""),
        ("ik krijg donderdag huisbezoek", "iemand", "", "het huisbezoek"),
    ],
)  # fmt: skip
def test_who_comes(said: str, who: str, organisation: str, about: str) -> None:
    told = read_visit(said, at(23, 10))
    assert (told.who, told.organisation, told.about) == (who, organisation, about)
    assert told.when.day is not None


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("ik wil het met mevrouw de boer hebben over mijn rollator", "mijn rollator"),
        ("ik wil mevrouw de boer vragen of er een leuning komt",
         "of er een leuning komt"),
        ("bij het huisbezoek wil ik de drempels bespreken", "de drempels"),
        ("ik wil aan het buurtteam vragen wie mij kan rijden", "wie mij kan rijden"),
    ],
)  # fmt: skip
def test_what_to_speak_of(said: str, text: str) -> None:
    assert read_visit_wish(said) == text


def test_what_was_promised_and_when_instead() -> None:
    said = "mevrouw De Boer heeft beloofd dat er een leuning komt"
    assert read_promise(said) == "er een leuning komt"
    assert read_promise("zij heeft een folder beloofd") == "een folder"
    _, when = read_moved(
        "mevrouw De Boer komt woensdag in plaats van dinsdag", at(23, 10)
    )
    assert when.day == date(2026, 3, 25) and timedelta(days=when.days).days == 1


# --- kept -----------------------------------------------------------------------------


class Card(VisitsBook):
    """Visits on a card that may refuse."""

    refuses = False

    def known(self) -> Known:
        if self.refuses:
            raise StoreError("the card refuses")
        return super().known()

    def put(self, one: Visit | VisitWish | Promise) -> None:
        if self.refuses:
            raise StoreError("the card refuses")
        super().put(one)


async def test_it_goes_on_while_the_card_refuses() -> None:
    store = open_memory_store()
    card = Card(store.visits, AgendaBook(store.agenda))
    memory = VisitsMemory(card)
    assert await memory.put(SETTLED)
    (kept,) = (await memory.known()).visits
    wish = VisitWish("w", "a", "de trap", TOLD_AT)
    card.refuses = True
    assert not await memory.put(wish)
    assert not await memory.put(promise())
    await memory.change(kept, came=Came.YES)
    known = await memory.known()
    assert [one.came for one in known.visits] == [Came.YES]
    assert known.wishes_for(kept) == [wish]
    assert known.promises_of(kept) == [promise()]
    card.refuses = False
    # All of it is written as soon as that works, each once.
    assert await memory.known() == known == card.known()
    assert await memory.remove(wish)
    assert not card.known().wishes
    store.close()


async def test_what_was_told_is_forgotten_and_what_was_agreed_stays() -> None:
    store = open_memory_store()
    card = Card(store.visits, AgendaBook(store.agenda))
    memory = VisitsMemory(card)
    await memory.put(replace(SETTLED, came=Came.YES))
    card.put(VisitWish("w", "a", "de trap", TOLD_AT))
    card.refuses = True
    await memory.put(promise())
    card.refuses = False
    store.forget_all()
    memory.forget()
    known = await memory.known()
    assert not known.wishes and not known.promises
    # Nor is anything asked of it again.
    assert [one.came for one in known.visits] == [Came.UNANSWERED]
    card.put(VisitWish("w", "a", "de trap", TOLD_AT))
    assert store.forget_last() and not card.known().wishes
    card.put(VisitWish("w", "a", "de trap", TOLD_AT))
    store.forget_before(0.0, (VISIT_ON + timedelta(days=1)).isoformat())
    assert card.known() == Known([], [], [])
    store.close()


async def test_agenda_and_visits_agree() -> None:
    store = open_memory_store()
    agenda = AgendaBook(store.agenda)
    card = VisitsBook(store.visits, agenda)
    card.put(SETTLED)
    assert card.arrange(lambda _: "het bezoek", at(30, 9))
    assert not card.arrange(lambda _: "het bezoek", at(30, 9))
    (entry,) = agenda.entries()
    assert (entry.what, entry.day, entry.times) == ("het bezoek", VISIT_ON, (time(10),))
    agenda.change(replace(entry, times=(time(15),)))
    assert card.arrange(lambda _: "het bezoek", at(30, 9))
    assert [one.at for one in card.known().visits] == [time(15)]
    (one,) = card.known().visits
    card.put(replace(one, is_cancelled=True))
    assert card.arrange(lambda _: "het bezoek", at(30, 9))
    assert agenda.entries() == []
    store.close()
