"""The tables of the catalogue."""

VERSION = 1

# NORMAL may lose the last import in a power cut, never the database; it is read anew.
PRAGMAS = """
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA cache_size = -8000;
"""

TABLES = f"""
    CREATE TABLE source (
        name TEXT PRIMARY KEY, location TEXT NOT NULL, licence TEXT NOT NULL,
        form TEXT NOT NULL, read_at TEXT, records INTEGER NOT NULL,
        set_aside INTEGER NOT NULL, left_out INTEGER NOT NULL,
        repaired INTEGER NOT NULL, etag TEXT NOT NULL, changed TEXT NOT NULL,
        tried_at TEXT, failures INTEGER NOT NULL, failure TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE record (
        source TEXT NOT NULL, id TEXT NOT NULL, hash BLOB NOT NULL,
        what BLOB NOT NULL, organisation TEXT NOT NULL, place TEXT NOT NULL,
        gone_at TEXT, last_day TEXT, data TEXT NOT NULL,
        PRIMARY KEY (source, id)
    ) WITHOUT ROWID;
    CREATE INDEX record_what ON record (what) WHERE gone_at IS NULL;
    CREATE TABLE problem (
        source TEXT NOT NULL, number INTEGER NOT NULL, outcome TEXT NOT NULL,
        reason TEXT NOT NULL, line INTEGER, record TEXT NOT NULL,
        field TEXT NOT NULL, found TEXT NOT NULL, became TEXT NOT NULL,
        PRIMARY KEY (source, number)
    ) WITHOUT ROWID;
    PRAGMA user_version = {VERSION};
"""

# Came later, without a version of its own: an older program leaves it alone, and what
# that one reads has another `read_at`.
LATER = """
    CREATE TABLE IF NOT EXISTS taken (
        source TEXT PRIMARY KEY, way TEXT NOT NULL, digest TEXT NOT NULL,
        same_until TEXT NOT NULL, read_at TEXT NOT NULL
    ) WITHOUT ROWID;
"""
