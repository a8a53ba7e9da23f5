-- Moments are kept twice: as ISO 8601 with the offset of the wall clock, which is
-- what the person lived by, and as seconds since 1970 in UTC, to sort and compare.
-- Numbers of rows are never used again (AUTOINCREMENT), so that a conversation that
-- goes on after "vergeet alles" cannot be taken for another one.

CREATE TABLE check_in (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    day TEXT NOT NULL,
    begun_at TEXT NOT NULL,
    begun_s REAL NOT NULL,
    start TEXT NOT NULL,
    outcome TEXT,
    finished_at TEXT
) STRICT;
CREATE INDEX check_in_by_day ON check_in (day);

-- check_in is no foreign key: an answer outlives a forgotten conversation's start.
CREATE TABLE answer (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    check_in INTEGER,
    question TEXT NOT NULL,
    intent TEXT NOT NULL,
    value_kind TEXT,
    value TEXT,
    confidence REAL NOT NULL,
    words TEXT,
    at TEXT NOT NULL,
    at_s REAL NOT NULL
) STRICT;
CREATE INDEX answer_by_question ON answer (question, at_s);
CREATE INDEX answer_by_time ON answer (at_s);

CREATE TABLE message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    check_in INTEGER,
    text TEXT NOT NULL,
    is_confirmed INTEGER NOT NULL,
    at TEXT NOT NULL,
    at_s REAL NOT NULL
) STRICT;

CREATE TABLE wording (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL,
    variant INTEGER NOT NULL,
    day TEXT NOT NULL
) STRICT;
CREATE INDEX wording_by_day ON wording (day);

CREATE TABLE state (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE person (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    spoken_name TEXT NOT NULL,
    relation TEXT NOT NULL,
    phone TEXT,
    created_at TEXT NOT NULL
) STRICT;
