-- How long a person pauses inside turns, from which the end of a turn is learnt.
-- Numbers only: nothing of what was said.
CREATE TABLE pause (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    length_s REAL NOT NULL,
    at TEXT NOT NULL,
    at_s REAL NOT NULL
) STRICT;
CREATE INDEX pause_by_kind ON pause (kind, id);
