-- Check-ins that nobody answered and that somebody is told of: the outbox of alarms. A
-- row is written with its check-in, and sent until the hub has it. `people` are the
-- numbers of those who are told, in that order; who may be told no longer is taken out.
CREATE TABLE alarm (
    id TEXT PRIMARY KEY,
    at TEXT NOT NULL,
    at_s REAL NOT NULL,
    people TEXT NOT NULL,
    kept_at TEXT,
    acknowledged_by INTEGER,
    acknowledged_at TEXT,
    over_at TEXT,
    over_kept_at TEXT
) STRICT;
CREATE INDEX alarm_by_time ON alarm (at_s);
