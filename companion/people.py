"""The people around the person: who they are and how they are named aloud."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NewType

from calls.messages import Role
from companion.consent import Agreement, Consent, Way, agreed, agreements_for
from companion.rows import ConsentRow, PersonRow
from companion.store import Store

PersonId = NewType("PersonId", int)

# As browsers check it (HTML, "valid e-mail address"), with a dot in the domain.
_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]+(\.[\w-]+)+", re.ASCII)

# RFC 5321, 4.5.3.1.3, without its brackets.
LONGEST_EMAIL = 254

LONGEST_NAME = 60
"""Characters; longer is no name, and would not be said aloud whole."""


class Relation(StrEnum):
    """What somebody is to the person; named in the language pack."""

    DAUGHTER = "daughter"
    SON = "son"
    PARTNER = "partner"
    SISTER = "sister"
    BROTHER = "brother"
    GRANDCHILD = "grandchild"
    FAMILY = "family"
    FRIEND = "friend"
    NEIGHBOUR = "neighbour"
    CARER = "carer"
    DOCTOR = "doctor"
    VOLUNTEER = "volunteer"
    OTHER = "other"


class PersonError(ValueError):
    """A person cannot be kept like this.

    Attributes:
        reason: Name of the sentence that explains it.
    """

    def __init__(self, reason: str) -> None:
        # Never the name or the number itself: messages end up in logs.
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody the person knows.

    Attributes:
        id: Number in the store; None before it is kept.
        name: Whole name.
        spoken_name: How it is said aloud: "Anja", "uw zoon Piet".
        relation: What they are to the person.
        phone: In the form +31612345678; None if there is none.
        created_at: When they were added, local and aware of its zone.
        video: Their id as a member that is reached by video; None if they are not.
        role: As what they were invited; None if they were not.
        agreed: What the person agreed to share with them; kept by `People.agree`.
        email: Where an invitation is mailed as well; None for nowhere.
    """

    id: PersonId | None
    name: str
    spoken_name: str
    relation: Relation
    phone: str | None
    created_at: datetime
    video: str | None = None
    role: Role | None = None
    agreed: frozenset[Agreement] = frozenset()
    email: str | None = None

    def __repr__(self) -> str:
        """Without name and number: it ends up in logs."""
        return f"Person(id={self.id}, relation={self.relation.value})"


def read_phone(text: str) -> str:
    """Bring a number into the international form of E.164.

    Accepts +31 6 12345678, 0031 (0)6-12345678, 06-12345678 and 020 123 4567; a
    number without a country is Dutch, with nine digits after the 0.

    Raises:
        PersonError: If it cannot be somebody's number.
    """
    digits = text.strip()
    international = digits.startswith(("+", "00"))
    if international:
        # "+31 (0)6": the zero in brackets is for callers inside the country.
        digits = digits.replace("(0)", "")
    if re.search(r"[^\d\s()+./–-]", digits) or "+" in digits[1:]:
        raise PersonError("phone_characters")
    digits = re.sub(r"\D", "", digits)
    if not international:
        # 0800, 0900 and 112 are no people; a Dutch subscriber has 9 digits.
        if not re.fullmatch(r"0(?!800|90)[1-9]\d{8}", digits):
            raise PersonError("phone_dutch")
        return f"+31{digits[1:]}"
    digits = digits.removeprefix("00")
    # E.164: at most 15 digits, country code included.
    if not re.fullmatch(r"[1-9]\d{7,14}", digits):
        raise PersonError("phone_international")
    if digits.startswith("31") and not re.fullmatch(r"31[1-9]\d{8}", digits):
        raise PersonError("phone_dutch")
    return f"+{digits}"


def read_email(text: str) -> str:
    """An address of e-mail, as it was written.

    Raises:
        PersonError: If it cannot be one.
    """
    email = text.strip()
    if len(email) > LONGEST_EMAIL or not _EMAIL.fullmatch(email):
        raise PersonError("email")
    return email


def show_phone(phone: str) -> str:
    """A number as it is written down: "06 12 34 56 78", "00 49 30 12 34 56"."""
    return " ".join(_grouped(phone))


def say_phone(phone: str) -> str:
    """A number digit by digit, in groups: "0 6, 1 2, 3 4, 5 6, 7 8"."""
    return ", ".join(" ".join(group) for group in _grouped(phone))


def _grouped(phone: str) -> list[str]:
    """As it is dialled in the Netherlands, in pairs; an odd last one makes three."""
    digits = phone.removeprefix("+")
    digits = f"0{digits[2:]}" if digits.startswith("31") else f"00{digits}"
    pairs = [digits[at : at + 2] for at in range(0, len(digits), 2)]
    if len(pairs[-1]) == 1:
        pairs[-2:] = [pairs[-2] + pairs[-1]]
    return pairs


def make_person(
    name: str,
    relation: str,
    now: datetime,
    spoken_name: str = "",
    phone: str = "",
    email: str = "",
) -> Person:
    """Check what was given, and make a person of it.

    Args:
        name: Whole name.
        relation: Value of a Relation.
        now: Local time, aware of its zone.
        spoken_name: How it is said aloud; empty: the first word of the name.
        phone: As it was written; empty: none.
        email: As it was written; empty: none.

    Raises:
        PersonError: If something is not right.
    """
    name = _read_name(name)
    if relation not in set(Relation):
        raise PersonError("relation")
    return Person(
        id=None,
        name=name,
        spoken_name=_read_name(spoken_name) if spoken_name else name.split()[0],
        relation=Relation(relation),
        phone=read_phone(phone) if phone else None,
        created_at=now,
        email=read_email(email) if email else None,
    )


def _read_name(text: str) -> str:
    name = " ".join(text.split())
    if not name or not name.isprintable() or not any(c.isalpha() for c in name):
        raise PersonError("name")
    if len(name) > LONGEST_NAME:
        raise PersonError("name_long")
    return name


class People:
    """Everybody who is known. Calls block for a few milliseconds of disk.

    All raise StoreError when the store cannot do it.
    """

    def __init__(self, store: Store) -> None:
        """Use a store that somebody else opens and closes."""
        self._store = store
        # As it was read last. One value, since several threads ask.
        self._known: tuple[tuple[int, int], tuple[Person, ...]] | None = None

    @property
    def are_all(self) -> bool:
        """Whether these are the people that were ever added; not on a broken card."""
        return self._store.is_lasting

    def all(self) -> list[Person]:
        """Everybody, in the order they were added."""
        # First of all: what changes meanwhile is read the next time.
        version, known = self._store.version(), self._known
        if known is None or known[0] != version:
            consents = self.consents()
            people = tuple(_person(row, consents) for row in self._store.people())
            self._known = known = version, people
        return list(known[1])

    def find(self, person: PersonId) -> Person:
        """The one with this number.

        Raises:
            PersonError: If there is none.
        """
        for known in self.all():
            if known.id == person:
                return known
        raise PersonError("unknown")

    def add(self, person: Person) -> Person:
        """Keep somebody; returns them with their number.

        Raises:
            PersonError: If somebody is already named so aloud, for "Zal ik Anja
                bellen?" must mean one person, or is the same member.
        """
        self._require_one(person)
        return replace(person, id=PersonId(self._store.add_person(_row(person))))

    def change(self, person: Person) -> None:
        """Replace what is known of somebody, but not what was agreed.

        Raises:
            PersonError: If there is no such person, or another is named so aloud.
        """
        self._require_one(person)
        if not self._store.change_person(_row(person)):
            raise PersonError("unknown")

    def remove(self, person: PersonId) -> None:
        """Forget somebody, and what was agreed with them.

        Raises:
            PersonError: If there is no such person.
        """
        if not self._store.remove_person(person):
            raise PersonError("unknown")

    def agree(self, consents: Sequence[Consent]) -> None:
        """Keep what the person agreed or took back, all or none.

        Raises:
            PersonError: If somebody is not in the list, or may not be given that.
        """
        roles = {person.id: person.role for person in self.all()}
        for each in consents:
            if each.person not in roles:
                raise PersonError("unknown")
            role = roles[PersonId(each.person)]
            if each.is_given and role is None:
                raise PersonError("not_invited")
            if each.is_given and role and each.agreement not in agreements_for(role):
                raise PersonError("not_close")
        self._store.add_consents([_consent_row(each) for each in consents])

    def withdraw(self, person: PersonId, way: Way, at: datetime) -> None:
        """Let somebody follow no longer; what was agreed ends with it.

        Args:
            person: Whom.
            way: How it was said.
            at: When.

        Raises:
            PersonError: If there is no such person.
        """
        ends = [
            Consent(person, agreement, False, way, at)
            for agreement in sorted(self.find(person).agreed)
        ]
        if not self._store.withdraw_person(person, [_consent_row(e) for e in ends]):
            raise PersonError("unknown")

    def consents(self) -> list[Consent]:
        """All that was agreed and taken back, of everybody, oldest first."""
        return [_consent(row) for row in self._store.consents()]

    def rounds(self) -> str:
        """What was told and asked of those who follow (`companion.renewing`)."""
        return self._store.state().get("following", "")

    def keep_rounds(self, text: str) -> None:
        """Keep it for the next start."""
        self._store.put_state(following=text)

    def _require_one(self, person: Person) -> None:
        spoken = person.spoken_name.casefold()
        for known in self.all():
            if known.id != person.id and known.spoken_name.casefold() == spoken:
                raise PersonError("same_name")
            if known.id != person.id and person.video and known.video == person.video:
                raise PersonError("same_video")


def _row(person: Person) -> PersonRow:
    return PersonRow(
        id=person.id,
        name=person.name,
        spoken_name=person.spoken_name,
        relation=person.relation.value,
        phone=person.phone,
        created_at=person.created_at.isoformat(),
        video=person.video,
        role=person.role.value if person.role else None,
        email=person.email,
    )


def _person(row: PersonRow, consents: Iterable[Consent]) -> Person:
    assert row.id is not None
    role = Role(row.role) if row.role else None
    may_be_agreed = agreements_for(role) if role else ()
    return Person(
        id=PersonId(row.id),
        name=row.name,
        spoken_name=row.spoken_name,
        relation=Relation(row.relation),
        phone=row.phone,
        created_at=datetime.fromisoformat(row.created_at),
        video=row.video,
        role=role,
        agreed=agreed(consents, row.id).intersection(may_be_agreed),
        email=row.email,
    )


def _consent_row(consent: Consent) -> ConsentRow:
    return ConsentRow(
        id=None,
        person=consent.person,
        topic=consent.agreement.value,
        is_given=consent.is_given,
        way=consent.way.value,
        at=consent.at.isoformat(),
        at_s=consent.at.timestamp(),
    )


def _consent(row: ConsentRow) -> Consent:
    return Consent(
        person=row.person,
        agreement=Agreement(row.topic),
        is_given=row.is_given,
        way=Way(row.way),
        at=datetime.fromisoformat(row.at),
    )
