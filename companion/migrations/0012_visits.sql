-- Home visits. Day and time by the wall clock of the person, as in the agenda, where a
-- visit has an entry of the same uid.
CREATE TABLE visit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    who TEXT NOT NULL,
    organisation TEXT NOT NULL,
    about TEXT NOT NULL,
    day TEXT NOT NULL,
    at TEXT NOT NULL,
    part TEXT NOT NULL,
    known_by TEXT NOT NULL,
    doubt_phone TEXT NOT NULL,
    contact INTEGER,
    made_by TEXT NOT NULL,
    created_at TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    news TEXT NOT NULL,
    suits TEXT NOT NULL,
    is_noted INTEGER NOT NULL,
    is_cancelled INTEGER NOT NULL,
    wishes_asked INTEGER NOT NULL,
    came TEXT NOT NULL,
    asked INTEGER NOT NULL,
    spoke_on TEXT
) STRICT;

-- What the person wishes to speak of with a visitor, in their own words.
CREATE TABLE visit_wish (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    visit TEXT NOT NULL,
    text TEXT NOT NULL,
    at TEXT NOT NULL,
    at_s REAL NOT NULL,
    passed_at TEXT
) STRICT;

-- What a visitor promised, as the person told it.
CREATE TABLE promise (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    visit TEXT NOT NULL,
    text TEXT NOT NULL,
    at TEXT NOT NULL,
    at_s REAL NOT NULL,
    due TEXT NOT NULL,
    ask_on TEXT NOT NULL,
    kept TEXT NOT NULL,
    misses INTEGER NOT NULL,
    asked INTEGER NOT NULL
) STRICT;
