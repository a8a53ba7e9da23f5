"""Reads a file into the catalogue: which form it has, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from companion.activities.catalogue import Catalogue, Source
from companion.activities.importers.csv_table import find_encoding, read_csv
from companion.activities.importers.hsds import read_hsds
from companion.activities.importers.ical import read_ical
from companion.activities.importers.schemaorg import read_schemaorg
from companion.activities.importers.xlsx import read_xlsx
from companion.activities.importers.zips import ZIP, zipped_form
from companion.activities.intake import Outcomes
from companion.activities.problems import Reason
from companion.activities.reading import Context, Importer, NotRead

IMPORTERS: Mapping[str, Importer] = {
    "csv": read_csv,
    "xlsx": read_xlsx,
    "ical": read_ical,
    "hsds": read_hsds,
    "schemaorg": read_schemaorg,
}

_LOOK_BYTES = 65_536

# What a compound file begins with (MS-CFB 2.2).
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be read, and as what it is kept.

    Attributes:
        source: Name of the source.
        location: Where the file came from: its path or address.
        licence: Of records that do not name their own.
        etag: Of this version, where a server told it.
        changed: As `etag`: its Last-Modified.
    """

    source: str
    location: str
    licence: str = ""
    etag: str = ""
    changed: str = ""


def find_form(path: Path) -> str:
    """Name of the form that a file has, by what it begins with.

    Names of files and types that servers tell are wrong too often.

    Raises:
        NotRead: If it is one of those that cannot be read.
        OSError: If the file cannot be read.
    """
    with path.open("rb") as file:
        start = file.read(_LOOK_BYTES)
    if start.startswith(ZIP):
        return zipped_form(path)
    if start.startswith(_OLE):
        # Excel before 2007, and every workbook with a password.
        raise NotRead(Reason.OTHER_SPREADSHEET, "Excel 97")
    encoding = find_encoding(path)
    text = start.decode(encoding, errors="replace").lstrip("\ufeff \t\r\n")
    if text.upper().startswith("BEGIN:VCALENDAR"):
        return "ical"
    if text.startswith("<"):
        return "schemaorg"
    if text.startswith(("{", "[")):
        is_linked = any(it in text for it in ('"@context"', '"@type"', '"@graph"'))
        return "schemaorg" if is_linked else "hsds"
    return "csv"


def import_file(
    catalogue: Catalogue,
    path: Path,
    wanted: Wanted,
    now: datetime,
    zone: str,
    is_trial: bool = False,
) -> Outcomes:
    """Read a file into the catalogue, whole or not at all.

    Args:
        catalogue: Is changed, unless this is a trial.
        path: The file.
        wanted: As what it is kept.
        now: Aware of its zone.
        zone: IANA name of the zone that is meant where the file names none.
        is_trial: Only find out what would happen.

    Raises:
        NotRead: If there is nothing in it that can be read.
        CatalogueError: If the catalogue cannot be written.
        OSError: If the file cannot be read.
    """
    form = find_form(path)
    context = Context(wanted.source, wanted.licence, zone, now.date())
    source = Source(
        name=wanted.source,
        location=wanted.location,
        licence=wanted.licence,
        form=form,
        etag=wanted.etag,
        changed=wanted.changed,
    )
    return catalogue.take_in(source, IMPORTERS[form](path, context), now, is_trial)
