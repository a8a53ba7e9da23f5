-- What the person offers to others or asks of them, in their own words. To whom it was
-- passed on, and what they answered, are notes.
CREATE TABLE help (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    what TEXT NOT NULL,
    moment TEXT NOT NULL,
    stage TEXT NOT NULL,
    at TEXT NOT NULL,
    at_s REAL NOT NULL,
    asked_at TEXT,
    asked INTEGER NOT NULL
) STRICT;
CREATE INDEX help_by_time ON help (at_s);
