"""The agenda shared with family, and what they propose for it, in the home."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from calls.agenda_messages import (
    Proposal,
    ProposalStands,
    ProposalState,
    ProposalWithdrawn,
    Repeats,
    SharedAgenda,
)
from calls.messages import Member, Members, Role
from calls.wire import new_id
from companion.agenda import Entry, Kind
from companion.agenda_book import AgendaBook
from companion.consent import Agreement
from companion.people import Person
from companion.proposal_book import ProposalBook
from companion.settings import CheckInSettings, Settings
from companion.store import StoreError
from hardware.panel import Button
from tests.stories.home_with_phone import ANNA, PIET, Said
from tests.stories.paper_hub import PaperHub
from tests.stories.person import Answers, Home, key_of, living
from tests.virtual_time import AMSTERDAM, VirtualLoop, run
from voice.hearing import Heard

MONDAY = datetime(2026, 3, 23, 10, 0, tzinfo=AMSTERDAM)
NO_CHECK_IN = Settings(checkin=CheckInSettings(is_on=False))
SEES = replace(ANNA, agreed=frozenset({Agreement.AGENDA}), role=Role.FAMILY)

Story = Callable[[Home, "FamilyHub"], Coroutine[None, None, None]]


class FamilyHub(PaperHub):
    """A hub over which Anna proposes things."""

    @property
    def shared(self) -> list[SharedAgenda]:
        return [each for each in self.received if isinstance(each, SharedAgenda)]

    @property
    def states(self) -> list[tuple[str, str]]:
        return [
            (each.proposal, each.state.value)
            for each in self.received
            if isinstance(each, ProposalStands)
        ]

    def proposes(
        self,
        what: str = "de tandarts",
        day: str = "2026-03-24",
        at: str = "10:00",
        *,
        place: str = "",
        repeats: Repeats = Repeats.ONCE,
        name: str = "p1",
        member: str = "member-1",
    ) -> None:
        self._tell(Proposal(new_id(), name, member, what, day, at, place, repeats))

    def takes_back(self, name: str = "p1") -> None:
        self._tell(ProposalWithdrawn(new_id(), name))

    def connects(self, *seeing: str) -> None:
        """The device is connected, and told who sees its agenda."""
        self.is_there = True
        told = (
            Member(member, "x", Role.FAMILY, True, True, False, False, True)
            for member in seeing
        )
        self._tell(Members(tuple(told)))


class Family:
    """The list of people, which may change while the story goes on."""

    def __init__(self, *people: Person) -> None:
        self.people: Sequence[Person] = people

    async def listed(self) -> Sequence[Person]:
        return self.people


def at_home(
    folder: Path,
    story: Story,
    answers: Said | None = None,
    family: Family | None = None,
    hub: FamilyHub | None = None,
    start: datetime = MONDAY,
    settings: Settings = NO_CHECK_IN,
    is_sure: Callable[[], bool] = lambda: True,
    asked: Callable[[FamilyHub], None] = lambda hub: None,
) -> Home:
    async def main() -> Home:
        line, people = hub or FamilyHub(), family or Family(SEES, PIET)
        said = Answers(answers or {}, base={})

        def answer(text: str) -> str | Heard | None:
            if key_of(text) == "proposal.allow.ask":
                asked(line)
            return said(text)

        async with living(
            folder,
            start,
            answer,
            settings,
            people=people.listed,
            line=line,
            clock_is_sure=is_sure,
        ) as home:
            await asyncio.sleep(1)
            await story(home, line)
            return home

    return run(main(), VirtualLoop())


def entries_of(home: Home) -> list[Entry]:
    return AgendaBook(home.journal._store.agenda).entries()


def add(home: Home, *entries: Entry) -> None:
    for each in entries:
        AgendaBook(home.journal._store.agenda).add(each)


def notice_of(home: Home) -> str:
    return home.screen.view.notice


def entry(kind: Kind, what: str, *times: time, **facts: object) -> Entry:
    made = Entry(None, kind, what, date(2026, 3, 24), MONDAY, times)
    return replace(made, **facts)  # type: ignore[arg-type]


# -- shared ---------------------------------------------------------------------------


def test_only_appointments_and_birthdays_are_shared_and_nothing_private(
    tmp_path: Path,
) -> None:
    async def story(home: Home, hub: FamilyHub) -> None:
        add(
            home,
            entry(Kind.APPOINTMENT, "de kapper", time(14, 30), place="Kerkstraat"),
            entry(Kind.APPOINTMENT, "de dokter", time(9), is_private=True),
            entry(Kind.REMINDER, "de vuilnis", time(8)),
            entry(Kind.MEDICINE, "mijn pillen", time(8), rule="FREQ=DAILY"),
            entry(Kind.BIRTHDAY, "Anna", rule="FREQ=YEARLY"),
            entry(Kind.APPOINTMENT, "het koor", time(20), rule="FREQ=WEEKLY"),
            entry(Kind.APPOINTMENT, "de tandarts", time(9), day=date(2026, 4, 20)),
        )
        hub.connects("member-1")
        await asyncio.sleep(1)
        shared = hub.shared[-1]
        assert shared.zone == "Europe/Amsterdam"
        assert [(e.kind, e.what, e.day, e.time, e.place) for e in shared.entries] == [
            ("birthday", "Anna", "2026-03-24", "", ""),
            ("appointment", "de kapper", "2026-03-24", "14:30", "Kerkstraat"),
            ("appointment", "het koor", "2026-03-24", "20:00", ""),
            ("appointment", "het koor", "2026-03-31", "20:00", ""),
            ("appointment", "het koor", "2026-04-07", "20:00", ""),
            ("appointment", "het koor", "2026-04-14", "20:00", ""),
        ]

    at_home(tmp_path, story)


def test_it_is_told_when_it_changes_and_each_day_and_not_more(tmp_path: Path) -> None:
    async def story(home: Home, hub: FamilyHub) -> None:
        before = len(hub.shared)
        assert before == 1
        for _ in range(5):
            hub.connects("member-1")
            await asyncio.sleep(20)
        # Once more, for it may have been the first time that anybody could see it.
        assert len(hub.shared) == before + 1
        add(home, entry(Kind.APPOINTMENT, "de kapper", time(14, 30)))
        await asyncio.sleep(61)
        assert [e.what for e in hub.shared[-1].entries] == ["de kapper"]
        told = len(hub.shared)
        await home.until(MONDAY + timedelta(hours=13))
        assert len(hub.shared) == told
        # Without a hub it waits, and is told when that is there.
        hub.is_there = False
        await home.until(MONDAY + timedelta(hours=15))
        assert len(hub.shared) == told
        hub.connects("member-1")
        await asyncio.sleep(1)
        assert len(hub.shared) == told + 1

    at_home(tmp_path, story)


def test_nothing_is_shared_where_nobody_may_see_it(tmp_path: Path) -> None:
    family = Family(replace(SEES, agreed=frozenset()), PIET)

    async def story(home: Home, hub: FamilyHub) -> None:
        add(home, entry(Kind.APPOINTMENT, "de kapper", time(14, 30)))
        hub.connects()
        await home.until(MONDAY + timedelta(days=1))
        assert hub.shared == []
        family.people = (SEES, PIET)
        hub.connects("member-1")
        await asyncio.sleep(1)
        assert len(hub.shared) == 1

    at_home(tmp_path, story, family=family)


def test_a_device_that_does_not_know_the_day_shares_nothing(tmp_path: Path) -> None:
    is_sure = False

    async def story(home: Home, hub: FamilyHub) -> None:
        nonlocal is_sure
        hub.proposes()
        await home.until(MONDAY + timedelta(minutes=5))
        assert hub.shared == []
        await home.press(Button.TALK)
        assert "proposal.tells" not in home.person.keys()
        is_sure = True
        await home.until(MONDAY + timedelta(minutes=10))
        assert len(hub.shared) == 1
        await home.press(Button.TALK)
        assert "proposal.tells" in home.person.keys()

    at_home(tmp_path, story, is_sure=lambda: is_sure)


# -- proposed -------------------------------------------------------------------------


def test_a_proposal_is_shown_asked_and_kept_after_a_yes(tmp_path: Path) -> None:
    async def story(home: Home, hub: FamilyHub) -> None:
        hub.proposes(place="Dorpsstraat 1")
        await asyncio.sleep(1)
        assert hub.states == [("p1", "waiting")]
        assert notice_of(home) == "Anna stelt iets voor. Druk op de praatknop."
        # Nothing is said out of nowhere.
        await home.until(MONDAY + timedelta(hours=2))
        assert home.person.texts() == []
        await home.press(Button.TALK)
        await asyncio.sleep(1)
        assert hub.states == [("p1", "waiting"), ("p1", "in_agenda")]
        (kept,) = entries_of(home)
        assert (kept.what, kept.day, kept.times, kept.place, kept.by) == (
            "de tandarts",
            date(2026, 3, 24),
            (time(10),),
            "Dorpsstraat 1",
            "Anna",
        )
        assert [e.what for e in hub.shared[-1].entries] == ["de tandarts"]
        assert notice_of(home) == ""
        await home.press(Button.TALK)
        await home.until(MONDAY + timedelta(hours=10, minutes=30))

    home = at_home(tmp_path, story, {"proposal.allow": "ja", "agenda.soon": "ja"})
    said = home.person.texts()
    assert said[0] == (
        "Anna stelt iets voor. Morgen om tien uur 's ochtends, de tandarts."
    )
    assert said[1] == "De plaats is Dorpsstraat 1."
    assert said[2] == "Mag dat in uw agenda?"
    assert home.person.keys().count("proposal.tells") == 1
    # And it is told in the evening like any other.
    assert home.person.keys().count("agenda.soon.ask") == 1


def test_no_is_told_and_no_reason_is_asked(tmp_path: Path) -> None:
    async def story(home: Home, hub: FamilyHub) -> None:
        hub.proposes(repeats=Repeats.WEEKLY)
        await home.press(Button.TALK)
        await asyncio.sleep(1)
        assert hub.states[-1] == ("p1", "refused")
        assert entries_of(home) == []
        # Of what was refused, no words are kept.
        (kept,) = ProposalBook(home.journal._store.proposals).all()
        assert (kept.what, kept.place) == ("", "")

    home = at_home(tmp_path, story, {"proposal.allow": "nee"})
    assert home.person.texts()[0].startswith("Anna stelt iets voor. Elke dinsdag")
    assert home.person.keys().count("proposal.refused") == 1


def test_without_an_answer_it_is_asked_the_next_time(tmp_path: Path) -> None:
    async def story(home: Home, hub: FamilyHub) -> None:
        hub.proposes()
        hub.proposes("het koor", "2026-03-25", "20:00", name="p2")
        await home.press(Button.TALK, seconds=180)
        await asyncio.sleep(1)
        assert home.person.keys().count("proposal.tells") == 1
        assert {state for _, state in hub.states} == {"waiting"}
        await home.press(Button.TALK)
        await asyncio.sleep(1)
        assert hub.states[-2:] == [("p1", "in_agenda"), ("p2", "in_agenda")]

    at_home(tmp_path, story, {"proposal.allow": [None, None, "ja", "ja"]})


def test_what_is_over_is_told_once_and_dropped(tmp_path: Path) -> None:
    async def story(home: Home, hub: FamilyHub) -> None:
        hub.proposes(day="2026-03-23", at="11:00")
        await home.until(MONDAY + timedelta(hours=2))
        await home.press(Button.TALK)
        await asyncio.sleep(1)
        assert hub.states[-1] == ("p1", "over")
        await home.press(Button.TALK)
        assert entries_of(home) == []

    home = at_home(tmp_path, story)
    assert home.person.texts()[0] == (
        "Anna stelde voor, de tandarts. Dat is nu al voorbij."
    )
    assert home.person.keys().count("proposal.over") == 1


def test_it_is_told_after_a_check_in_and_never_in_quiet_hours(tmp_path: Path) -> None:
    async def story(home: Home, hub: FamilyHub) -> None:
        hub.proposes()
        await home.press(Button.TALK)
        assert "proposal.tells" not in home.person.keys()
        await home.until(datetime(2026, 3, 23, 9, 30, tzinfo=AMSTERDAM))
        keys = home.person.keys()
        closing = next(key for key in keys if key.startswith("checkin.closing"))
        assert keys.index(closing) < keys.index("proposal.tells")
        assert hub.states[-1] == ("p1", "in_agenda")

    answers: Said = {
        "proposal.allow": "ja",
        "checkin.convenient": "ja",
        "checkin.mood": "het gaat goed",
        "checkin.sleep": "goed geslapen",
        "checkin.pain": "nee geen pijn",
        "checkin.more": "nee",
    }
    start = datetime(2026, 3, 23, 5, 0, tzinfo=AMSTERDAM)
    at_home(tmp_path, story, answers, start=start, settings=Settings())


def test_taken_back_it_is_asked_no_more(tmp_path: Path) -> None:
    async def story(home: Home, hub: FamilyHub) -> None:
        hub.proposes()
        await asyncio.sleep(1)
        hub.takes_back()
        await asyncio.sleep(1)
        assert hub.states == [("p1", "waiting"), ("p1", "withdrawn")]
        assert notice_of(home) == ""
        # One that it never had is confirmed as well, or the hub would ask for ever.
        hub.takes_back("p2")
        await asyncio.sleep(1)
        assert hub.states[-1] == ("p2", "withdrawn")
        await home.press(Button.TALK)

    home = at_home(tmp_path, story)
    assert "proposal.tells" not in home.person.keys()


def test_an_answer_that_crosses_the_withdrawal_counts(tmp_path: Path) -> None:
    async def story(home: Home, hub: FamilyHub) -> None:
        hub.proposes()
        await home.press(Button.TALK)
        await asyncio.sleep(1)
        hub.takes_back()
        await asyncio.sleep(1)
        assert hub.states[-2:] == [("p1", "in_agenda"), ("p1", "in_agenda")]
        assert len(entries_of(home)) == 1

    at_home(tmp_path, story, {"proposal.allow": "ja"})


def test_taken_back_while_it_is_asked(tmp_path: Path) -> None:
    async def story(home: Home, hub: FamilyHub) -> None:
        hub.proposes()
        await home.press(Button.TALK)
        assert entries_of(home) == []
        assert hub.states[-1] == ("p1", "withdrawn")

    def withdraw(hub: FamilyHub) -> None:
        hub.takes_back()

    home = at_home(tmp_path, story, {"proposal.allow": "ja"}, asked=withdraw)
    assert "proposal.gone" in home.person.keys()


def test_who_follows_no_longer_proposes_nothing(tmp_path: Path) -> None:
    family = Family(SEES, replace(PIET, agreed=SEES.agreed, role=Role.FAMILY))

    async def story(home: Home, hub: FamilyHub) -> None:
        hub.proposes()
        hub.proposes("het koor", name="p2", member="member-2")
        await asyncio.sleep(1)
        family.people = (replace(SEES, agreed=frozenset()), *family.people[1:])
        hub.connects("member-2")
        await asyncio.sleep(1)
        hub.proposes("de kapper", name="p3")
        await asyncio.sleep(1)
        kept = ProposalBook(home.journal._store.proposals).all()
        assert [each.id for each in kept] == ["p2"]
        await home.press(Button.TALK)

    home = at_home(tmp_path, story, {"proposal.allow": "nee"}, family=family)
    assert home.person.texts()[0].startswith("Piet stelt iets voor")
    assert home.person.keys().count("proposal.tells") == 1


def test_the_same_proposal_again_is_asked_once(tmp_path: Path) -> None:
    async def story(home: Home, hub: FamilyHub) -> None:
        hub.proposes()
        hub.proposes()
        await home.press(Button.TALK)
        await asyncio.sleep(1)
        # The hub lost the answer, and asks for it by sending it once more.
        hub.proposes()
        await asyncio.sleep(1)
        assert hub.states[-1] == ("p1", "in_agenda")
        await home.press(Button.TALK)
        assert len(entries_of(home)) == 1

    home = at_home(tmp_path, story, {"proposal.allow": "ja"})
    assert home.person.keys().count("proposal.tells") == 1


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("<b>de tandarts</b> {name}", "b de tandarts /b name"),
        ("de\u202etandarts\x00\n\n", "de tandarts"),
        ("x" * 80, "x" * 24),
        ("", None),
        ("*** ###", None),
    ],
)
def test_hostile_words_are_made_harmless(
    tmp_path: Path, what: str, said: str | None
) -> None:
    async def story(home: Home, hub: FamilyHub) -> None:
        hub.proposes(what)
        await asyncio.sleep(1)
        await home.press(Button.TALK)

    home = at_home(tmp_path, story, {"proposal.allow": "nee"})
    told = [text for text in home.person.texts() if "stelt iets voor" in text]
    if said is None:
        assert told == []
    else:
        assert told == [
            f"Anna stelt iets voor. Morgen om tien uur 's ochtends, {said}."
        ]


def test_what_a_hub_makes_up_harms_nobody(tmp_path: Path) -> None:
    async def story(home: Home, hub: FamilyHub) -> None:
        hub.proposes(day="gisteren", name="a")
        hub.proposes(at="25:00", name="b")
        hub.proposes(at="10:00+02:00", name="c")
        await asyncio.sleep(1)
        assert hub.states == [(name, "refused") for name in "abc"]
        for number in range(90):
            hub.proposes(name=f"many-{number}")
            await asyncio.sleep(0.1)
        waiting = [
            each
            for each in ProposalBook(home.journal._store.proposals).all()
            if each.state is ProposalState.WAITING
        ]
        assert len(waiting) == 40
        await home.press(Button.TALK)

    home = at_home(tmp_path, story, {"proposal.allow": "nee"})
    assert home.person.keys().count("proposal.tells") == 3


def test_a_card_that_refuses_keeps_the_question_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuses = True

    async def story(home: Home, hub: FamilyHub) -> None:
        nonlocal refuses
        keep = home.journal._store.proposals.keep

        def perhaps(*args: object) -> None:
            if refuses:
                raise StoreError("full")
            keep(*args)  # type: ignore[arg-type]

        monkeypatch.setattr(home.journal._store.proposals, "keep", perhaps)
        hub.proposes()
        await asyncio.sleep(1)
        # It is not said to be here before it is.
        assert hub.states == []
        refuses = False
        await asyncio.sleep(31)
        assert hub.states == [("p1", "waiting")]
        refuses = True
        await home.press(Button.TALK)
        assert entries_of(home) == []
        refuses = False
        await home.press(Button.TALK)
        await asyncio.sleep(1)
        assert len(entries_of(home)) == 1
        assert hub.states[-1] == ("p1", "in_agenda")

    home = at_home(tmp_path, story, {"proposal.allow": "ja"})
    assert "agenda.failed" in home.person.keys()
    assert home.person.keys().count("proposal.tells") == 2


def test_it_is_told_after_a_power_cut_too(tmp_path: Path) -> None:
    async def before(home: Home, hub: FamilyHub) -> None:
        hub.proposes()
        await asyncio.sleep(1)
        hub.is_there = False
        await home.press(Button.TALK)

    async def after(home: Home, hub: FamilyHub) -> None:
        assert hub.states[-1] == ("p1", "in_agenda")
        assert len(entries_of(home)) == 1

    at_home(tmp_path, before, {"proposal.allow": "ja"})
    at_home(tmp_path, after, start=MONDAY + timedelta(hours=1))
