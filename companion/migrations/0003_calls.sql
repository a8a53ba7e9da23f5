-- Where somebody is reached by video (the id of a member, made by this device), and
-- what was agreed with the person about their calls.
ALTER TABLE person ADD COLUMN video TEXT;
ALTER TABLE person ADD COLUMN rings_in_quiet_hours INTEGER NOT NULL DEFAULT 0;
ALTER TABLE person ADD COLUMN auto_answer INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX person_by_video ON person (video) WHERE video IS NOT NULL;

-- Calls with the people of the list, and that somebody else called. `key` is made
-- with the call, so that a row that a full card refused can be written later. The
-- listening line is never written down.
CREATE TABLE call (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    direction TEXT NOT NULL,
    person INTEGER,
    name TEXT,
    began_at TEXT NOT NULL,
    began_s REAL NOT NULL,
    answered_at TEXT,
    ended_at TEXT,
    reason TEXT,
    told_at TEXT
) STRICT;
CREATE INDEX call_by_time ON call (began_s);
