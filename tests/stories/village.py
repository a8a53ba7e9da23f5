"""The made-up place of the social map, read in as a device reads it."""

from datetime import datetime
from pathlib import Path

from companion.activities.catalogue import open_catalogue
from companion.activities.example.making import LICENCE, MIDDLE, ZONE, write_example
from companion.activities.importing import Wanted, import_file
from companion.settings import CheckInSettings, PersonSettings, Settings

NAME = "Voorbeelddorp"

AT_HOME_IN_THE_VILLAGE = Settings(
    person=PersonSettings(latitude=MIDDLE[0], longitude=MIDDLE[1]),
    checkin=CheckInSettings(is_on=False),
)
"""Somebody lives in its middle; nothing is asked each day."""


def village(folder: Path, now: datetime, only: str = "") -> Path:
    """Write its social map and read it in; returns the catalogue's file.

    Args:
        folder: Where all of it goes.
        now: Of which day it is the map.
        only: Ending of the one file that is read; empty: all.
    """
    files = folder / "village"
    files.mkdir(exist_ok=True)
    catalogue = folder / "activities.db"
    for path in write_example(files, now.date()):
        if path.name.endswith(only):
            read_in(catalogue, path, now)
    return catalogue


def read_in(catalogue: Path, path: Path, now: datetime) -> None:
    """Read one file of it in, or in anew."""
    source = Wanted(f"{NAME} {path.suffix}", str(path), LICENCE)
    with open_catalogue(catalogue, now) as opened:
        import_file(opened, path, source, now, ZONE)


def change(catalogue: Path, title: str, column: str, value: str, now: datetime) -> None:
    """Who publishes it changes a cell, and it is read in anew.

    Args:
        catalogue: The catalogue's file.
        title: Of the activity.
        column: Of the template.
        value: What stands there from now on.
        now: When it is read.
    """
    path = catalogue.parent / "village" / "voorbeelddorp.csv"
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    names = lines[0].split(";")
    changed = []
    for line in lines:
        cells = line.split(";")
        if cells[names.index("titel")] == title:
            cells[names.index(column)] = value
        changed.append(";".join(cells))
    path.write_text("\n".join(changed), encoding="utf-8-sig")
    read_in(catalogue, path, now)
