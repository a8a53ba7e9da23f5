-- What the person told of what they like and can, by name; see `companion.tastes_book`.
CREATE TABLE taste (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What they thought of activities, or that one was only told to them.
CREATE TABLE opinion (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,
    activity TEXT NOT NULL,
    kind TEXT NOT NULL,
    why TEXT,
    organisation TEXT NOT NULL,
    category TEXT NOT NULL,
    distance_m INTEGER,
    part TEXT,
    cents INTEGER,
    at TEXT NOT NULL,
    at_s REAL NOT NULL
) STRICT;
CREATE INDEX opinion_by_time ON opinion (at_s);
