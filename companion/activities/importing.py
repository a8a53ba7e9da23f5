"""Reads a file into the catalogue: which form it has, and what came of it.

A file that holds what was last taken in is not read again, as long as it would be read
the same: each source is asked for each day, and most change each week or month.
"""

import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
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
from companion.activities.reading import Context, Importer, NotRead, Today
from companion.activities.taken import Taken, digest_of

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


_LIBRARIES = ("icalendar", "openpyxl", "python-dateutil")


@functools.cache
def reader() -> str:
    """Names all that reads sources: another one for each line of it that changed.

    A number of our own would be forgotten by whoever mends an importer, and a source
    that never changes would then never be read better.
    """
    folder = Path(__file__).parent
    digest = hashlib.blake2b(digest_size=16)
    words = folder.parent / "nl" / "activities" / "words.yaml"
    for path in (*sorted(folder.rglob("*.py")), words):
        digest.update(path.read_bytes())
    for name in _LIBRARIES:
        digest.update(metadata.version(name).encode())
    return digest.hexdigest()


def way_of(wanted: Wanted, zone: str) -> str:
    """How a source is read: what makes a difference beside its contents and the day."""
    return json.dumps([reader(), wanted.source, wanted.licence, zone])


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

    What comes of it is the same where nothing changed and it is not read again.

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
    source = Source(
        name=wanted.source,
        location=wanted.location,
        licence=wanted.licence,
        form=form,
        etag=wanted.etag,
        changed=wanted.changed,
    )
    way, digest = way_of(wanted, zone), digest_of(path)
    taken = catalogue.taken(wanted.source, way, now.date())
    if taken is not None and taken.digest == digest:
        return catalogue.confirm(source, now, is_trial)
    today = Today(now.date())
    context = Context(wanted.source, wanted.licence, zone, today)
    return catalogue.take_in(
        source,
        IMPORTERS[form](path, context),
        now,
        is_trial,
        lambda: Taken(way, digest, today.same_until),
    )
