"""HSDS as a zip: a Tabular Data Package, or files of JSON.

In a data package each object is a row of its own table, and names those it belongs to
(docs.openreferral.org, HSDS 3.0, "Serialization"). They are put together as the JSON
form nests them. Until then the rows lie in a database on disk: a nationwide package
would not fit into memory.
"""

import csv
import errno
import io
import json
import os
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from companion.activities.importers.json_records import Broken, Item, json_records
from companion.activities.importers.zips import BROKEN, weigh
from companion.activities.problems import Reason
from companion.activities.reading import NotRead

Row = dict[str, Any]

DESCRIPTOR = "datapackage.json"

# Table, and by what its rows are found, in the names of HSDS 3. Tables that say
# nothing to us, such as funding, are not even kept.
KEYS: Mapping[str, tuple[str, ...]] = {
    "service": (),
    "organization": ("id",),
    "location": ("id",),
    "taxonomy_term": ("id",),
    "service_at_location": ("service_id",),
    "address": ("location_id",),
    "accessibility": ("location_id",),
    "schedule": ("service_id", "service_at_location_id", "location_id"),
    "phone": (
        "service_id",
        "service_at_location_id",
        "location_id",
        "organization_id",
        "contact_id",
    ),
    "contact": ("service_id", "service_at_location_id"),
    "language": ("service_id",),
    "cost_option": ("service_id",),
    "required_document": ("service_id",),
    "attribute": ("link_id",),
}

# Names with which older packages and exports come.
_SINGULAR = {
    "services": "service",
    "organizations": "organization",
    "locations": "location",
    "taxonomy_terms": "taxonomy_term",
    "services_at_location": "service_at_location",
    "service_at_locations": "service_at_location",
    "addresses": "address",
    "physical_address": "address",
    "physical_addresses": "address",
    "accessibility_for_disabilities": "accessibility",
    "schedules": "schedule",
    "regular_schedule": "schedule",
    "regular_schedules": "schedule",
    "phones": "phone",
    "contacts": "contact",
    "languages": "language",
    "cost_options": "cost_option",
    "required_documents": "required_document",
    "attributes": "attribute",
}


def packed_services(path: Path, lists: Collection[str]) -> Iterator[Item]:
    """Every service of a zip, as the JSON form has it.

    Args:
        path: The zip.
        lists: Names of members that hold services, in files of JSON.

    Raises:
        NotRead: If it is broken, too large, or holds no table of services.
        OSError: If the file cannot be read.
    """
    weigh(path)
    try:
        with (
            zipfile.ZipFile(path) as archive,
            tempfile.TemporaryDirectory(dir=_room(path)) as folder,
        ):
            names = archive.namelist()
            tables = _tables(archive)
            if "service" in tables:
                yield from _Package(archive, tables, Path(folder)).services()
                return
            files = [it for it in names if PurePosixPath(it).suffix == ".json"]
            for name in files:
                if PurePosixPath(name).name != DESCRIPTOR:
                    yield from json_records(
                        _unpacked(archive, name, Path(folder)), lists
                    )
    except (*BROKEN, OSError) as error:
        # Where an entry points to nowhere in the file, seeking fails.
        if isinstance(error, OSError) and error.errno != errno.EINVAL:
            raise
        raise NotRead(Reason.NOT_READABLE, path.name) from error


def _room(path: Path) -> Path | None:
    """Beside the file, unless that is on a stick that cannot be written.

    What /tmp holds is memory on many systems.
    """
    return path.parent if os.access(path.parent, os.W_OK) else None


def _unpacked(archive: zipfile.ZipFile, name: str, folder: Path) -> Path:
    made = folder / "part.json"
    with archive.open(name) as part, made.open("wb") as file:
        shutil.copyfileobj(part, file)
    return made


def _tables(archive: zipfile.ZipFile) -> dict[str, str]:
    """File of each table that is wanted: by its descriptor, else by its name."""
    found: dict[str, str] = {}
    for name in archive.namelist():
        file = PurePosixPath(name)
        if file.suffix.casefold() == ".csv" and not file.name.startswith("."):
            _add(found, file.stem, name)
    for name in archive.namelist():
        if PurePosixPath(name).name == DESCRIPTOR:
            for table, file in _described(archive, name):
                if str(file) in archive.namelist():
                    found.pop(_table(table), None)
                    _add(found, table, str(file))
    return found


def _table(name: str) -> str:
    plain = name.casefold().strip()
    return _SINGULAR.get(plain, plain)


def _add(found: dict[str, str], name: str, file: str) -> None:
    if (table := _table(name)) in KEYS:
        found.setdefault(table, file)


def _described(
    archive: zipfile.ZipFile, name: str
) -> Iterator[tuple[str, PurePosixPath]]:
    """Name and path of each resource; none where the descriptor is broken."""
    try:
        described = json.loads(archive.read(name))
        resources = described.get("resources", [])
        for resource in resources if isinstance(resources, list) else []:
            table, file = resource["name"], resource["path"]
            yield str(table), PurePosixPath(name).parent / str(file)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return


class _Package:
    """The rows of all tables, on disk, to be looked up by what they belong to."""

    def __init__(
        self, archive: zipfile.ZipFile, tables: Mapping[str, str], folder: Path
    ) -> None:
        self._archive = archive
        self._tables = tables
        self._rows = sqlite3.connect(folder / "rows.db")
        # It is thrown away: nothing needs to be safe.
        self._rows.execute("PRAGMA journal_mode = OFF")
        self._rows.execute("PRAGMA synchronous = OFF")
        self._rows.execute("PRAGMA cache_size = -32000")
        self._broken: list[Item] = []

    def services(self) -> Iterator[Item]:
        """Line and nested object of each service."""
        try:
            self._rows.execute("CREATE TABLE row (key TEXT, number INTEGER, data TEXT)")
            for table, file in self._tables.items():
                if KEYS[table]:
                    self._keep(table, file)
            self._rows.execute("CREATE INDEX by_key ON row (key, number)")
            for line, row in self._read(self._tables["service"]):
                if isinstance(row, dict):
                    yield line, self._nested(row)
                else:
                    self._broken.append((line, row))
            yield from self._broken
        finally:
            self._rows.close()

    def _read(self, file: str) -> Iterator[tuple[int, Row | Broken]]:
        """Line and cells of each row; empty cells are left out."""
        with self._archive.open(file) as part:
            lines = io.TextIOWrapper(
                part, encoding="utf-8-sig", errors="replace", newline=""
            )
            rows = csv.reader(line.replace("\0", "") for line in lines)
            try:
                header = [name.strip() for name in next(rows, [])]
                for row in rows:
                    cells = dict(zip(header, row, strict=False))
                    yield rows.line_num, {k: v for k, v in cells.items() if v.strip()}
            except csv.Error as error:
                yield rows.line_num, Broken(f"{file}: {error}", is_end=True)

    def _keep(self, table: str, file: str) -> None:
        def values() -> Iterator[tuple[str, int, str]]:
            for line, row in self._read(file):
                if not isinstance(row, dict):
                    self._broken.append((line, row))
                    return
                data = json.dumps(row, ensure_ascii=False)
                for key in KEYS[table]:
                    if key in row:
                        yield f"{table} {key} {row[key]}", line, data

        self._rows.executemany("INSERT INTO row VALUES (?, ?, ?)", values())

    def _find(self, table: str, key: str, id: str | None) -> list[Row]:
        if not id:
            return []
        found = self._rows.execute(
            "SELECT data FROM row WHERE key = ? ORDER BY number LIMIT 500",
            (f"{table} {key} {id}",),
        )
        return [json.loads(data) for (data,) in found]

    def _nested(self, service: Row) -> Row:
        id = service.get("id")

        def of_service(table: str) -> list[Row]:
            return self._find(table, "service_id", id)

        def with_phones(contact: Row) -> Row:
            phones = self._find("phone", "contact_id", contact.get("id"))
            return {**contact, "phones": phones}

        made = dict(service)
        for organisation in self._find(
            "organization", "id", service.get("organization_id")
        ):
            phones = self._find("phone", "organization_id", organisation.get("id"))
            made["organization"] = {**organisation, "phones": phones}
        made["contacts"] = [with_phones(it) for it in of_service("contact")]
        # One that belongs to a place or a person as well is not that of the service.
        elsewhere = {"location_id", "contact_id", "service_at_location_id"}
        made["phones"] = sorted(
            of_service("phone"), key=lambda it: len(elsewhere & it.keys())
        )
        made["schedules"] = [
            it for it in of_service("schedule") if "service_at_location_id" not in it
        ]
        made["languages"] = of_service("language")
        made["cost_options"] = [_with_number(it) for it in of_service("cost_option")]
        made["required_documents"] = of_service("required_document")
        made["attributes"] = [
            {**it, "taxonomy_term": term}
            for it in self._find("attribute", "link_id", id)
            for term in self._find("taxonomy_term", "id", it.get("taxonomy_term_id"))
        ]
        places = of_service("service_at_location")
        made["service_at_locations"] = [self._at(it) for it in places]
        return made

    def _at(self, at: Row) -> Row:
        made = dict(at)
        for table in ("schedule", "phone", "contact"):
            made[f"{table}s"] = self._find(
                table, "service_at_location_id", at.get("id")
            )
        for location in self._find("location", "id", at.get("location_id")):
            id = location.get("id")
            made["location"] = {
                **location,
                "addresses": self._find("address", "location_id", id),
                "accessibility": self._find("accessibility", "location_id", id),
                "phones": self._find("phone", "location_id", id),
                "schedules": [
                    it
                    for it in self._find("schedule", "location_id", id)
                    if not {"service_id", "service_at_location_id"} & it.keys()
                ],
            }
        return made


def _with_number(option: Row) -> Row:
    """An amount is a number in JSON, and a text in a table."""
    try:
        return {**option, "amount": float(option["amount"])}
    except (KeyError, ValueError):
        return option
