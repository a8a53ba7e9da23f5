-- Days and times by the wall clock of the person, without zone: ten o'clock stays ten
-- o'clock when summer time begins. `times` is a row such as "08:00,18:00", or empty
-- for what lasts all day; `rule` an RRULE (RFC 5545) without the first day.
CREATE TABLE agenda_entry (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    what TEXT NOT NULL,
    day TEXT NOT NULL,
    times TEXT NOT NULL,
    rule TEXT NOT NULL,
    ahead_min INTEGER NOT NULL,
    place TEXT NOT NULL,
    uid TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

-- One time of what comes back is otherwise; without moved_to it does not take place.
CREATE TABLE agenda_change (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    entry INTEGER NOT NULL,
    original TEXT NOT NULL,
    moved_to TEXT
) STRICT;
CREATE INDEX agenda_change_by_entry ON agenda_change (entry);

-- What was said of which time, and what the person answered to it.
CREATE TABLE agenda_told (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    entry INTEGER NOT NULL,
    wall TEXT NOT NULL,
    notice TEXT NOT NULL,
    response TEXT NOT NULL,
    at TEXT NOT NULL,
    at_s REAL NOT NULL
) STRICT;
CREATE INDEX agenda_told_by_time ON agenda_told (at_s);
