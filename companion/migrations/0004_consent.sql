-- What the person agreed to share with somebody, or took back: who, what, when and in
-- which way it was said; never sound. Of each somebody and topic the newest holds.
CREATE TABLE consent (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person INTEGER NOT NULL,
    topic TEXT NOT NULL,
    is_given INTEGER NOT NULL,
    way TEXT NOT NULL,
    at TEXT NOT NULL,
    at_s REAL NOT NULL
) STRICT;
CREATE INDEX consent_by_person ON consent (person, topic, id);

-- As what they follow at the hub; nothing of the old columns could be agreed yet.
ALTER TABLE person ADD COLUMN role TEXT;
UPDATE person SET role = 'family' WHERE video IS NOT NULL;
ALTER TABLE person DROP COLUMN rings_in_quiet_hours;
ALTER TABLE person DROP COLUMN auto_answer;
