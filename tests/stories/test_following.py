"""Who follows, and what was agreed: told, asked and taken back on the virtual clock."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from calls.call_messages import Reason
from calls.messages import Agree, Member, Members, Role, UsedToday, Withdraw
from companion.consent import Agreement, Consent, Way
from companion.director import Priority
from companion.following import Following
from companion.people import People, Person, PersonError, PersonId, make_person
from companion.settings import Settings
from companion.store import StoreError, open_store
from companion.topics.following import ask_agreements
from hardware.panel import Button
from tests.stories.home_with_phone import SETTINGS, Said
from tests.stories.paper_hub import PaperHub
from tests.stories.paper_phone import PaperPhone
from tests.stories.person import ALL_WELL, Answers, Home, living
from tests.virtual_time import AMSTERDAM, VirtualLoop, run
from voice.hearing import Standing

START = datetime(2026, 3, 23, 14, 0, tzinfo=AMSTERDAM)
MORNING = datetime(2026, 3, 23, 8, 55, tzinfo=AMSTERDAM)
LONG_AGO = START - timedelta(days=100)
YESTERDAY = START - timedelta(days=1)

P, U, M = Agreement.PRESENCE, Agreement.USE, Agreement.MISSED_CHECK_IN
Q, A = Agreement.QUIET_HOURS, Agreement.AUTO_ANSWER

ANNA, PIET = PersonId(1), PersonId(2)

SHORTLY = {**ALL_WELL, "checkin.more": "nee"}


class Family:
    """The list of people in a folder, and what was agreed with them."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "journal.db"

    def add(
        self,
        name: str = "Anna Bos",
        role: Role | None = Role.FAMILY,
        agreed: Mapping[Agreement, bool] | None = None,
        at: datetime = YESTERDAY,
        way: Way = Way.VOICE,
    ) -> None:
        with closing(open_store(self._path, at)) as store:
            people = People(store)
            made = make_person(name, "daughter", at)
            number = len(people.all()) + 1
            video = f"member-{number}" if role else None
            people.add(
                Person(
                    None, name, made.spoken_name, made.relation, None, at, video, role
                )
            )
            self._say(people, PersonId(number), agreed or {}, at, way)

    def say(
        self,
        person: PersonId,
        agreed: Mapping[Agreement, bool],
        at: datetime,
        way: Way = Way.COMMAND,
    ) -> None:
        with closing(open_store(self._path, at)) as store:
            self._say(People(store), person, agreed, at, way)

    def _say(
        self,
        people: People,
        person: PersonId,
        agreed: Mapping[Agreement, bool],
        at: datetime,
        way: Way,
    ) -> None:
        people.agree([Consent(person, a, is_, way, at) for a, is_ in agreed.items()])

    def find(self, person: PersonId = ANNA) -> Person:
        with closing(open_store(self._path, START)) as store:
            return People(store).find(person)

    def consents(self) -> list[Consent]:
        with closing(open_store(self._path, START)) as store:
            return People(store).consents()


Story = Callable[[Home], Coroutine[None, None, None]]


def at_home(
    folder: Path,
    story: Story,
    answers: Said,
    *,
    start: datetime = START,
    settings: Settings = SETTINGS,
    base: Mapping[str, str | None] | None = None,
    phone: PaperPhone | None = None,
    hub: PaperHub | None = None,
) -> Home:
    """A home with the family of that folder."""

    async def main() -> Home:
        said = Answers(answers, base={} if base is None else base)
        async with living(folder, start, said, settings, phone=phone, line=hub) as home:
            await asyncio.sleep(1)
            await story(home)
            return home

    return run(main(), VirtualLoop())


async def a_press(home: Home) -> None:
    await home.press(Button.TALK, 300)


def wishes(wish: str, answers: Said | None = None) -> Said:
    """A person who presses, wants this, and then nothing more."""
    return {"conversation.wish": [wish, "stop"], **(answers or {})}


@pytest.fixture
def family(tmp_path: Path) -> Family:
    return Family(tmp_path)


# -- told on request ----------------------------------------------------------------


@pytest.mark.parametrize("wish", ["wie kijkt er mee", "wie volgt mij", "wie ziet mij"])
def test_who_asks_hears_what_each_may_see(
    tmp_path: Path, family: Family, wish: str
) -> None:
    family.add(agreed={P: True, M: True, U: False})
    family.add("Piet Bakker")
    family.add("Truus Vis", role=None)
    home = at_home(tmp_path, a_press, wishes(wish))
    assert home.person.texts()[1:] == [
        "Anna kan u met beeld bellen.",
        "Anna ziet of uw Praatpaal aan staat.",
        "Anna krijgt bericht als u niet op mijn vragen antwoordt.",
        "Piet kan u met beeld bellen. Meer ziet Piet niet.",
    ]


def test_nobody_is_told_as_nobody(tmp_path: Path, family: Family) -> None:
    family.add(role=None)
    home = at_home(tmp_path, a_press, wishes("wie kijkt er mee"))
    assert home.person.keys()[1:] == ["following.nobody"]


def test_who_was_invited_and_did_not_come_is_told_as_that(
    tmp_path: Path, family: Family
) -> None:
    family.add()
    hub = Followed()

    async def story(home: Home) -> None:
        hub.tells(member("member-1", has_joined=False))
        await a_press(home)

    home = at_home(tmp_path, story, wishes("wie kijkt er mee"), hub=hub)
    assert home.person.keys()[1:] == ["following.invited"]


# -- taken back by voice ------------------------------------------------------------


def member(
    name: str, *, presence: bool = False, use: bool = False, has_joined: bool = True
) -> Member:
    return Member(name, "Anna", Role.FAMILY, has_joined, True, presence, use)


class Followed(PaperHub):
    """A hub that tells who follows."""

    def tells(self, *members: Member) -> None:
        self._tell(Members(members))


def test_a_withdrawal_holds_at_once_and_the_hub_hears_it_later(
    tmp_path: Path, family: Family
) -> None:
    family.add(agreed={P: True, Q: False})
    hub, phone = Followed(), PaperPhone()
    hub.is_there = False

    async def story(home: Home) -> None:
        hub.tells(member("member-1", presence=True))
        await a_press(home)
        call = phone.comes_in("member-1")
        await asyncio.sleep(1)
        assert call.now.reason is Reason.WITHDRAWN
        assert hub.received == []
        hub.is_there = True
        hub.tells(member("member-1", presence=True))
        await asyncio.sleep(1)
        assert [type(m) for m in hub.received] == [Withdraw]

    answers = wishes("anna mag niet meer meekijken", {"following.withdraw": "ja"})
    home = at_home(tmp_path, story, answers, hub=hub, phone=phone)
    assert home.person.keys()[1:] == ["following.withdraw.ask", "following.withdrawn"]
    assert family.find().video is None and not family.find().agreed
    taken_back = [c for c in family.consents() if c.agreement is P][-1]
    assert not taken_back.is_given and taken_back.way is Way.VOICE


@pytest.mark.parametrize("answer", ["nee", None, "hoe laat komt de trein"])
def test_without_a_clear_yes_all_stays(
    tmp_path: Path, family: Family, answer: str | None
) -> None:
    family.add(agreed={P: True})
    answers = wishes("zet anna eruit", {"following.withdraw": answer})
    home = at_home(tmp_path, a_press, answers)
    assert home.person.keys()[-1] == "following.unchanged"
    assert family.find().video == "member-1"


def test_stop_sharing_is_asked_of_each(tmp_path: Path, family: Family) -> None:
    family.add()
    family.add("Piet Bakker")
    answers = wishes("stop met delen", {"following.withdraw": ["nee", "ja"]})
    home = at_home(tmp_path, a_press, answers)
    assert home.person.keys()[1:] == [
        "following.withdraw.ask", "following.unchanged",
        "following.withdraw.ask", "following.withdrawn",
    ]  # fmt: skip
    assert family.find(ANNA).video and not family.find(PIET).video


@pytest.mark.parametrize(
    ("wish", "first"),
    [
        ("mijn zoon mag niet meer meekijken", "following.unknown"),
        ("wilhelmina mag niet meer meekijken", "following.unknown"),
        ("truus mag niet meer meekijken", "following.not_following"),
    ],
)
def test_who_does_not_follow_is_said_and_who_does(
    tmp_path: Path, family: Family, wish: str, first: str
) -> None:
    family.add()
    family.add("Truus Vis", role=None)
    home = at_home(tmp_path, a_press, wishes(wish))
    assert home.person.keys()[1:] == [first, "following.calls"]


def test_two_daughters_are_asked_apart(tmp_path: Path, family: Family) -> None:
    family.add()
    family.add("Truus Vis")
    answers = wishes(
        "mijn dochter mag niet meer meekijken",
        {"following.who": ["nee", "ja"], "following.withdraw": "ja"},
    )
    at_home(tmp_path, a_press, answers)
    assert family.find(ANNA).video and not family.find(PersonId(2)).video


# -- one thing, by voice ------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "agreement"),
    [
        ("anna mag zien of ik er ben", P),
        ("anna mag 's nachts bellen", Q),
        ("laat anna zomaar binnenkomen", A),
        ("neem automatisch op als anna belt", A),
    ],
)
def test_one_thing_is_allowed_after_a_yes(
    tmp_path: Path, family: Family, wish: str, agreement: Agreement
) -> None:
    family.add(role=Role.CLOSE_FAMILY)
    answers = wishes(wish, {f"following.{agreement}.allow": "ja"})
    home = at_home(tmp_path, a_press, answers)
    assert home.person.keys()[1:] == [
        f"following.{agreement}.allow.ask", f"following.{agreement}.holds",
    ]  # fmt: skip
    assert family.find().agreed == {agreement}


def test_consent_is_never_taken_from_an_early_or_unsure_yes(
    tmp_path: Path, family: Family
) -> None:
    family.add()
    answers = wishes("anna mag zien of ik er ben", {"following.presence.allow": "ja"})
    home = at_home(tmp_path, a_press, answers)
    asked = home.person.keys().index("following.presence.allow.ask")
    expectation = home.person.expectations[asked]
    # Nothing that was said so far stands as a whole answer.
    assert expectation.standing is not None
    assert expectation.standing("ja") is Standing.UNKNOWN


def test_one_thing_is_taken_back(tmp_path: Path, family: Family) -> None:
    family.add(agreed={P: True, U: True})
    wish = "anna hoeft niet te weten of ik er ben"
    home = at_home(tmp_path, a_press, wishes(wish, {"following.forbid": "ja"}))
    assert home.person.keys()[1:] == [
        "following.presence.holds", "following.forbid.ask", "following.presence.ended",
    ]  # fmt: skip
    assert family.find().agreed == {U}


def test_only_close_family_may_disturb(tmp_path: Path, family: Family) -> None:
    family.add(role=Role.FAMILY)
    home = at_home(tmp_path, a_press, wishes("anna mag 's nachts bellen"))
    assert home.person.keys()[1:] == ["following.not_close"]
    assert not family.find().agreed


def test_what_is_so_already_is_said(tmp_path: Path, family: Family) -> None:
    family.add(agreed={P: True})
    home = at_home(tmp_path, a_press, wishes("anna mag zien of ik er ben"))
    assert home.person.keys()[1:] == ["following.already", "following.presence.holds"]


# -- asked of who was invited -------------------------------------------------------


def asked_of(folder: Path, family: Family, answers: Said, press_s: float = 0.0) -> Home:
    """After an invitation; a press after so many seconds, if any."""

    async def story(home: Home) -> None:
        with closing(open_store(folder / "journal.db", START)) as store:
            following = Following(People(store))
            anna = family.find()
            home.companion.director.begin(
                lambda talk: ask_agreements(talk, following, anna), Priority.PERSON
            )
            if press_s:
                await asyncio.sleep(press_s)
                await home.press(Button.TALK, 1)
            await asyncio.sleep(300)

    return at_home(folder, story, answers)


def test_each_thing_is_asked_apart(tmp_path: Path, family: Family) -> None:
    family.add()
    answers: Said = {
        "following.presence": "ja graag",
        "following.use": "nee liever niet",
        "following.missed_check_in": "sla over",
        "following.agenda": "nee",
    }
    home = asked_of(tmp_path, family, answers)
    assert home.person.keys() == [
        "following.asks", "following.presence.allow.ask", "following.use.allow.ask",
        "following.missed_check_in.allow.ask", "following.agenda.allow.ask",
        "following.agreed",
    ]  # fmt: skip
    assert family.find().agreed == {P}
    said = {(c.agreement, c.is_given, c.way) for c in family.consents()}
    assert said == {
        (P, True, Way.VOICE), (U, False, Way.VOICE), (M, False, Way.VOICE),
        (Agreement.AGENDA, False, Way.VOICE),
    }  # fmt: skip


def test_of_close_family_more_is_asked(tmp_path: Path, family: Family) -> None:
    family.add(role=Role.CLOSE_FAMILY, agreed={P: True})
    home = asked_of(tmp_path, family, {"following": "ja"})
    # What was agreed before is not asked again.
    assert home.person.keys()[1:-1] == [
        f"following.{each}.allow.ask" for each in (U, M, Agreement.AGENDA, Q, A)
    ]
    assert family.find().agreed == set(Agreement)


def test_who_does_not_answer_agrees_to_nothing(tmp_path: Path, family: Family) -> None:
    family.add()
    home = asked_of(tmp_path, family, {"following.presence": "ja"})
    assert home.person.keys()[-1] == "following.asks_later"
    assert "following.missed_check_in.allow.ask" not in home.person.keys()
    assert family.find().agreed == {P}
    assert [c.agreement for c in family.consents()] == [P]


@pytest.mark.parametrize("end", ["word", "press"])
def test_a_stop_keeps_what_was_said(tmp_path: Path, family: Family, end: str) -> None:
    family.add()
    answers: Said = {"following.presence": "ja"}
    if end == "word":
        answers["following.use"] = "stop"
    asked_of(tmp_path, family, answers, 12.0 if end == "press" else 0.0)
    assert family.find().agreed == {P}
    assert [c.agreement for c in family.consents()] == [P]


@pytest.mark.parametrize("what", ["gone", "full"])
def test_what_cannot_be_kept_is_said(
    tmp_path: Path, family: Family, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    family.add()

    def refuse(*_: object) -> None:
        raise PersonError("unknown") if what == "gone" else StoreError("full")

    monkeypatch.setattr(People, "agree", refuse)
    home = asked_of(tmp_path, family, {"following.presence": "ja"})
    assert home.person.keys()[-1] == "following.not_kept"


# -- by itself ----------------------------------------------------------------------


def after_check_in(
    folder: Path,
    days: int,
    answers: Said | None = None,
    hub: PaperHub | None = None,
    start: datetime = MORNING,
) -> Home:
    """Check-ins day after day, all well."""

    async def story(home: Home) -> None:
        await home.until(start + timedelta(days=days))

    return at_home(
        folder, story, answers or {}, start=start, settings=Settings(), base=SHORTLY,
        hub=hub,
    )  # fmt: skip


def days_of(home: Home, key: str) -> list[int]:
    """On which days something was said, counted from the first."""
    first = MORNING.date()
    return [
        (at.date() - first).days
        for (at, _), said in zip(home.person.said, home.person.keys(), strict=True)
        if said == key
    ]


def test_each_month_it_tells_who_follows(tmp_path: Path, family: Family) -> None:
    family.add()
    first = after_check_in(tmp_path, 2)
    assert days_of(first, "following.monthly") == [0]
    home = after_check_in(tmp_path, 3, start=MORNING + timedelta(days=29))
    assert days_of(home, "following.monthly") == [30]
    keys = home.person.keys()
    at = keys.index("following.monthly")
    assert keys[at - 1] == "checkin.closing"
    assert keys[at + 1 : at + 3] == ["following.calls_only", "following.hint"]


def test_where_nobody_follows_nothing_is_told(tmp_path: Path, family: Family) -> None:
    family.add(role=None)
    home = after_check_in(tmp_path, 2)
    assert not [key for key in home.person.keys() if key.startswith("following.")]


def test_of_somebody_new_it_tells_at_the_next_check_in(
    tmp_path: Path, family: Family
) -> None:
    family.add()
    after_check_in(tmp_path, 3)
    family.add("Piet Bakker")
    start = MORNING + timedelta(days=3)
    home = after_check_in(tmp_path, 3, start=start)
    assert days_of(home, "following.monthly") == [3]


def test_each_quarter_it_asks_again_one_person_at_a_time(
    tmp_path: Path, family: Family
) -> None:
    family.add(agreed={P: True, M: True}, at=LONG_AGO)
    family.add("Piet Bakker", agreed={P: True}, at=LONG_AGO - timedelta(days=1))
    home = after_check_in(tmp_path, 10, {"following.stays": ["ja", "nee", "ja"]})
    # The first day tells of the month; who was asked longest ago comes first.
    assert days_of(home, "following.renew") == [1, 2]
    keys = home.person.keys()
    at = keys.index("following.renew")
    assert keys[at + 1 : at + 3] == ["following.presence.holds", "following.stays.ask"]
    assert home.person.texts()[at + 1].startswith("Piet ")
    assert family.find(PIET).agreed == {P}
    assert family.find(ANNA).agreed == {M}
    assert "following.presence.ended" in keys


def test_two_silences_in_a_row_end_it(tmp_path: Path, family: Family) -> None:
    family.add(agreed={P: True, U: True}, at=LONG_AGO)
    hub = Followed()

    async def story(home: Home) -> None:
        hub.tells(member("member-1", presence=True, use=True))
        await home.until(MORNING + timedelta(days=6))
        assert family.find().agreed == {P, U}
        await home.until(MORNING + timedelta(days=8, hours=1))
        assert home.screen.view.notice.startswith("Ik deel minder met Anna.")

    home = at_home(
        tmp_path, story, {}, start=MORNING, settings=Settings(), base=ALL_WELL, hub=hub
    )
    assert days_of(home, "following.unanswered") == [1]
    assert days_of(home, "following.ended") == [8]
    assert family.find().agreed == frozenset()
    agrees = [m for m in hub.received if isinstance(m, Agree)]
    assert (agrees[-1].sees_presence, agrees[-1].sees_use) == (False, False)


def test_a_press_is_no_answer_and_twice_ends_it(tmp_path: Path, family: Family) -> None:
    family.add(agreed={P: True}, at=LONG_AGO)

    async def story(home: Home) -> None:
        for day in (1, 8):
            await home.until(MORNING + timedelta(days=day, minutes=5))
            for _ in range(600):
                if home.person.keys()[-1] == "following.stays.ask":
                    break
                await asyncio.sleep(1)
            await home.press(Button.TALK, 1)
        # Nobody is asked a third time: it has ended.
        await home.until(MORNING + timedelta(days=15, hours=1))

    home = at_home(
        tmp_path, story, {}, start=MORNING, settings=Settings(), base=ALL_WELL
    )
    assert family.find().agreed == frozenset()
    assert "following.ended" in home.person.keys()


def test_an_answer_after_a_silence_counts_anew(tmp_path: Path, family: Family) -> None:
    family.add(agreed={P: True}, at=LONG_AGO)
    # Asked and rephrased in silence on the first day.
    answers: Said = {"following.stays": [None, None, None, "ja"]}
    home = after_check_in(tmp_path, 10, answers)
    assert days_of(home, "following.renew") == [1, 8]
    assert family.find().agreed == {P}
    assert "following.ended" not in home.person.keys()


def test_nothing_of_it_in_quiet_hours(tmp_path: Path, family: Family) -> None:
    family.add(agreed={P: True}, at=LONG_AGO)

    async def story(home: Home) -> None:
        await home.press(Button.TALK, 300)

    night = MORNING.replace(hour=23)
    answers = wishes("de dagelijkse vragen")
    home = at_home(
        tmp_path, story, answers, start=night, settings=Settings(), base=ALL_WELL
    )
    assert "checkin.closing" in home.person.keys()
    assert not [key for key in home.person.keys() if key.startswith("following.")]


def test_after_a_check_in_that_a_press_began_it_tells_too(
    tmp_path: Path, family: Family
) -> None:
    family.add()

    async def story(home: Home) -> None:
        await home.press(Button.TALK, 300)

    home = at_home(
        tmp_path, story, {}, start=MORNING.replace(minute=30), settings=Settings(),
        base=ALL_WELL,
    )  # fmt: skip
    assert "following.monthly" in home.person.keys()


# -- changed by who helps the person ------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "agreed", "last"),
    [("ja", {P}, "following.stays.ask"), ("nee", set(), "following.presence.ended")],
)
def test_what_a_helper_agreed_is_told_and_may_be_refused(
    tmp_path: Path, family: Family, answer: str, agreed: set[Agreement], last: str
) -> None:
    family.add()
    family.say(ANNA, {P: True}, YESTERDAY)
    answers = wishes("stop", {"following.stays": answer})

    async def story(home: Home) -> None:
        await a_press(home)
        await a_press(home)

    home = at_home(tmp_path, story, answers)
    keys = home.person.keys()
    at = keys.index("following.changed")
    assert keys[at + 1 : at + 3] == ["following.presence.holds", "following.stays.ask"]
    assert last in keys
    # Told once.
    assert keys.count("following.changed") == 1
    assert family.find().agreed == agreed
    assert family.consents()[-1].way is Way.VOICE


def test_what_a_helper_took_back_is_told_once(tmp_path: Path, family: Family) -> None:
    family.add(agreed={P: True})
    family.say(ANNA, {P: False}, YESTERDAY + timedelta(hours=1))

    async def story(home: Home) -> None:
        await a_press(home)
        await a_press(home)

    home = at_home(tmp_path, story, wishes("stop"))
    assert home.person.keys().count("following.presence.ended") == 1


# -- used today ---------------------------------------------------------------------


@pytest.mark.parametrize("is_agreed", [True, False])
def test_used_today_is_told_once_a_day_and_only_if_agreed(
    tmp_path: Path, family: Family, is_agreed: bool
) -> None:
    family.add(agreed={U: is_agreed})
    hub = Followed()

    async def story(home: Home) -> None:
        hub.tells(member("member-1", use=is_agreed))
        for _ in range(3):
            await home.press(Button.TALK, 60)
        await home.until(START + timedelta(days=1))
        await home.press(Button.TALK, 60)

    at_home(tmp_path, story, wishes("stop"), hub=hub)
    days = [m.day for m in hub.received if isinstance(m, UsedToday)]
    assert days == (["2026-03-23", "2026-03-24"] if is_agreed else [])
