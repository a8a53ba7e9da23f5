"""What takes place in the next two weeks, by where it is, so that few are looked at.

A file of its own beside the catalogue, made anew whole after each import and each night
and never changed: whoever reads it keeps what they opened. Of a hundred thousand
records a question looks at some hundreds: of each kind of thing those nearest by.
"""

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import groupby
from pathlib import Path
from typing import Any

from companion.activities.candidates import Candidate, Moment, candidate_of
from companion.activities.catalogue import Catalogue, CatalogueError, Source
from companion.activities.distances import middle
from companion.activities.limits import SERVICES
from companion.activities.record import Access, Activity, Category, Status
from companion.activities.tastes import PartOfDay

VERSION = 6

# Two weeks ahead, and a week more in which it serves when nobody makes a new one.
DAYS = 15
LASTS_DAYS = 8

# Some 280 by 270 m in the Netherlands: a walk of five minutes.
CELL_NORTH, CELL_EAST = 0.0025, 0.004
_ROW = 100_000
NOWHERE = -1
"""The cell of what has no coordinates."""

_PARTS = tuple(PartOfDay)

_TABLES = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA cache_size = -16000;
    CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE thing (
        id INTEGER PRIMARY KEY, sources TEXT NOT NULL, category TEXT NOT NULL,
        organisation TEXT NOT NULL, status TEXT NOT NULL, fresh_until INTEGER NOT NULL,
        latitude REAL, longitude REAL, cents INTEGER, lowest_age INTEGER,
        highest_age INTEGER, for_some INTEGER NOT NULL, access TEXT NOT NULL,
        languages TEXT NOT NULL, sign_up INTEGER, season TEXT NOT NULL,
        whens INTEGER NOT NULL, moments TEXT NOT NULL, postcode TEXT NOT NULL
    );
    CREATE TABLE key (
        source TEXT, id TEXT, thing INTEGER NOT NULL, PRIMARY KEY (source, id)
    ) WITHOUT ROWID;
    CREATE TABLE member (
        kind TEXT, cell INTEGER, thing INTEGER, whens INTEGER NOT NULL,
        PRIMARY KEY (kind, cell, thing)
    ) WITHOUT ROWID;
    CREATE TABLE tile (
        cell INTEGER, kind TEXT, things INTEGER NOT NULL, whens INTEGER NOT NULL,
        free INTEGER NOT NULL, PRIMARY KEY (cell, kind)
    ) WITHOUT ROWID;
    CREATE TABLE service (
        category TEXT, source TEXT, id TEXT, latitude REAL, longitude REAL,
        PRIMARY KEY (category, source, id)
    ) WITHOUT ROWID;
    CREATE TABLE postcode (
        code TEXT PRIMARY KEY, latitude REAL NOT NULL, longitude REAL NOT NULL
    ) WITHOUT ROWID;
"""


# --- making it ---------------------------------------------------------------------


def index_path(catalogue: Path) -> Path:
    """Where the index of a catalogue is."""
    return catalogue.with_name(f"{catalogue.stem}-upcoming.db")


def signature(sources: Iterable[Source]) -> str:
    """Another one whenever a source was read."""
    return json.dumps(
        [(it.name, it.read_at and it.read_at.isoformat(), it.records) for it in sources]
    )


def is_current(catalogue: Path, sources: Iterable[Source], now: datetime) -> bool:
    """Whether the index is of today, and of these sources."""
    try:
        index = Index(index_path(catalogue))
    except CatalogueError:
        return False
    index.close()
    about = index.about
    return about.first_day == now.date() and about.signature == signature(sources)


def build(catalogue: Catalogue, now: datetime) -> int:
    """Make the index; returns how many activities are in it.

    Raises:
        CatalogueError: If the catalogue cannot be read, or the index not be written.
    """
    path = index_path(catalogue.path)
    # Each writer its own: the device and who helps may both make one.
    made = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        made.unlink(missing_ok=True)
        with contextlib.closing(sqlite3.connect(made)) as connection:
            connection.executescript(_TABLES)
            count = _fill(connection, catalogue, now)
        os.replace(made, path)
    except (sqlite3.Error, OSError) as error:
        raise CatalogueError(f"cannot write {path}: {error}") from error
    finally:
        with contextlib.suppress(OSError):
            made.unlink(missing_ok=True)
    return count


def _fill(connection: sqlite3.Connection, catalogue: Catalogue, now: datetime) -> int:
    sources = catalogue.sources()
    read_on = {it.name: it.read_at.date() for it in sources if it.read_at}
    since = datetime.combine(now.date(), time.min, now.tzinfo)
    until = since + timedelta(days=DAYS)
    connection.execute("BEGIN")
    number = 0
    for merged in catalogue.records():
        activity = merged.activity
        candidate = candidate_of(
            activity, since, until, merged.sources, read_on.get(activity.source)
        )
        if candidate.moments:
            number += 1
            postcode = activity.place.postcode.replace(" ", "")
            _put(connection, number, candidate, postcode, since.date())
        if is_rung(activity) and candidate.fresh_until >= since.date():
            connection.execute(
                "INSERT OR IGNORE INTO service VALUES (?, ?, ?, ?, ?)",
                (activity.category, *candidate.key, *_where(candidate)),
            )
    _place(connection)
    connection.executemany(
        "INSERT INTO about VALUES (?, ?)",
        [
            ("version", str(VERSION)),
            ("first_day", since.date().isoformat()),
            ("signature", signature(sources)),
            ("count", str(number)),
        ],
    )
    connection.execute("COMMIT")
    connection.execute("ANALYZE")
    return number


def is_rung(activity: Activity) -> bool:
    """Whether it is a service that one turns to by telephone."""
    is_open = activity.status is Status.OPEN
    return is_open and activity.category in SERVICES and bool(activity.contact.phone)


def _where(candidate: Candidate) -> tuple[float | None, float | None]:
    return candidate.latitude, candidate.longitude


def _put(
    connection: sqlite3.Connection,
    number: int,
    it: Candidate,
    postcode: str,
    first: date,
) -> None:
    connection.execute(
        f"INSERT INTO thing VALUES ({', '.join('?' * 19)})",
        (
            number, json.dumps(it.sources), it.category, it.organisation, it.status,
            it.fresh_until.toordinal(), it.latitude, it.longitude, it.lowest_cents,
            it.lowest_age, it.highest_age, it.is_for_some,
            _spaced(sorted(it.access)), _spaced(it.languages), it.must_sign_up,
            it.season, _whens(it.moments, first), _written(it.moments), postcode,
        ),
    )  # fmt: skip
    connection.executemany(
        "INSERT OR IGNORE INTO key VALUES (?, ?, ?)",
        [(*source, number) for source in it.sources],
    )


def _place(connection: sqlite3.Connection) -> None:
    """Where postcodes are, by what is known to be there; then everything's cell."""
    known = connection.execute(
        "SELECT postcode, latitude, longitude FROM thing"
        " WHERE length(postcode) = 6 AND latitude NOT NULL ORDER BY postcode"
    )
    for area, rows in groupby(known, lambda row: str(row[0])[:4]):
        points: dict[str, list[tuple[float, float]]] = {}
        for code, *point in rows:
            points.setdefault(code, []).append((point[0], point[1]))
        points[area] = [point for it in points.values() for point in it]
        connection.executemany(
            "INSERT INTO postcode VALUES (?, ?, ?)",
            [(code, *middle(it)) for code, it in points.items()],
        )
    # Of six positions a street is known, of four only a part of a town.
    connection.execute(
        "UPDATE thing SET (latitude, longitude) = (SELECT p.latitude, p.longitude"
        " FROM postcode p WHERE p.code = thing.postcode)"
        " WHERE latitude IS NULL AND length(postcode) = 6"
    )
    every = connection.execute(
        "SELECT id, category, languages, access, season, latitude, longitude,"
        " CASE status WHEN 'open' THEN whens ELSE 0 END FROM thing"
    )
    for number, category, languages, access, season, north, east, whens in every:
        cell = NOWHERE if north is None else cell_of(north, east)
        kinds = {category, *_named("language", languages), *_named("season", season)}
        if f" {Access.TRANSPORT} " in access:
            kinds.add(FETCHED)
        if f" {Access.WHEELCHAIR} " in access:
            kinds.add(wheelchair_kind(category))
        connection.executemany(
            "INSERT INTO member VALUES (?, ?, ?, ?)",
            [(kind, cell, number, whens) for kind in sorted(kinds)],
        )
    connection.create_aggregate("any_bit", 1, _AnyBit)
    # Beside each square when there is something at all, and when something is free.
    connection.execute(
        "INSERT INTO tile SELECT cell, kind, count(*), any_bit(m.whens),"
        " any_bit(CASE cents WHEN 0 THEN m.whens ELSE 0 END)"
        " FROM member m CROSS JOIN thing ON thing.id = m.thing GROUP BY kind, cell"
    )
    connection.execute("CREATE INDEX thing_by_organisation ON thing (organisation)")


class _AnyBit:
    """The bits of all rows together, for SQL."""

    def __init__(self) -> None:
        self._bits = 0

    def step(self, bits: int) -> None:
        self._bits |= bits

    def finalize(self) -> int:
        return self._bits


FETCHED = "fetched"
"""The kind of all to which one is brought."""


def _named(what: str, names: str) -> Iterator[str]:
    """What few look for, but who looks for it finds nothing else."""
    for name in names.split():
        if name != "nl":
            yield f"{what}.{name}"


def language_kind(language: str) -> str:
    """The kind of all in a language other than Dutch."""
    return f"language.{language}"


def wheelchair_kind(category: str) -> str:
    """The kind of all of a category that one gets into with a wheelchair."""
    return f"wheelchair.{category}"


def season_kind(season: str) -> str:
    """The kind of all that names a season."""
    return f"season.{season}"


def cell_of(latitude: float, longitude: float) -> int:
    """The square of the map that a place is in."""
    return cell(int(latitude // CELL_NORTH), int(longitude // CELL_EAST))


def cell(row: int, column: int) -> int:
    """The number of a square, whose neighbour to the east has the next number."""
    return (row + _ROW // 2) * _ROW + column + _ROW // 2


def row_of(number: int) -> tuple[int, int]:
    """Row and column of a square."""
    row, column = divmod(number, _ROW)
    return row - _ROW // 2, column - _ROW // 2


def _spaced(words: Iterable[str]) -> str:
    """With spaces around each, so that a whole word is found by LIKE."""
    joined = " ".join(words)
    return f" {joined} " if joined else ""


def _whens(moments: Iterable[Moment], first: date) -> int:
    """A bit for each part of each day on which it is."""
    bits = 0
    for it in moments:
        day = (it.starts.date() - first).days
        for number, part in enumerate(_PARTS):
            if it.is_all_day or part is it.part:
                bits |= when_bit(day, number)
    return bits


def when_bit(day: int, part: int) -> int:
    """The bit of a part of a day, counted from the first day of the index."""
    return 1 << (day * len(_PARTS) + part) if day >= 0 else 0


def _written(moments: Iterable[Moment]) -> str:
    """Seconds since 1970 of start and end, and what kind of moment it is."""
    return ";".join(
        f"{it.starts.timestamp():.0f}"
        f",{it.ends.timestamp():.0f}"
        f",{it.is_all_day:d}{it.is_open_house:d}"
        if it.ends
        else f"{it.starts.timestamp():.0f},,{it.is_all_day:d}{it.is_open_house:d}"
        for it in moments
    )


# --- reading it -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class About:
    """What an index is of.

    Attributes:
        first_day: The first of its days.
        signature: Of the sources it was made of.
    """

    first_day: date
    signature: str

    def serves(self, today: date) -> bool:
        """Whether the week from a day on is in it."""
        return 0 <= (today - self.first_day).days < LASTS_DAYS


COLUMNS = (
    "sources, category, organisation, status, fresh_until, latitude, longitude, cents,"
    " lowest_age, highest_age, for_some, access, languages, sign_up, season, moments"
)


class Index:
    """One index, opened for reading. Belongs to one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            CatalogueError: If there is none, or it cannot be read.
        """
        try:
            # It is never changed, so that nothing has to be locked.
            self.connection = sqlite3.connect(
                f"{path.resolve().as_uri()}?mode=ro&immutable=1",
                uri=True,
                check_same_thread=False,
            )
            about = dict(self.connection.execute("SELECT name, value FROM about"))
        except (sqlite3.Error, OSError) as error:
            raise CatalogueError(f"cannot read {path}: {error}") from error
        if about.get("version") != str(VERSION):
            self.close()
            raise CatalogueError(f"{path} was made by another version")
        self.count = int(about["count"])
        self.about = About(date.fromisoformat(about["first_day"]), about["signature"])

    def close(self) -> None:
        """Let go of it; may be called twice."""
        self.connection.close()

    def services(
        self, kinds: Iterable[Category]
    ) -> list[tuple[tuple[str, str], float | None, float | None]]:
        """What one rings, of some kinds: source and id, latitude and longitude."""
        return [
            ((source, id), latitude, longitude)
            for kind in sorted(kinds)
            for source, id, latitude, longitude in self.connection.execute(
                "SELECT source, id, latitude, longitude FROM service"
                " WHERE category = ?",
                (kind,),
            )
        ]

    def postcode(self, code: str) -> tuple[float, float] | None:
        """Where a postcode of six or four positions is; None: not known."""
        row = self.connection.execute(
            "SELECT latitude, longitude FROM postcode WHERE code = ?", (code,)
        ).fetchone()
        return (row[0], row[1]) if row else None


def read_candidate(
    row: Sequence[Any], since_s: float, until_s: float, zone: tzinfo
) -> Candidate:
    """A row of `COLUMNS`, with the moments between two."""
    (
        sources, category, organisation, status, fresh_until, latitude, longitude,
        cents, lowest_age, highest_age, for_some, access, languages, sign_up, season,
        moments,
    ) = row  # fmt: skip
    return Candidate(
        sources=tuple((it[0], it[1]) for it in json.loads(sources)),
        category=Category(category),
        organisation=organisation,
        status=Status(status),
        fresh_until=date.fromordinal(fresh_until),
        latitude=latitude,
        longitude=longitude,
        lowest_cents=cents,
        lowest_age=lowest_age,
        highest_age=highest_age,
        is_for_some=bool(for_some),
        access=_accesses(access),
        languages=tuple(languages.split()),
        must_sign_up=None if sign_up is None else bool(sign_up),
        season=season,
        moments=tuple(_moments(moments, since_s, until_s, zone)),
    )


def _accesses(text: str) -> frozenset[Access]:
    return frozenset(map(Access, text.split()))


def _moments(
    text: str, since_s: float, until_s: float, zone: tzinfo
) -> Iterator[Moment]:
    for part in text.split(";"):
        starts, ends, flags = part.split(",")
        starts_s, ends_s = int(starts), int(ends) if ends else None
        # Opening hours that have begun are not over.
        last_s = ends_s if flags == "01" and ends_s is not None else starts_s
        if last_s >= since_s and starts_s < until_s:
            yield Moment(
                datetime.fromtimestamp(starts_s, zone),
                None if ends_s is None else datetime.fromtimestamp(ends_s, zone),
                flags[0] == "1",
                flags[1] == "1",
            )
