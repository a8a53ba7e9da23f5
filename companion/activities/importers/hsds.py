"""Open Referral's HSDS 3, and its UK variant: the JSON of the `services` endpoints,
and zips of such files or of tables.

Fields: docs.openreferral.org, Human Services Data Specification 3.0 and 3.1; the UK
profile leaves some out and adds none that matter here. Names of the older UK
variant (1.0: `regular_schedules`, `physical_addresses`, `eligibilitys`) are read too.
What is optional may be missing, or null.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from companion.activities.importers.hsds_schedule import Schedule
from companion.activities.importers.hsds_tables import packed_services
from companion.activities.importers.json_records import Broken, json_records
from companion.activities.importers.zips import is_zip
from companion.activities.problems import Notes, Outcome, Reason, SetAside
from companion.activities.reading import Context, NotRead, Read, about_file
from companion.activities.record import Activity, Contact, Cost, Place, Status
from companion.activities.texts import (
    LONGEST_TEXT,
    LONGEST_TITLE,
    clean,
    email,
    phone,
    postcode,
    web_address,
)
from companion.activities.values import (
    coordinates,
    made_id,
    parse_access,
    parse_audience,
    parse_category,
    parse_cost,
    parse_date,
    parse_languages,
    read_date,
)
from companion.activities.when import Opening, Times, WrongRule

LISTS = ("contents", "content", "services", "service")
"""Members that hold the services of a page; "content" is that of UK 1.0."""

# HSDS 3 `service.status`. A service without one is there: UK 1.0 did not require it.
STATUS = {
    "": Status.OPEN,
    "active": Status.OPEN,
    "inactive": Status.CLOSED,
    "defunct": Status.CLOSED,
    "temporarily closed": Status.CLOSED,
}

_MOST_PLACES = 200

# ISO 3166-1 has "GB"; many write "UK".
_BRITISH = ("GB", "UK", "GBR", "UNITED KINGDOM")

Json = Mapping[str, Any]


def read_hsds(path: Path, context: Context) -> Iterator[Read]:
    """Read services.

    Raises:
        NotRead: If there is no service in the file.
        OSError: If the file cannot be read.
    """
    found_any = False
    read = packed_services if is_zip(path) else json_records
    items = read(path, LISTS)
    for line, item in items:
        if isinstance(item, Broken):
            reason = Reason.ENDS_EARLY if item.is_end else Reason.NOT_A_RECORD
            yield about_file(reason, Outcome.SET_ASIDE, line, found=item.found)
            continue
        if not isinstance(item, dict):
            yield about_file(Reason.NOT_A_RECORD, Outcome.SET_ASIDE, line, found=item)
            continue
        found_any = True
        yield from _read_service(item, line, context)
    if not found_any:
        raise NotRead(Reason.NOTHING_KNOWN, "service")


def _read_service(item: Json, line: int, context: Context) -> Iterator[Read]:
    """A record for each place at which the service is."""
    notes = Notes(line, str(item.get("name") or item.get("id") or ""))
    try:
        service = _Service(item, notes, context)
        activities = list(service.activities())
    except SetAside as error:
        notes.set_aside(error)
        activities = []
    first = activities[0] if activities else None
    yield Read(first, tuple(notes.problems), line)
    yield from (Read(activity, line=line) for activity in activities[1:])


class _Service:
    def __init__(self, item: Json, notes: Notes, context: Context) -> None:
        self._item = item
        self._notes = notes
        self._context = context

    def _text(self, name: str, longest: int = 500) -> str:
        value = self._item.get(name)
        if isinstance(value, (dict, list)):
            self._notes.left_out(Reason.WRONG_TYPE, name, value)
            return ""
        return clean(value, self._notes, name, longest)

    def _list(self, item: Json, *names: str) -> list[Json]:
        """The objects in the first of these members that is there."""
        for name in names:
            value = item.get(name)
            if isinstance(value, Mapping):
                return [value]
            if isinstance(value, list):
                found = [it for it in value if isinstance(it, Mapping)]
                if len(found) < len(value):
                    self._notes.left_out(Reason.WRONG_TYPE, name, value)
                return found
            if value is not None:
                self._notes.left_out(Reason.WRONG_TYPE, name, value)
        return []

    def activities(self) -> Iterator[Activity]:
        title = self._text("name", LONGEST_TITLE)
        if not title:
            raise SetAside(Reason.MISSING, "name")
        status = self._text("status").casefold()
        if status not in STATUS:
            raise SetAside(Reason.NOT_A_STATUS, "status", status)
        whole = self._activity(title, STATUS[status])
        # A schedule of one place counts for that place only.
        places = self._list(self._item, "service_at_locations")[:_MOST_PLACES]
        if not places:
            yield whole
            return
        for number, at in enumerate(places):
            yield self._at(whole, at, "" if number == 0 else f"#{number}")

    def _activity(self, title: str, status: Status) -> Activity:
        subjects = [it for it in self._subjects() if it]
        organisation = self._list(self._item, "organization")
        name = clean(
            organisation[0].get("name") if organisation else None,
            self._notes,
            "organization.name",
        )
        times, opening = self._when(self._item)
        about = [self._text("description", LONGEST_TEXT), self._text("alert")]
        subject = ", ".join(subjects)
        return Activity(
            id=self._text("id") or made_id(title, name),
            source=self._context.source,
            title=title,
            # HSDS does not require it here; who publishes answers for it then.
            organisation=name or self._context.source,
            licence=self._context.licence,
            checked_on=self._checked_on(),
            description=" ".join(it for it in about if it),
            category=parse_category(subject, title, self._notes, "taxonomy_term"),
            subject=subject,
            audience=self._audience(),
            cost=self._cost(),
            conditions=self._text("application_process"),
            contact=self._contact(self._item, organisation),
            url=web_address(self._text("url"), self._notes, "url"),
            times=times,
            opening_hours=opening,
            languages=self._languages(),
            bring=", ".join(
                clean(it.get("document"), self._notes, "required_documents")
                for it in self._list(self._item, "required_documents")
            ),
            status=status,
        )

    def _at(self, whole: Activity, at: Json, suffix: str) -> Activity:
        location = next(iter(self._list(at, "location")), {})
        times, opening = self._when(at)
        if not times and not opening:
            times, opening = self._when(location)
        access = ". ".join(
            clean(it.get(name), self._notes, "accessibility")
            for it in self._list(
                location, "accessibility", "accessibility_for_disabilities"
            )
            for name in ("description", "details", "accessibility")
            if it.get(name)
        )
        contact = self._contact(at, [location])
        return replace(
            whole,
            id=f"{whole.id}{suffix}",
            place=self._place(location),
            times=times or whole.times,
            opening_hours=opening or whole.opening_hours,
            accessibility=parse_access(access),
            accessibility_note=access,
            contact=contact if contact.phone else whole.contact,
        )

    # -- parts ----------------------------------------------------------------------

    def _subjects(self) -> Iterator[str]:
        for at in self._list(self._item, "attributes", "service_taxonomys"):
            for term in self._list(at, "taxonomy_term", "taxonomy"):
                yield clean(term.get("name"), self._notes, "taxonomy_term")

    def _audience(self) -> Any:
        texts = [self._text("eligibility_description")]
        lowest, highest = self._text("minimum_age"), self._text("maximum_age")
        for old in self._list(self._item, "eligibilitys"):
            texts.append(clean(old.get("eligibility"), self._notes, "eligibilitys"))
            lowest = lowest or clean(old.get("minimum_age"), self._notes, "minimum_age")
        text = " ".join(it for it in texts if it)
        return parse_audience(text, lowest, highest, self._notes, "minimum_age")

    def _cost(self) -> Cost:
        amounts: list[int] = []
        texts: list[str] = []
        for option in self._list(self._item, "cost_options"):
            until = read_date(str(option.get("valid_to"))[:10])
            if until is not None and self._context.today.is_past(until):
                continue
            currency = str(option.get("currency") or self._own_money()).upper()
            amount = option.get("amount")
            if isinstance(amount, (int, float)) and not isinstance(amount, bool):
                if currency == "EUR":
                    cost = parse_cost(amount, self._notes, "cost_options.amount")
                    if cost.lowest_cents is not None:
                        amounts.append(cost.lowest_cents)
                else:
                    found = f"{amount} {currency}"
                    self._notes.left_out(Reason.OTHER_CURRENCY, "cost_options", found)
            for name in ("option", "amount_description"):
                texts.append(clean(option.get(name), self._notes, name))
        text = ", ".join(it for it in texts if it)
        if amounts:
            return Cost(min(amounts), max(amounts), text)
        said = self._text("fees_description") or self._text("fees")
        return parse_cost(said or text, self._notes, "fees_description")

    def _own_money(self) -> str:
        """What an amount is in that names no currency: the UK variant has none."""
        countries = (
            str(address.get("country") or "").upper()
            for at in self._list(self._item, "service_at_locations")
            for location in self._list(at, "location")
            for address in self._list(location, "addresses", "physical_addresses")
        )
        return "GBP" if any(it in _BRITISH for it in countries) else "EUR"

    def _contact(self, item: Json, others: Sequence[Json]) -> Contact:
        """Those of the service itself, else of a contact, else of its organisation."""
        people = self._list(item, "contacts")
        numbers = self._list(item, "phones")
        for other in (*people, *others):
            numbers = numbers or self._list(other, "phones")
        name = clean(people[0].get("name"), self._notes, "contacts") if people else ""
        address = item.get("email")
        for other in (*people, *others):
            address = address or other.get("email")
        number = numbers[0].get("number") if numbers else None
        return Contact(
            name,
            phone(number, self._notes, "phones.number"),
            email(address, self._notes, "email"),
        )

    def _languages(self) -> tuple[str, ...]:
        found = (
            it.get("code") or it.get("name") or it.get("language")
            for it in self._list(self._item, "languages")
        )
        text = ",".join(str(it) for it in found if it)
        return parse_languages(text, self._notes, "languages")

    def _place(self, location: Json) -> Place:
        addresses = self._list(location, "addresses", "physical_addresses", "address")
        address = next(
            (it for it in addresses if it.get("address_type") != "postal"),
            addresses[0] if addresses else {},
        )

        def text(name: str) -> str:
            return clean(address.get(name), self._notes, f"addresses.{name}")

        where = coordinates(
            location.get("latitude"),
            location.get("longitude"),
            self._notes,
            "location.latitude",
        )
        return Place(
            name=clean(location.get("name"), self._notes, "location.name"),
            address=", ".join(
                it for it in (text("address_1"), text("address_2")) if it
            ),
            postcode=postcode(address.get("postal_code"), self._notes, "postal_code"),
            town=text("city"),
            latitude=where[0] if where else None,
            longitude=where[1] if where else None,
        )

    def _checked_on(self) -> date | None:
        for name in ("assured_date", "last_modified"):
            try:
                day = parse_date(
                    self._text(name)[:10], self._notes, name, self._context.today
                )
            except SetAside as error:
                self._notes.left_out(error.reason, name, error.found)
                continue
            if day is not None and not self._context.today.is_ahead(day):
                return day
        return None

    # -- when -------------------------------------------------------------------------

    def _when(self, item: Json) -> tuple[tuple[Times, ...], tuple[Opening, ...]]:
        times: list[Times] = []
        opening: list[Opening] = []
        for schedule in self._list(item, "schedules", "regular_schedules"):
            read = Schedule(schedule, self._notes, self._context)
            if read.is_over():
                continue
            try:
                series = read.times()
            except WrongRule as error:
                raise SetAside(Reason.NOT_A_RULE, "schedules", error) from error
            if series is not None:
                times.append(series)
            else:
                opening.extend(read.opening())
        return tuple(times), tuple(opening)
