-- Questions to one member who follows, that wait for an answer: the outbox of notes. A
-- row is written before anything is sent, and sent until the hub has it. `person` is
-- the number of who is asked; `reference` names what it is about, to who asked it.
CREATE TABLE note (
    id TEXT PRIMARY KEY,
    person INTEGER NOT NULL,
    about TEXT NOT NULL,
    text TEXT NOT NULL,
    reference TEXT NOT NULL,
    at TEXT NOT NULL,
    at_s REAL NOT NULL,
    until TEXT NOT NULL,
    kept_at TEXT,
    reply TEXT,
    said TEXT NOT NULL,
    told_at TEXT,
    over TEXT,
    over_at TEXT,
    over_kept_at TEXT
) STRICT;
